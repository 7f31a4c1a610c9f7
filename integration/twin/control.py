"""The control address of the sandbox: resets, many people at once, limits, faults, quirks, webhooks, counts.

For whoever holds the key that stands in DATA_DIR: behind a proxy everybody seems to come from this machine.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from integration.twin import calls, faults, fill, limits, quirks, worlds
from integration.twin.ghl import by_hand, oauth
from integration.twin.gist.people import contact_row
from integration.twin.hooks import control as hooks
from integration.twin.hooks import courier, watch
from integration.twin.store import Doc, Store, current_store

# People made at once; more would fill the disk of whoever mistyped.
MOST_FILLED = 200_000
KINDS = {"ghl": "ghl.contact", "gist": "gist.contact"}


@csrf_exempt
@login_not_required
def control_sandbox(request: HttpRequest, path: str) -> JsonResponse:
    """JSON in, JSON out. 401 for a call without the key, 400 for a body that makes no sense."""
    if not _has_key(request):
        error = "The sandbox's control needs the key in DATA_DIR/sandbox_control_key as bearer token."
        return JsonResponse({"error": error}, status=401)
    name, *rest = path.strip("/").split("/")
    action = ACTIONS.get((request.method or "GET", name))
    if action is None:
        return JsonResponse({"error": f"Nothing stands at {path}"}, status=404)
    store = current_store()
    store.refresh()
    try:
        body = json.loads(request.body) if request.body else {}
        return JsonResponse(action(store, body, *rest))
    except (KeyError, TypeError, ValueError) as problem:
        return JsonResponse({"error": f"{type(problem).__name__}: {problem}"}, status=400)


def _has_key(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.SANDBOX_CONTROL_KEY) and constant_time_compare(given, settings.SANDBOX_CONTROL_KEY)


def _reset_world(store: Store, body: Doc) -> Doc:
    """{"world": "demo"|"empty"}: forget everything, limits, faults, webhooks and counts too."""
    world = body.get("world", "demo")
    with store.transaction():
        # Before anything is cleared: an unknown world leaves the sandbox as it is.
        worlds.check_world(world)
        store.clear()
        worlds.seed_world(store, world)
    # Its hooks are gone: the courier is woken to notice that, and ends.
    courier.call_courier(store)
    return {"world": world}


def _fill_account(store: Store, body: Doc) -> Doc:
    """{"side", "account", "count", "start", "with_tags", "edition", "events"}; "events": false: webhooks are silent."""
    start, count = int(body.get("start", 0)), int(body["count"])
    if not 0 <= count <= MOST_FILLED:
        raise ValueError(f"count must be 0 to {MOST_FILLED}")
    look = fill.Look(bool(body.get("with_tags")), int(body.get("edition", 0)))
    with watch.watch_everything(store) if body.get("events", True) else nullcontext():
        fill.fill_account(store, body["side"], body["account"], range(start, start + count), look)
    return {"created": count}


def _set_limits(store: Store, body: Doc) -> Doc:
    """{"ghl": {"calls", "seconds", "daily"}|null, "gist": …}; null lifts the limit, a side left out keeps its own."""
    for side, limit in body.items():
        if side not in KINDS or not (limit is None or {"calls", "seconds"} <= limit.keys()):
            raise ValueError(f"{side} needs calls and seconds, or null")
    limits.set_limits(store, body)
    return {side: store.control("limits", limits.DOCUMENTED)[side] for side in KINDS}


def _set_faults(store: Store, body: Doc) -> Doc:
    faults.set_faults(store, body["faults"], int(body.get("seed", 1)))
    return {"faults": body["faults"]}


def _switch_quirks(store: Store, body: Doc) -> Doc:
    """{"<code>": true|false}"""
    quirks.switch_quirks(store, body)
    return {quirk.code: quirks.is_on(quirk.code) for quirk in quirks.ROWS}


def _show_calls(store: Store, body: Doc) -> Doc:
    return calls.report_calls(store)


def _forget_calls(store: Store, body: Doc) -> Doc:
    calls.forget_calls(store)
    return calls.report_calls(store)


def _count_refreshes(store: Store, body: Doc) -> Doc:
    """How often refresh tokens were sent since the reset, by what became of them."""
    return {"refreshes": oauth.count_refreshes(store)}


def _expire_tokens(store: Store, body: Doc) -> Doc:
    """End the life of every access token from OAuth; says how many were alive."""
    return {"expired": oauth.expire_all(store)}


def _list_contacts(store: Store, body: Doc, side: str, account: str) -> Doc:
    return {"contacts": store.all(KINDS[side], worlds.account_of(side, account))}


def _put_in_segments(store: Store, body: Doc) -> Doc:
    """{"account", "contact", "names"}: Gist finds that its contact belongs to these segments; nobody edited it."""
    account = worlds.account_of("gist", body["account"])
    contact = store.get(KINDS["gist"], account, body["contact"])
    if contact is None:
        raise ValueError(f"there is no contact {body['contact']}")
    times = {"created_at": contact["created_at"], "updated_at": contact["created_at"]}
    contact["segments"] = [{"id": number, "name": name, **times} for number, name in enumerate(body["names"], 1)]
    store.put(contact_row(account, contact))
    return {"segments": contact["segments"]}


ACTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("POST", "reset"): _reset_world,
    ("POST", "fill"): _fill_account,
    ("POST", "limits"): _set_limits,
    ("POST", "faults"): _set_faults,
    ("POST", "quirks"): _switch_quirks,
    ("GET", "calls"): _show_calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "tokens"): _count_refreshes,
    ("POST", "expire"): _expire_tokens,
    ("GET", "contacts"): _list_contacts,
    **by_hand.ACTIONS,
    ("POST", "segments"): _put_in_segments,
    **hooks.ACTIONS,
}
