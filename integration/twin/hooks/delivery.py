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

# Neither side documents its own. Must stay below outbox.HOLD_SECONDS, or a slow try is made twice.
TIMEOUT_SECONDS = 5
# Ten minutes with jitter, six times (docs/ghl-api.md#webhooks).
GHL_PAUSE, GHL_JITTER, GHL_REPEATS = 600.0, 0.1, 6
# A newer rule, claimed by a third party only (docs/ghl-api.md#webhooks).
GHL_NEW_RULE_REPEATS = 12
# Three more tries; four pauses are named, of which the last is left out (docs/gist-api.md#webhooks).
GIST_PAUSES = (3600.0, 3 * 3600.0, 6 * 3600.0)
MOST_FAILURES = 3
GONE, TOO_MANY = 410, 429
NO_ANSWER = 0


def new_session() -> requests.Session:
    """Keeps its connections; proxies and passwords of the machine are none of its business."""
    session = requests.Session()
    session.trust_env = False
    return session


def deliver_event(store: Store, session: requests.Session, event: Event) -> None:
    """Send an event that was taken from the outbox, then mark it with the outcome or put it off."""
    store.refresh()
    target = targets.find_target(store, event.side, event.account, event.topic)
    status = _send_event(store, session, event, target) if target else None
    with store.transaction():
        # The webhook was taken away or switched off after the event was written.
        if status is None:
            outbox.mark_event(store, event, "off")
            return
        store.next_number(f"hook answer:{status}")
        (_after_ghl if event.side == "ghl" else _after_gist)(store, event, status)


def _send_event(store: Store, session: requests.Session, event: Event, target: Target) -> int:
    """The status of the answer; NO_ANSWER when the receiver cannot be reached or takes too long."""
    body = event.body.encode()
    signed = _sign_body(store, body) if event.side == "ghl" else {}
    headers = {"Content-Type": "application/json", **signed, **target.headers}
    with contextlib.suppress(requests.RequestException):
        answer = session.post(target.url, body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        return answer.status_code
    return NO_ANSWER


def _sign_body(store: Store, body: bytes) -> dict[str, str]:
    signed = {"X-GHL-Signature": "N/A" if quirks.is_on("ghl_hook_no_ed25519") else keys.sign_ed25519(store, body)}
    if quirks.is_on("ghl_hook_rsa"):
        signed["X-WH-Signature"] = keys.sign_rsa(store, body)
    return signed


def _is_good(status: int) -> bool:
    return 200 <= status < 300


def _retry_pause(store: Store, documented: float, first: float) -> float:
    """The documented pause, or one that is as much shorter as the wanted first pause is than the documented first."""
    wanted = targets.option_of(store, "retry_seconds")
    return documented if wanted is None else documented / first * float(wanted)


def _after_ghl(store: Store, event: Event, status: int) -> None:
    """Repeat after 429 only, every ten minutes. Without the quirk a newer rule: after any failure, in growing pauses.

    Both rules: docs/ghl-api.md#webhooks.
    """
    old_rule = quirks.is_on("ghl_hook_429_only")
    again = status == TOO_MANY if old_rule else not _is_good(status)
    if again and event.tries < (GHL_REPEATS if old_rule else GHL_NEW_RULE_REPEATS):
        growth = 1 if old_rule else 2**event.tries
        jitter = 1 + GHL_JITTER * random.random()  # noqa: S311 -- a pause, no secret
        outbox.put_off(store, event, _retry_pause(store, GHL_PAUSE * growth, GHL_PAUSE) * jitter)
    else:
        outbox.mark_event(store, event, "delivered" if _is_good(status) else "failed")


def _after_gist(store: Store, event: Event, status: int) -> None:
    """Three repeats; 410, or three failed repeats in a row, switch the webhook off."""
    if _is_good(status):
        store.run("DELETE FROM counters WHERE name=?", (_failure_counter(event),))
        outbox.mark_event(store, event, "delivered")
        return
    if status == GONE and quirks.is_on("gist_hook_410"):
        targets.switch_off(store, event.account, event.topic, "answered 410")
    # `tries` counts those before this one: a first failure is no failed repeat and must not count.
    elif (
        event.tries
        and store.next_number(_failure_counter(event)) >= MOST_FAILURES
        and quirks.is_on("gist_hook_three_failures")
    ):
        targets.switch_off(store, event.account, event.topic, "three failed repeats in a row")
    elif event.tries < len(GIST_PAUSES):
        outbox.put_off(store, event, _retry_pause(store, GIST_PAUSES[event.tries], GIST_PAUSES[0]))
        return
    outbox.mark_event(store, event, "failed")


def _failure_counter(event: Event) -> str:
    return f"hook failures:{event.account}:{event.topic}"
