"""Delivers the events: one thread per process while any wait, or the caller itself in `deliver_due`."""

import threading
import time
from pathlib import Path

import requests

from integration.twin.hooks import outbox, targets
from integration.twin.hooks.delivery import deliver_event, new_session
from integration.twin.hooks.outbox import Round
from integration.twin.store import Store, current_store, path_of_the_moment

BUSY_SECONDS = 0.01
# The call that made the event is let out first: signing at once would slow its answer down.
ANSWER_SECONDS = 0.004
IDLE_SECONDS = 60.0
# How long `deliver_due` waits while somebody else holds an event: longer than outbox.HOLD_SECONDS, after which a
# holder that died has lost it.
OTHERS_SECONDS = 20.0


def call_courier(store: Store) -> None:
    """Wake the courier, because events may be waiting or the hooks may be gone. Returns at once.

    A courier is started only where hooks are set and events are sent by themselves.
    """
    _wake_courier(store.path, start=targets.are_set(store) and targets.sends_by_itself(store))


def deliver_due(store: Store, ahead: float = 0) -> int:
    """Deliver here and now what is due within `ahead` seconds, each event at most once. Says how many were tried."""
    round_, tried, until = outbox.new_round(store, ahead), 0, time.monotonic() + OTHERS_SECONDS
    with new_session() as session:
        while time.monotonic() < until:
            if event := outbox.take_event(store, round_):
                deliver_event(store, session, event)
                tried, until = tried + 1, time.monotonic() + OTHERS_SECONDS
            elif outbox.is_busy(store):
                time.sleep(BUSY_SECONDS)
            else:
                break
    return tried


class Courier(threading.Thread):
    """Lives until there was nothing to do for a while, or the hooks are taken away."""

    def __init__(self, path: Path) -> None:
        # A daemon, since it may be dropped at any time: what still waits stands in the outbox.
        super().__init__(name="sandbox-courier", daemon=True)
        self.path = path
        self.bell = threading.Event()

    def run(self) -> None:
        with new_session() as session:
            while path_of_the_moment() == self.path:
                store = current_store()
                self._deliver_waiting(store, session)
                # A connection kept while idle may be closed by the receiver just when the next event comes.
                session.close()
                pause = _next_pause(store)
                was_woken = self.bell.wait(IDLE_SECONDS if pause is None else pause)
                time.sleep(ANSWER_SECONDS)
                self.bell.clear()
                store.refresh()
                if ((pause is None and not was_woken) or not targets.are_set(store)) and self._stop_if_idle():
                    store.close()
                    return

    def _deliver_waiting(self, store: Store, session: requests.Session) -> None:
        while event := outbox.take_event(store, Round(time.time())):
            deliver_event(store, session, event)

    def _stop_if_idle(self) -> bool:
        """End this courier, unless it was woken since it last looked. True when it has to stop.

        Under the guard: an event that comes right now either finds this courier alive or starts a new one.
        """
        with _guard:
            if self.bell.is_set():
                return False
            _couriers.pop(self.path, None)
            return True


def _next_pause(store: Store) -> float | None:
    """Seconds until there is something to do; None: nothing waits. Another process may be at it, to keep the order."""
    if outbox.is_busy(store):
        return BUSY_SECONDS
    due = outbox.next_due(store)
    return None if due is None else min(max(0.0, due - time.time()), IDLE_SECONDS)


_couriers: dict[Path, Courier] = {}
_guard = threading.Lock()


def _wake_courier(path: Path, *, start: bool) -> None:
    with _guard:
        courier = _couriers.get(path)
        if start and (courier is None or not courier.is_alive()):  # In a forked process the parent's does not live.
            courier = _couriers[path] = Courier(path)
            courier.start()
        if courier:
            courier.bell.set()
