"""Setting the scene: resets, bulk people, limits, faults, webhooks, counts. Reachable from this machine only."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from integration.twin import calls, faults, fill, limits, quirks, worlds
from integration.twin.ghl import oauth
from integration.twin.hooks import control as hooks
from integration.twin.hooks import courier, watch
from integration.twin.store import Doc, Store, current

KINDS = {"ghl": "ghl.contact", "gist": "gist.contact"}


@csrf_exempt
@login_not_required
def control(request: HttpRequest, path: str) -> JsonResponse:
    """JSON in, JSON out. 403 for a call from elsewhere or through a proxy, 400 for a body that makes no sense."""
    if not _is_local(request):
        return JsonResponse({"error": "The sandbox is controlled from its own machine only."}, status=403)
    name, *rest = path.strip("/").split("/")
    action = ACTIONS.get((request.method or "GET", name))
    if action is None:
        return JsonResponse({"error": f"Nothing stands at {path}"}, status=404)
    store = current()
    store.refresh()
    try:
        body = json.loads(request.body) if request.body else {}
        return JsonResponse(action(store, body, *rest))
    except (KeyError, TypeError, ValueError) as problem:
        return JsonResponse({"error": f"{type(problem).__name__}: {problem}"}, status=400)


def _is_local(request: HttpRequest) -> bool:
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "HTTP_X_FORWARDED_FOR" not in request.META


def _reset(store: Store, body: Doc) -> Doc:
    """{"world": "demo"|"empty"}: forget everything, limits, faults, webhooks and counts too."""
    world = body.get("world", "demo")
    with store.transaction():
        worlds.check(world)
        store.clear()
        worlds.seed(store, world)
    courier.call(store)
    return {"world": world}


def _fill(store: Store, body: Doc) -> Doc:
    """{"side", "account", "count", "start", "with_tags", "edition", "events"}; "events": false: webhooks are silent."""
    start, count = int(body.get("start", 0)), int(body["count"])
    look = fill.Look(bool(body.get("with_tags")), int(body.get("edition", 0)))
    with watch.everything(store) if body.get("events", True) else nullcontext():
        fill.fill(store, body["side"], body["account"], range(start, start + count), look)
    return {"created": count}


def _limits(store: Store, body: Doc) -> Doc:
    """{"ghl": {"calls", "seconds", "daily"}|null, "gist": …}; null lifts the limit, a side left out keeps its own."""
    for side, limit in body.items():
        if side not in KINDS or not (limit is None or {"calls", "seconds"} <= limit.keys()):
            raise ValueError(f"{side} needs calls and seconds, or null")
    limits.set_limits(store, body)
    return {side: store.control("limits", limits.DOCUMENTED)[side] for side in KINDS}


def _faults(store: Store, body: Doc) -> Doc:
    faults.set_faults(store, body["faults"], int(body.get("seed", 1)))
    return {"faults": body["faults"]}


def _quirks(store: Store, body: Doc) -> Doc:
    """{"<code>": true|false}"""
    quirks.switch(store, body)
    return {quirk.code: quirks.on(quirk.code) for quirk in quirks.ROWS}


def _calls(store: Store, body: Doc) -> Doc:
    return calls.report(store)


def _forget_calls(store: Store, body: Doc) -> Doc:
    calls.forget(store)
    return calls.report(store)


def _tokens(store: Store, body: Doc) -> Doc:
    """How often refresh tokens were sent since the reset, by what became of them."""
    return {"refreshes": oauth.sent(store)}


def _expire(store: Store, body: Doc) -> Doc:
    """End the life of every access token from OAuth; says how many were alive."""
    return {"expired": oauth.expire_all(store)}


def _contacts(store: Store, body: Doc, side: str, account: str) -> Doc:
    return {"contacts": store.all(KINDS[side], worlds.account_of(side, account))}


ACTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("POST", "reset"): _reset,
    ("POST", "fill"): _fill,
    ("POST", "limits"): _limits,
    ("POST", "faults"): _faults,
    ("POST", "quirks"): _quirks,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "tokens"): _tokens,
    ("POST", "expire"): _expire,
    ("GET", "contacts"): _contacts,
    **hooks.ACTIONS,
}
