"""How equal both sides are, and how much waits: the figures of a link, in words that promise nothing unproven."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from integration.models import Link
from integration.sync.live import Backlog


@dataclass(frozen=True)
class Parity:
    """What the last full circle of the sweep found, in people, and when it was finished."""

    equal: int
    differs: int
    missing: int
    finished_at: datetime | None

    @property
    def total(self) -> int:
        return self.equal + self.differs + self.missing

    @property
    def share(self) -> str:
        """`98.53 %`, cut and not rounded: 100 % means all of them."""
        if not self.total:
            return "nothing to compare"
        parts = self.equal * 10_000 // self.total
        return f"{parts // 100}.{parts % 100:02} %" if parts < 10_000 else "100 %"


def parity_of(link: Link) -> Parity | None:
    """None while no full circle was finished."""
    found = link.parity
    if not found:
        return None
    equal, differs, missing = (int(found.get(name, 0)) for name in ("equal", "differs", "missing"))
    return Parity(equal, differs, missing, moment(found.get("finished_at")))


@dataclass(frozen=True)
class Circle:
    """How far the present circle of the sweep is: since when, and how many records it read per side."""

    started_at: datetime | None
    gist: int
    ghl: int


def circle_of(link: Link) -> Circle | None:
    """None while no circle is under way."""
    if not link.sweep.get("started_at"):
        return None
    read = link.sweep.get("read", {})
    return Circle(moment(link.sweep["started_at"]), int(read.get("gist", 0)), int(read.get("ghl", 0)))


def moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def backlog_words(found: Backlog) -> str:
    """`3 events, 2 workflows and 1 record wait`, "" when nothing does."""
    counted = ((found.events, "event"), (found.workflows, "workflow"), (found.hints, "record"))
    *first, last = [part for number, thing in counted if (part := _counted(number, thing))] or [""]
    said = " and ".join(filter(None, (", ".join(first), last)))
    return f"{said} wait{'s' if found.total == 1 else ''}" if said else ""


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else ""
