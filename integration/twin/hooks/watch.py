"""From changed documents to events in the outbox, within the transaction of the change."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from integration.twin import quirks
from integration.twin.hooks import courier, ghl_events, gist_events, outbox, targets
from integration.twin.store import Doc, Store


@contextmanager
def watch_api(store: Store, side: str) -> Iterator[None]:
    """Write the events of a call through the API, without any mark that tells them from clicks.

    Whether the real sides do that is inferred or unknown, so a quirk per side switches it off
    (docs/ghl-api.md#webhooks, docs/gist-api.md#webhooks).
    """
    if targets.are_set(store) and quirks.is_on("ghl_hook_echo" if side == "ghl" else "gist_hook_echo"):
        with watch_everything(store):
            yield
    else:
        yield


@contextmanager
def watch_everything(store: Store) -> Iterator[None]:
    """Write the events of every change made inside, then wake the courier.

    Must enclose the transaction: woken before the commit, the courier would find nothing.
    """

    def witness(kind: str, account: str, id: str, before: Doc | None, after: Doc | None) -> None:  # noqa: A002
        if kind in ghl_events.KINDS:
            for location, topic, body in ghl_events.events_of(kind, account, before, after):
                send_event(store, "ghl", location, topic, body)
        elif kind in gist_events.KINDS:
            for topic, body in gist_events.events_of(store, kind, account, id, before, after):
                send_event(store, "gist", account, topic, body)

    # Without hooks nobody is called, which spares reading the former document at each write.
    with store.call_on_change(witness if targets.are_set(store) else None):
        yield
    courier.call_courier(store)


def send_event(store: Store, side: str, account: str, topic: str, body: Doc) -> bool:
    """Put an event into the outbox; False when nobody wants it."""
    if targets.find_target(store, side, account, topic) is None:
        return False
    if side == "ghl":
        body = ghl_events.add_envelope(body)
    outbox.add_event(store, side, account, topic, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    return True
