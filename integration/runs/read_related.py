"""Reading for a run what belongs to GHL's contacts: tasks and appointments, by the cheapest calls.

They are read where workflows wait for news of them, and where Gist shows them: GHL tells of no changed task
(docs/ghl-api.md#webhooks), and its webhooks may be off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from integration.connections.location import learn_location
from integration.mapping.carried import carried_names, kinds_of
from integration.models import FULL_READS, READING, Link, Related, Run, RunKind
from integration.moments import utc_text
from integration.providers.ghl.related import MOST_TASKS
from integration.records import RelatedRecord, RelatedType, UnreadableRecord
from integration.related import store
from integration.related.write import related_of
from integration.runs.checkpoint import OVERLAP
from integration.runs.context import RunContext
from integration.runs.finish import RELATED_CURSORS
from integration.runs.unreadable import log_related_fault
from integration.sync.carried import note_stale
from integration.sync.one_by_one import all_or_each, as_error
from integration.workflows import start
from integration.workflows.record import record_news

# Appointments are looked at so far ahead, and a day back: they can be listed for a window of time only, not by when
# they changed (docs/ghl-api.md#calendars).
AHEAD = timedelta(days=60)


def read_related(context: RunContext) -> None:
    """Tasks and appointments of the location. The first reading only learns what stands there, as does the first one
    after a time in which no workflow waited.
    """
    link, run = context.run.link, context.run
    if run.dry_run or run.kind not in READING:
        return
    began = utc_text(timezone.now())
    watched = start.watched_kinds(link) if run.kind != RunKind.SWEEP else set()
    shown = _shown_kinds(link, run)
    for kind in RELATED_CURSORS:
        if kind in watched or kind in shown:
            learn_location(link.ghl, context.exchange)
            _read_kind(context, kind, is_watched=kind in watched)  # type: ignore[arg-type]
        if run.kind != RunKind.SWEEP:
            context.checkpoint.marks[RELATED_CURSORS[kind]] = began if kind in watched else ""


def _shown_kinds(link: Link, run: Run) -> set[RelatedType]:
    """What is read because Gist shows it. Appointments cost a call for each calendar, however few they are, so that a
    quick run leaves them to webhooks and to what GHL says has changed (runs/carried.py).
    """
    kinds = kinds_of(carried_names(link) or ())
    return kinds if run.kind in FULL_READS else kinds & {"task"}


@dataclass(frozen=True)
class Listed:
    """Records of a kind as the location lists them. `missing` are contacts of known ones that were not among them."""

    records: list[RelatedRecord]
    unreadable: list[UnreadableRecord]
    missing: set[str]


def _list_kind(context: RunContext, kind: RelatedType, is_watched: bool) -> Listed:
    link, related, now = context.run.link, related_of(context.run.link), timezone.now()
    unreadable: list[UnreadableRecord] = []
    first, last = now - timedelta(days=1), now + AHEAD
    # Whoever only shows how tasks stand need not read all that were ever completed.
    ways: dict[str, Any] = {
        "task": partial(related.list_tasks, None if is_watched else False),
        "appointment": partial(related.list_appointments, first, last),
    }
    records = context.exchange.carry_out(ways[kind](unreadable=unreadable))
    is_whole = not unreadable and len(records) < MOST_TASKS
    there = {one.id for one in records}
    return Listed(records, unreadable, _missing(link, kind, there, first, last) if is_whole else set())


def _read_kind(context: RunContext, kind: RelatedType, is_watched: bool) -> None:
    run = context.run
    listed = _list_kind(context, kind, is_watched)
    since = run.link.cursors.get(RELATED_CURSORS[kind]) if is_watched else None
    _store_related(context, kind, listed.records, since)
    for one in listed.unreadable:
        log_related_fault(run, kind, one.id, one.label, one.error)
    note_stale(run.link, {(kind, contact_id) for contact_id in listed.missing})


@dataclass(frozen=True)
class Difference:
    """By kind, the contacts of records that are `listed`, and those of whom something else is known, or more."""

    listed: dict[RelatedType, set[str]]
    stale: dict[RelatedType, set[str]]


def compare_related(context: RunContext) -> Difference:
    """What a run would find that reads tasks and appointments because Gist shows them. Nothing of it is stored."""
    link = context.run.link
    found = Difference({}, {})
    for kind in RELATED_CURSORS.keys() & _shown_kinds(link, context.run):
        learn_location(link.ghl, context.exchange)
        listed = _list_kind(context, kind, is_watched=False)  # type: ignore[arg-type]
        unlike = store.unlike_known(link, kind, listed.records)  # type: ignore[arg-type]
        found.listed[kind] = {one.contact_id for one in listed.records}  # type: ignore[index]
        found.stale[kind] = {one.contact_id for one in unlike} | listed.missing  # type: ignore[index]
    return found


def _store_related(context: RunContext, kind: RelatedType, records: list[RelatedRecord], since: str | None) -> None:
    link = context.run.link
    if since:
        since = utc_text(datetime.fromisoformat(since) - OVERLAP["ghl"])
        records = store.unlike_known(link, kind, records)

    def take_in_some(some: Sequence[RelatedRecord]) -> None:
        if not since:
            store.take_in(link, some)
            return
        for record in some:
            record_news(context.run, store.take_in_read(link, record, since=since))

    for record, fault in all_or_each(records, take_in_some).faults:
        log_related_fault(context.run, kind, record.id, record.label, as_error(fault), record.contact_id)


def _missing(link: Link, kind: RelatedType, there: set[str], first: datetime, last: datetime) -> set[str]:
    """Contacts of open tasks and coming appointments that are known and were not among those listed: completed, moved
    or deleted. Theirs are read anew, which says what became of them.
    """
    known = Related.objects.filter(link=link, kind=kind, deleted_at=None)
    if kind == "task":
        known = known.filter(base__completed=False)
    else:
        known = known.filter(base__start_at__gt=utc_text(first), base__start_at__lt=utc_text(last))
    rows = known.values_list("ghl_id", "contact_id")
    return {contact_id for ghl_id, contact_id in rows if ghl_id not in there}
