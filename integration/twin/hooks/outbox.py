"""Events on their way: a table that hands out one event at a time, over all threads and processes.

Status: pending, sending, delivered, failed (given up), dropped (lost on purpose), off (its webhook was switched off).
"""

import random
import time
from dataclasses import dataclass

from integration.twin.hooks import targets
from integration.twin.store import Doc, Store

# Longer than one try may take: a process that still holds an event after that has died, and the event is free.
HOLD_SECONDS = 15
# Shuffled events become due together, once in this time, so that there is something to shuffle.
SHUFFLE_SECONDS = 0.25
# A time and an id beyond any that occur.
LATER = 1e12


@dataclass(frozen=True)
class Event:
    """One delivery. `tries` counts those before."""

    id: int
    side: str
    account: str
    topic: str
    body: str
    tries: int


def add_event(store: Store, side: str, account: str, topic: str, body: str) -> None:
    """Within the transaction of the change; lost and doubled as the options say, the same ways in every run."""
    chance = random.random
    if targets.option_of(store, "drop_rate") or targets.option_of(store, "duplicate_rate"):
        turn = store.next_number("hook turn")
        chance = random.Random(f"{targets.option_of(store, 'seed')}:{turn}").random  # noqa: S311 -- repeatable on purpose
    status = "dropped" if chance() < targets.option_of(store, "drop_rate") else "pending"
    copies = 2 if status == "pending" and chance() < targets.option_of(store, "duplicate_rate") else 1
    due = time.time() + float(targets.option_of(store, "delay_seconds"))
    for _ in range(copies):
        place, at = _place_and_due(store, due)
        store.run(
            "INSERT INTO outbox (side, account, topic, body, status, place, due) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (side, account, topic, body, status, place, at),
        )


def _place_and_due(store: Store, due: float) -> tuple[float, float]:
    """Place in the queue, and when it may leave."""
    if not targets.option_of(store, "shuffle"):
        return due, due
    heap = (due // SHUFFLE_SECONDS + 1) * SHUFFLE_SECONDS
    return random.random(), heap  # noqa: S311 -- an order, no secret


@dataclass(frozen=True)
class Round:
    """What one round of deliveries may take: due until then, known before, each at most once."""

    until: float
    before: float = LATER
    last: int | None = None


def new_round(store: Store, ahead: float = 0) -> Round:
    """Everything that is there and due now, or within `ahead` seconds; a heap that is to be shuffled counts as due."""
    now = time.time()
    ahead += SHUFFLE_SECONDS if targets.option_of(store, "shuffle") else 0
    return Round(now + ahead, now, store.run("SELECT coalesce(max(id), 0) FROM outbox")[0][0])


def take_event(store: Store, round_: Round) -> Event | None:
    """The next event, now held by the caller. None when none is due, or while another holder is at it."""
    now = time.time()
    with store.transaction():
        store.run("UPDATE outbox SET status='pending' WHERE status='sending' AND held<=?", (now,))
        # One event is sent at a time over all processes: with two on their way, the order in which they arrive would
        # be open.
        rows = store.run(
            "UPDATE outbox SET status='sending', held=?, tried=?, tries=tries+1 WHERE id = ("
            " SELECT id FROM outbox WHERE status='pending' AND place<=? AND due<=? AND tried<? AND id<=?"
            " ORDER BY place, id LIMIT 1) AND NOT EXISTS (SELECT 1 FROM outbox WHERE status='sending')"
            " RETURNING id, side, account, topic, body, tries-1",
            (now + HOLD_SECONDS, now, round_.until, round_.until, round_.before, round_.last or LATER),
        )
    return Event(*rows[0]) if rows else None


def is_busy(store: Store) -> bool:
    """Whether somebody holds an event right now."""
    return bool(store.run("SELECT 1 FROM outbox WHERE status='sending' AND held>? LIMIT 1", (time.time(),)))


def mark_event(store: Store, event: Event, status: str) -> None:
    """The end of an event, good or bad."""
    store.run("UPDATE outbox SET status=?, held=NULL WHERE id=?", (status, event.id))


def put_off(store: Store, event: Event, seconds: float) -> None:
    place, due = _place_and_due(store, time.time() + seconds)
    store.run("UPDATE outbox SET status='pending', held=NULL, place=?, due=? WHERE id=?", (place, due, event.id))


def next_due(store: Store) -> float | None:
    """When the next event may leave; None when none waits."""
    due: float | None = store.run("SELECT min(due) FROM outbox WHERE status='pending'")[0][0]
    return due


def count_events(store: Store) -> Doc:
    """Counts by status; `pending` holds the one that is being sent, too, so that 0 means quiet."""
    counted: Doc = {"pending": 0, "delivered": 0, "failed": 0, "dropped": 0, "off": 0}
    sides: Doc = {side: dict(counted) for side in targets.SIDES}
    for side, status, total in store.run("SELECT side, status, count(*) FROM outbox GROUP BY side, status"):
        name = "pending" if status == "sending" else status
        counted[name] += total
        sides[side][name] += total
    answers = store.run("SELECT substr(name, 13), value FROM counters WHERE name LIKE 'hook answer:%'")
    return {**counted, **sides, "tries": sum(value for _, value in answers), "answers": dict(answers)}
