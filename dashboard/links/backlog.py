"""How far the sweep of a link is, and how much waits on it, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from integration.models import Link
from integration.webhooks.backlog import Backlog


@dataclass(frozen=True)
class SweepProgress:
    """How far the present sweep is: since when, and how many records it read per side."""

    started_at: datetime | None
    gist: int
    ghl: int


def sweep_progress_of(link: Link) -> SweepProgress | None:
    """None while no sweep is under way."""
    if not link.sweep.get("started_at"):
        return None
    read = link.sweep.get("read", {})
    return SweepProgress(parse_moment(link.sweep["started_at"]), int(read.get("gist", 0)), int(read.get("ghl", 0)))


def parse_moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def backlog_words(found: Backlog) -> str:
    """`3 events, 2 workflows and 1 record wait`, "" when nothing does."""
    counted = ((found.events, "event"), (found.workflows, "workflow"), (found.pending_reads, "record"))
    *first, last = [words for number, thing in counted if (words := _count_in_words(number, thing))] or [""]
    listed = " and ".join(filter(None, (", ".join(first), last)))
    return f"{listed} wait{'s' if found.total == 1 else ''}" if listed else ""


def _count_in_words(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else ""
