"""Who carries the events: one thread per process while there is something to carry, or the caller itself."""

import threading
import time
from pathlib import Path

import requests

from integration.twin.hooks import outbox, targets
from integration.twin.hooks.delivery import deliver, new_session
from integration.twin.hooks.outbox import Round
from integration.twin.store import Store, current, path_of_the_moment

BUSY_SECONDS = 0.01
ANSWER_SECONDS = 0.004
"""The call that made the event is let out first: signing at once would slow its answer down."""
IDLE_SECONDS = 60.0
OTHERS_SECONDS = 20.0


def call(store: Store) -> None:
    """Something may be waiting, or all was called off. Takes no time, and starts nobody where the caller delivers."""
    _ring(store.path, start=targets.are_set(store) and targets.sends_by_itself(store))


def deliver_due(store: Store, ahead: float = 0) -> int:
    """Deliver here and now what is due within `ahead` seconds, each event at most once. Says how many were tried."""
    around, tried, until = outbox.new_round(store, ahead), 0, time.monotonic() + OTHERS_SECONDS
    with new_session() as session:
        while time.monotonic() < until:
            if event := outbox.take(store, around):
                deliver(store, session, event)
                tried, until = tried + 1, time.monotonic() + OTHERS_SECONDS
            elif outbox.is_busy(store):
                time.sleep(BUSY_SECONDS)
            else:
                break
    return tried


class Courier(threading.Thread):
    """Lives until there was nothing to do for a while, or the hooks are taken away."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="sandbox-courier", daemon=True)
        self.path = path
        self.bell = threading.Event()

    def run(self) -> None:
        with new_session() as session:
            while path_of_the_moment() == self.path:
                store = current()
                self._carry(store, session)
                # A connection kept while idle may be closed by the receiver just when the next event comes.
                session.close()
                pause = _pause(store)
                rang = self.bell.wait(IDLE_SECONDS if pause is None else pause)
                time.sleep(ANSWER_SECONDS)
                self.bell.clear()
                store.refresh()
                if ((pause is None and not rang) or not targets.are_set(store)) and self._retires():
                    store.close()
                    return

    def _carry(self, store: Store, session: requests.Session) -> None:
        while event := outbox.take(store, Round(time.time())):
            deliver(store, session, event)

    def _retires(self) -> bool:
        """False when somebody rang in the last moment."""
        with _guard:
            if self.bell.is_set():
                return False
            _couriers.pop(self.path, None)
            return True


def _pause(store: Store) -> float | None:
    """Seconds until there is something to do; None: nothing waits. Another process may be at it, to keep the order."""
    if outbox.is_busy(store):
        return BUSY_SECONDS
    due = outbox.next_due(store)
    return None if due is None else min(max(0.0, due - time.time()), IDLE_SECONDS)


_couriers: dict[Path, Courier] = {}
_guard = threading.Lock()


def _ring(path: Path, *, start: bool) -> None:
    with _guard:
        courier = _couriers.get(path)
        if start and (courier is None or not courier.is_alive()):  # In a forked process the parent's does not live.
            courier = _couriers[path] = Courier(path)
            courier.start()
        if courier:
            courier.bell.set()
