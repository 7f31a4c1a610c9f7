"""Who may have how many of the free calls: by purpose first, evenly among those of the same purpose.

Whoever asks stands in a line, with the calls still wanted; who does not ask again leaves it after a moment. Calls
that a higher purpose waits for are not free for a lower one. A few are kept for persons and live events even
when they wait for nothing: one in a hundred always, more while they are there. While they are there, the lower
purposes also spread their calls over the window instead of sending them at once, so that calls come back steadily.
"""

import math
from dataclasses import dataclass

from integration.providers.budgets.document import Document
from integration.providers.budgets.window import SHORTEST_WAIT, Rate, count_used, frees_in

# Highest first. person: somebody waits for a page or a command; live: a webhook event.
PURPOSES = ("person", "live", "retry", "sweep", "backfill")
RESERVED = PURPOSES[:2]
# One call in so many is always kept for the reserved purposes, and not more than so many calls.
ALWAYS_KEPT, ALWAYS_KEPT_MOST = 100, 2
# Share of the window kept for each reserved purpose that asked lately.
KEPT_SHARE = 0.05
ATTENTIVE_SECONDS = 10.0
# The most a sweep gets of a window.
SWEEP_SHARE = 0.05
# Who waits asks again at least every second (exchange.py); who is silent for so long does not wait any more.
IN_LINE_SECONDS = 3.0
# Spread calls may be ahead of their time by one part in so many of a window.
EVENLY = 10


@dataclass(frozen=True)
class Asker:
    """One holder of permits, and what for."""

    holder: str
    purpose: str

    @property
    def rank(self) -> int:
        return PURPOSES.index(self.purpose)


@dataclass(frozen=True)
class Share:
    """`permits` calls may be sent now; when 0, some may be in `wait` seconds."""

    permits: int
    wait: float


def drop_expired(doc: Document, seconds: float, now: float) -> None:
    doc["line"] = {holder: place for holder, place in doc.get("line", {}).items() if place[2] > now}
    doc["swept"] = [[at, calls] for at, calls in doc.get("swept", ()) if at > now - seconds]


def stand_in_line(doc: Document, asker: Asker, limit: Rate, wanted: int, now: float) -> None:
    """Note that `asker` wants so many calls; a newcomer begins beside the least served of its purpose."""
    line = doc.setdefault("line", {})
    known = line.get(asker.holder)
    served = known[3] if known else min((p[3] for p in line.values() if p[0] == asker.rank), default=0)
    if asker.purpose == "sweep":
        wanted = min(wanted, _left_to_sweep(doc, limit))
    line[asker.holder] = [asker.rank, wanted, now + IN_LINE_SECONDS, served]
    if asker.purpose in RESERVED:
        doc.setdefault("asked", {})[asker.purpose] = now


def leave_line(doc: Document, holder: str) -> None:
    doc.get("line", {}).pop(holder, None)


def allot_share(doc: Document, asker: Asker, limit: Rate, now: float) -> Share:
    """The share of `asker`, who stands in line, of what is free now; it counts as taken."""
    place = doc["line"][asker.holder]
    # Only a sweep that has had its share of the window wants nothing; more is free when its oldest calls leave it.
    if not place[1]:
        return Share(0, doc["swept"][0][0] + limit.seconds - now)
    first = sum(calls for rank, calls, *_ in doc["line"].values() if rank < asker.rank)
    room = (
        limit.calls - count_used(doc, limit.seconds, now) - first - _reserved_calls(doc, asker.rank, limit.calls, now)
    )
    rivals = [(p[3], p[1]) for holder, p in doc["line"].items() if p[0] == asker.rank and holder != asker.holder]
    fair = _fair_share(place[3], place[1], rivals, room)
    permits, spread_wait = _spread_evenly(doc, asker.rank, limit, fair, now)
    if permits:
        _note_taken(doc, asker, limit, permits, now)
        return Share(permits, 0)
    missing = _calls_before(place[3], rivals) + 1 - room
    return Share(0, max(spread_wait, frees_in(doc, missing, limit.seconds, now) if missing > 0 else SHORTEST_WAIT))


def _reserved_calls(doc: Document, rank: int, calls: int, now: float) -> int:
    """Calls of a window that are not for this rank, but for the reserved purposes above it."""
    there = sum(_is_there(doc, purpose, now) for purpose in RESERVED[:rank])
    if there:
        return min(calls // 4, there * math.ceil(calls * KEPT_SHARE))
    # What is always kept is for either of the two: with so few calls there is nothing to divide.
    return 0 if rank < len(RESERVED) else min(ALWAYS_KEPT_MOST, calls // ALWAYS_KEPT)


def _is_there(doc: Document, purpose: str, now: float) -> bool:
    return now - float(doc.get("asked", {}).get(purpose, 0)) < ATTENTIVE_SECONDS


def _fair_share(served: int, wanted: int, rivals: list[tuple[int, int]], room: int) -> int:
    """How many of `room` calls fall to one who was served so many, when the least served is always next."""
    if wanted + sum(calls for _, calls in rivals) <= room:
        return wanted
    share = 0
    while share < wanted and share + 1 + _calls_before(served + share, rivals) <= room:
        share += 1
    return share


def _calls_before(served: int, rivals: list[tuple[int, int]]) -> int:
    """Calls that rivals may have before it is the turn of one who was served so many."""
    return sum(min(calls, max(0, served - theirs)) for theirs, calls in rivals)


def _spread_evenly(doc: Document, rank: int, limit: Rate, permits: int, now: float) -> tuple[int, float]:
    """Of `permits` those that keep to an even pace, and the seconds until one more does."""
    if rank < len(RESERVED) or not any(_is_there(doc, purpose, now) for purpose in RESERVED):
        return permits, 0.0
    each = limit.seconds / max(1, limit.calls)
    leeway = max(each, limit.seconds / EVENLY)
    ahead = max(0.0, doc.get("paced", 0.0) - now)
    # Seconds since 1970 carry an error of a tenth of a microsecond, which must not cost a call.
    return max(0, min(permits, int((leeway - ahead) / each + 1e-3))), max(0.0, ahead + each - leeway)


def _note_taken(doc: Document, asker: Asker, limit: Rate, permits: int, now: float) -> None:
    place = doc["line"][asker.holder]
    place[1] -= permits
    place[3] += permits
    if asker.purpose == "sweep":
        doc["swept"].append([now, permits])
    each = limit.seconds / max(1, limit.calls)
    doc["paced"] = min(max(doc.get("paced", 0.0), now) + permits * each, now + limit.seconds)


def _left_to_sweep(doc: Document, limit: Rate) -> int:
    swept = int(sum(calls for _, calls in doc.get("swept", ())))
    return max(0, max(1, int(limit.calls * SWEEP_SHARE)) - swept)
