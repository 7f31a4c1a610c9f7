"""From changed documents to events in the outbox, within the transaction of the change."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from integration.twin import quirks
from integration.twin.hooks import courier, ghl_events, gist_events, outbox, targets
from integration.twin.store import Doc, Store


@contextmanager
def api(store: Store, side: str) -> Iterator[None]:
    """What a call through the API changes fires events like a click does; nothing tells them apart."""
    if targets.are_set(store) and quirks.on("ghl_hook_echo" if side == "ghl" else "gist_hook_echo"):
        with everything(store):
            yield
    else:
        yield


@contextmanager
def everything(store: Store) -> Iterator[None]:
    """Goes around the transaction: the courier is called once that is through."""

    def witness(kind: str, account: str, id: str, before: Doc | None, after: Doc | None) -> None:  # noqa: A002
        if kind in ghl_events.KINDS:
            for location, topic, body in ghl_events.of(kind, account, before, after):
                send(store, "ghl", location, topic, body)
        elif kind in gist_events.KINDS:
            for topic, body in gist_events.of(store, kind, account, id, before, after):
                send(store, "gist", account, topic, body)

    with store.witnessed(witness if targets.are_set(store) else None):
        yield
    courier.call(store)


def send(store: Store, side: str, account: str, topic: str, body: Doc) -> bool:
    """Put an event into the outbox; False when nobody wants it."""
    if targets.target(store, side, account, topic) is None:
        return False
    if side == "ghl":
        body = ghl_events.envelope(body)
    outbox.add(store, side, account, topic, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    return True
