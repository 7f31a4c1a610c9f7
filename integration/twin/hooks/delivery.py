"""One try to deliver one event, and what its answer means for it.

docs/ghl-api.md#webhooks, docs/gist-api.md#webhooks.
"""

import contextlib
import random

import requests

from integration.twin import quirks
from integration.twin.hooks import keys, outbox, targets
from integration.twin.hooks.outbox import Event
from integration.twin.hooks.targets import Target
from integration.twin.store import Store

TIMEOUT_SECONDS = 5
GHL_PAUSE, GHL_JITTER, GHL_REPEATS = 600.0, 0.1, 6
GHL_NEW_RULE_REPEATS = 12
GIST_PAUSES = (3600.0, 3 * 3600.0, 6 * 3600.0)
MOST_FAILURES = 3
GONE, TOO_MANY = 410, 429
NO_ANSWER = 0


def new_session() -> requests.Session:
    """Keeps its connections; proxies and passwords of the machine are none of its business."""
    session = requests.Session()
    session.trust_env = False
    return session


def deliver(store: Store, session: requests.Session, event: Event) -> None:
    """Send an event that was taken from the outbox, and settle it or put it off."""
    store.refresh()
    target = targets.target(store, event.side, event.account, event.topic)
    status = _send(store, session, event, target) if target else None
    with store.transaction():
        if status is None:
            outbox.settle(store, event, "off")
            return
        store.number(f"hook answer:{status}")
        (_after_ghl if event.side == "ghl" else _after_gist)(store, event, status)


def _send(store: Store, session: requests.Session, event: Event, target: Target) -> int:
    """The status of the answer; NO_ANSWER when the receiver cannot be reached or takes too long."""
    body = event.body.encode()
    signed = _signatures(store, body) if event.side == "ghl" else {}
    headers = {"Content-Type": "application/json", **signed, **target.headers}
    with contextlib.suppress(requests.RequestException):
        answer = session.post(target.url, body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        return answer.status_code
    return NO_ANSWER


def _signatures(store: Store, body: bytes) -> dict[str, str]:
    signed = {"X-GHL-Signature": "N/A" if quirks.on("ghl_hook_no_ed25519") else keys.sign_ed25519(store, body)}
    if quirks.on("ghl_hook_rsa"):
        signed["X-WH-Signature"] = keys.sign_rsa(store, body)
    return signed


def _is_good(status: int) -> bool:
    return 200 <= status < 300


def _pause(store: Store, documented: float, first: float) -> float:
    """The documented pause, or one that is as much shorter as the wanted first pause is than the documented first."""
    wanted = targets.option(store, "retry_seconds")
    return documented if wanted is None else documented / first * float(wanted)


def _after_ghl(store: Store, event: Event, status: int) -> None:
    """Again after 429 only; without the quirk as a newer rule is said to be: after any failure, in growing pauses."""
    old_rule = quirks.on("ghl_hook_429_only")
    again = status == TOO_MANY if old_rule else not _is_good(status)
    if again and event.tries < (GHL_REPEATS if old_rule else GHL_NEW_RULE_REPEATS):
        growth = 1 if old_rule else 2**event.tries
        jitter = 1 + GHL_JITTER * random.random()  # noqa: S311 -- a pause, no secret
        outbox.put_off(store, event, _pause(store, GHL_PAUSE * growth, GHL_PAUSE) * jitter)
    else:
        outbox.settle(store, event, "delivered" if _is_good(status) else "failed")


def _after_gist(store: Store, event: Event, status: int) -> None:
    """Three repeats; 410, or three failed repeats in a row, switch the webhook off."""
    if _is_good(status):
        store.run("DELETE FROM counters WHERE name=?", (_failures(event),))
        outbox.settle(store, event, "delivered")
        return
    if status == GONE and quirks.on("gist_hook_410"):
        targets.switch_off(store, event.account, event.topic, "answered 410")
    elif event.tries and store.number(_failures(event)) >= MOST_FAILURES and quirks.on("gist_hook_three_failures"):
        targets.switch_off(store, event.account, event.topic, "three failed repeats in a row")
    elif event.tries < len(GIST_PAUSES):
        outbox.put_off(store, event, _pause(store, GIST_PAUSES[event.tries], GIST_PAUSES[0]))
        return
    outbox.settle(store, event, "failed")


def _failures(event: Event) -> str:
    return f"hook failures:{event.account}:{event.topic}"
