"""Calls per time and account, counted in the store so that all processes share one window.

Documented: GHL 100 calls in 10 seconds and 200,000 a day (docs/ghl-api.md#rate-limits), Gist 100 in 10 seconds
(docs/gist-api.md#rate-limits). The window slides; refused calls do not count.
"""

import time
from dataclasses import dataclass
from typing import Any

from integration.twin.store import Store

DOCUMENTED: dict[str, dict[str, Any]] = {
    "ghl": {"calls": 100, "seconds": 10, "daily": 200_000},
    "gist": {"calls": 100, "seconds": 10, "daily": None},
}
DAY = 86_400


@dataclass(frozen=True)
class Limit:
    """`daily` None: no limit per day."""

    calls: int
    seconds: float
    daily: int | None


@dataclass(frozen=True)
class Meter:
    """How an account stands after a call. `limit` None: calls are counted, none is refused."""

    allowed: bool
    limit: Limit | None
    left: int
    left_today: int


def limit_of(store: Store, side: str) -> Limit | None:
    raw = store.control("limits", DOCUMENTED).get(side)
    return Limit(int(raw["calls"]), float(raw["seconds"]), raw.get("daily")) if raw else None


def set_limits(store: Store, changes: dict[str, Any]) -> None:
    store.set_control("limits", {**store.control("limits", DOCUMENTED), **changes})


def meter_call(store: Store, side: str, account: str) -> Meter:
    """Count a call of `account`, or refuse it."""
    key = f"{side}:{account}"
    with store.transaction():
        # Read and counted in one transaction: two processes must not both take the last call of a window.
        limit = limit_of(store, side)
        return _count_or_refuse(store, key, limit, time.time())


def _count_or_refuse(store: Store, key: str, limit: Limit | None, now: float) -> Meter:
    # Without a limit calls are counted all the same, for `peak_calls`.
    seconds = limit.seconds if limit else 10.0
    day, today, number, peak = _read_window(store, key, now)
    store.run("DELETE FROM hits WHERE account=? AND at<=?", (key, now - seconds))
    oldest = store.run("SELECT number FROM hits WHERE account=? ORDER BY at LIMIT 1", (key,))
    # Calls are numbered without gaps, so the oldest one in the window tells how many there are.
    used = number - oldest[0][0] + 1 if oldest else 0
    if limit and (used >= limit.calls or (limit.daily is not None and today >= limit.daily)):
        return Meter(False, limit, max(0, limit.calls - used), _left_today(limit, today))
    store.run("INSERT INTO hits VALUES (?, ?, ?)", (key, number + 1, now))
    values = (key, day, today + 1, number + 1, max(peak, used + 1))
    store.run("INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?)", values)
    left = limit.calls - used - 1 if limit else 0
    return Meter(True, limit, left, _left_today(limit, today + 1))


def _read_window(store: Store, key: str, now: float) -> tuple[int, int, int, int]:
    """Day, calls of that day, number of the last call, most calls in one window."""
    # The day begins at midnight UTC, which is a guess about GHL's (docs/ghl-api.md#rate-limits).
    day = int(now // DAY)
    rows = store.run("SELECT day, today, number, peak FROM windows WHERE account=?", (key,))
    if not rows:
        return day, 0, 0, 0
    known, today, number, peak = rows[0]
    return day, today if known == day else 0, number, peak


def _left_today(limit: Limit | None, today: int) -> int:
    return max(0, limit.daily - today) if limit and limit.daily is not None else 0


def peak_calls(store: Store, side: str) -> int:
    """The most calls an account of `side` made within one window."""
    return int(store.run("SELECT coalesce(max(peak), 0) FROM windows WHERE account LIKE ?", (f"{side}:%",))[0][0])


def forget_peaks(store: Store) -> None:
    store.run("UPDATE windows SET peak = 0")
