"""The calls an account has under way and behind it.

A call counts for one whole window *after its answer*: the provider counted it before it answered, so whatever
kind of window the provider keeps, it never sees more than `limit` calls in one.
"""

from dataclasses import dataclass

from integration.providers.budgets.document import Document
from integration.providers.http import Limits

# Seconds after which a grant whose holder died no longer counts.
FLYING_EXPIRES = 120.0
# Calls answered within this many seconds of each other share a mark, which keeps the document small.
BUCKET = 0.05
# Marks are kept this much longer, so that headers which crossed with expiring marks are not misread.
COMPARE_LONGER = 2.0
# Seconds. The second one is for calls under way: nobody knows when they come back.
SHORTEST_WAIT, UNKNOWN_WAIT = 0.005, 0.05


@dataclass(frozen=True)
class Rate:
    """`calls` per `seconds`, as in GHL_RATE=100/10."""

    calls: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        calls, _, seconds = text.partition("/")
        return cls(int(calls), float(seconds or 1))


def allowed_rate(doc: Document, rate: Rate) -> Rate:
    """The configured rate, or the provider's own when that is lower."""
    return Rate(min(rate.calls, doc.get("limit", rate.calls)), rate.seconds)


def count_used(doc: Document, seconds: float, now: float) -> int:
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


def give_back(doc: Document, holder: str, permits: int) -> None:
    """Nothing was or will be sent with so many of the permits of `holder`."""
    if holder in doc.get("flying", {}):
        doc["flying"][holder][0] = max(0, doc["flying"][holder][0] - permits)


def mark_answered(doc: Document, holder: str, answered: list[float], now: float) -> None:
    """Calls of `holder` were answered at these times."""
    for at in answered:
        _add_mark(doc, at, 1)
    flying = doc.setdefault("flying", {})
    flying[holder] = [max(0, flying.get(holder, [0, now])[0] - len(answered)), now]


def drop_expired(doc: Document, rate: Rate, now: float) -> None:
    keep = now - rate.seconds - COMPARE_LONGER
    doc["marks"] = [mark for mark in doc.get("marks", ()) if mark[0] > keep]
    doc["flying"] = {h: f for h, f in doc.get("flying", {}).items() if f[0] and f[1] > now - FLYING_EXPIRES}


def apply_limits(doc: Document, rate: Rate, limits: Limits, now: float) -> None:
    """Believe the provider where it knows better: a lower limit, calls made by others."""
    if limits.maximum:
        doc["limit"] = limits.maximum
    if limits.remaining is not None:
        seen = count_used(doc, rate.seconds + COMPARE_LONGER, now)
        # What the provider counted beyond our own calls was sent by another program with the same account.
        others = allowed_rate(doc, rate).calls - limits.remaining - seen
        if others > 0:
            _add_mark(doc, now, others)


def _add_mark(doc: Document, now: float, calls: int) -> None:
    marks = doc.setdefault("marks", [])
    # Measured from the mark's first call: measured from its last, a steady stream would stay in one mark for ever. The
    # mark takes the time of the latest call, because counting some a little too long is safe and too short is not.
    if marks and 0 <= now - marks[-1][2] < BUCKET:
        marks[-1][0], marks[-1][1] = max(marks[-1][0], now), marks[-1][1] + calls
    else:
        marks.append([now, calls, now])
