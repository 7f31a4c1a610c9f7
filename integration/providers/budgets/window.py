"""The calls an account has under way and behind it.

A call counts for one whole window *after its answer*: the provider counted it before it answered, so whatever
kind of window the provider keeps, it never sees more than `limit` calls in one.
"""

from dataclasses import dataclass

from integration.providers.budgets.document import Document
from integration.providers.http import Limits

FLYING_EXPIRES = 120.0
"""Seconds after which a grant whose holder died no longer counts."""
BUCKET = 0.05
"""Calls answered within this many seconds of each other share a mark, which keeps the document small."""
COMPARE_LONGER = 2.0
"""Marks are kept this much longer, so that headers which crossed with expiring marks are not misread."""
SHORTEST_WAIT, UNKNOWN_WAIT = 0.005, 0.05
"""Seconds. The second one is for calls under way: nobody knows when they come back."""


@dataclass(frozen=True)
class Rate:
    """`calls` per `seconds`, as in GHL_RATE=100/10."""

    calls: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        calls, _, seconds = text.partition("/")
        return cls(int(calls), float(seconds or 1))


def allowance(doc: Document, rate: Rate) -> Rate:
    """The configured rate, or the provider's own when that is lower."""
    return Rate(min(rate.calls, doc.get("limit", rate.calls)), rate.seconds)


def used(doc: Document, seconds: float, now: float) -> int:
    marks = sum(calls for at, calls, _ in doc.get("marks", ()) if at > now - seconds)
    return int(marks + sum(calls for calls, _ in doc.get("flying", {}).values()))


def frees_in(doc: Document, calls: int, seconds: float, now: float) -> float:
    """Seconds until so many calls more are free, as far as the answered ones tell."""
    wait = UNKNOWN_WAIT
    for at, counted, _ in sorted(doc.get("marks", ())):
        if at > now - seconds:
            wait = max(SHORTEST_WAIT, at + seconds - now)
            calls -= counted
            if calls <= 0:
                break
    return wait


def take_off(doc: Document, holder: str, permits: int, now: float) -> None:
    """From now on `permits` more calls of `holder` are under way."""
    flying = doc.setdefault("flying", {})
    flying[holder] = [flying.get(holder, [0, now])[0] + permits, now]


def land(doc: Document, holder: str, answered: list[float], now: float) -> None:
    """Calls of `holder` were answered at these times."""
    for at in answered:
        _mark(doc, at, 1)
    flying = doc.setdefault("flying", {})
    flying[holder] = [max(0, flying.get(holder, [0, now])[0] - len(answered)), now]


def forget(doc: Document, rate: Rate, now: float) -> None:
    keep = now - rate.seconds - COMPARE_LONGER
    doc["marks"] = [mark for mark in doc.get("marks", ()) if mark[0] > keep]
    doc["flying"] = {h: f for h, f in doc.get("flying", {}).items() if f[0] and f[1] > now - FLYING_EXPIRES}


def believe(doc: Document, rate: Rate, limits: Limits, now: float) -> None:
    """Believe the provider where it knows better: a lower limit, calls made by others."""
    if limits.maximum:
        doc["limit"] = limits.maximum
    if limits.remaining is not None:
        seen = used(doc, rate.seconds + COMPARE_LONGER, now)
        others = allowance(doc, rate).calls - limits.remaining - seen
        if others > 0:
            _mark(doc, now, others)


def _mark(doc: Document, now: float, calls: int) -> None:
    marks = doc.setdefault("marks", [])
    if marks and 0 <= now - marks[-1][2] < BUCKET:
        marks[-1][0], marks[-1][1] = max(marks[-1][0], now), marks[-1][1] + calls
    else:
        marks.append([now, calls, now])
