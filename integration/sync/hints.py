"""Hints: from stored events to records that a run reads, each once however often it was heard of."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, transaction
from django.db.models import Count, Min, Q, QuerySet, Value
from django.utils import timezone

from integration.models import UNFINISHED, EventState, Execution, Hint, InboxEvent, Link, Run, Snapshot
from integration.sync.heard import Heard, heard
from integration.workflows import executions, gist_events

log = logging.getLogger(__name__)

UNPACK = 500
NAMES_NOBODY = "It names no contact that could be read. The next full run finds what it may have meant."


@dataclass(frozen=True)
class Backlog:
    """What waits on a link: stored events not looked at, records to read, workflows begun, and since when."""

    events: int
    hints: int
    workflows: int
    oldest: datetime | None

    @property
    def total(self) -> int:
        return self.events + self.hints + self.workflows


def backlog(link: Link) -> Backlog:
    """In one query."""
    events = InboxEvent.objects.filter(state=EventState.WAITING, connection__in=[link.gist_id, link.ghl_id])
    begun = Execution.objects.filter(link=link, state__in=UNFINISHED, due_at__isnull=False)
    waiting = _counted(events, "events", "received_at").union(
        _counted(Hint.objects.filter(link=link), "hints", "first_at"),
        _counted(begun, "workflows", "created_at"),
        all=True,
    )
    found = {what: (number, since) for what, number, since in waiting}
    numbers = {what: number for what, (number, _) in found.items()}
    return Backlog(**numbers, oldest=min(filter(None, (since for _, since in found.values())), default=None))


def _counted(rows: QuerySet[Any], what: str, since: str) -> QuerySet[Any]:
    """One row: what it is, how many there are, and since when."""
    named = rows.order_by().annotate(what=Value(what)).values_list("what")
    counted: QuerySet[Any] = named.annotate(number=Count("pk"), since=Min(since))
    return counted


# Events to hints ----------------------------------------------------------------------------------------


def unpack(link: Link) -> int:
    """Turn the waiting events of both connections into hints, and begin the workflows that they trigger by
    themselves, in the order they came. Returns how many there were.
    """
    total = 0
    while count := _unpack_some([link.gist_id, link.ghl_id]):
        total += count
    return total


Told = dict[tuple[str, str, str], tuple[Heard, InboxEvent]]
"""By record: what was heard of it, all events taken together, and the first of them."""


@transaction.atomic
def _unpack_some(connections: list[int]) -> int:
    waiting = InboxEvent.objects.select_for_update().filter(state=EventState.WAITING, connection__in=connections)
    events = list(waiting.order_by("pk")[:UNPACK])
    told: dict[int, Told] = defaultdict(dict)
    links = {pk: list(Link.objects.filter(Q(gist=pk) | Q(ghl=pk))) for pk in {one.connection_id for one in events}}
    for event in events:
        said = heard(event)
        event.state, event.handled_at = EventState.DONE, timezone.now()
        if said:
            _tell(told[event.connection_id or 0], said, event)
        begun = _begin(event, links[event.connection_id], said.external_id if said else "")
        if not said and not begun and not event.reason:
            event.state, event.reason, event.message = EventState.PARKED, "names_nobody", NAMES_NOBODY
    InboxEvent.objects.bulk_update(events, ["state", "handled_at", "reason", "message"], batch_size=100)
    for connection, hints in told.items():
        for link in links[connection]:
            _note(link, hints)
    return len(events)


def _begin(event: InboxEvent, links: list[Link], gist_id: str) -> bool:
    """Begin the workflows of an event, whether it says who it is about. What cannot be is parked with the reason:
    one event must not hold up those after it.
    """
    try:
        with transaction.atomic():
            begun = [gist_events.begin(link, event, gist_id) for link in links]
    except (ValueError, TypeError, DataError, OverflowError) as fault:
        log.exception("event %s could not begin its workflows", event.pk)
        event.state, event.reason = EventState.PARKED, "internal"
        event.message = f"Gistline met a fault of its own ({type(fault).__name__}): no workflow was begun for it."
        return False
    return any(begun)


def _tell(told: Told, said: Heard, event: InboxEvent) -> None:
    """The last word about a record counts, the first one's time too; what one event left out another may tell."""
    before, first = told.get(said.record, (said, event))
    told[said.record] = (_together(before, said), first)


def _together(before: Heard, said: Heard) -> Heard:
    return replace(
        said,
        born=said.born or before.born,
        contact_id=said.contact_id or before.contact_id,
        title=said.title or before.title,
    )


def _note(link: Link, told: Told) -> None:
    known = {
        (hint.kind, hint.side, hint.external_id): hint
        for hint in _held(Hint.objects.filter(link=link, external_id__in=[external_id for _, _, external_id in told]))
    }
    new: list[Hint] = []
    for record, (said, event) in told.items():
        hint = known.get(record) or _new(link, said, event)
        if hint.pk is None:
            new.append(hint)
            continue
        said = _together(Heard(hint.side, "", False, hint.kind, hint.contact_id, hint.title, hint.born), said)
        # A run that reads it now sees by the count that it was heard of again.
        hint.events, hint.taken_run = hint.events + 1, 0
        hint.deleted, hint.born, hint.contact_id, hint.title = said.deleted, said.born, said.contact_id, said.title
        hint.save(update_fields=["events", "deleted", "born", "contact_id", "title", "taken_run"])
    Hint.objects.bulk_create(new, ignore_conflicts=True)


def _new(link: Link, said: Heard, event: InboxEvent) -> Hint:
    return Hint(
        link=link,
        kind=said.kind,
        side=said.side,
        external_id=said.external_id,
        contact_id=said.contact_id,
        title=said.title,
        deleted=said.deleted,
        born=said.born,
        first_at=event.received_at,
        due_at=event.received_at + timedelta(seconds=link.settle_seconds),
    )


def _held(hints: QuerySet[Hint]) -> QuerySet[Hint]:
    """Locked, always in the same order: a run may be about to settle them."""
    return hints.select_for_update().order_by("pk")


# Hints to a run -----------------------------------------------------------------------------------------


def take(run: Run, number: int = 50) -> list[Hint]:
    """Hints that are due and that this run has not taken yet."""
    due = Hint.objects.filter(link=run.link, due_at__lte=timezone.now()).exclude(taken_run=run.pk)
    hints = list(due.order_by("first_at", "pk")[:number])
    Hint.objects.filter(pk__in=[hint.pk for hint in hints]).update(taken_run=run.pk)
    return hints


def is_due(run: Run) -> bool:
    """Whether there is something to take: hints, or workflows that were begun. A dry run takes nothing."""
    if run.dry_run:
        return False
    due = Hint.objects.filter(link=run.link, due_at__lte=timezone.now())
    return due.exclude(taken_run=run.pk).exists() or executions.due(run.link).exists()


def release(run: Run) -> None:
    """What this run took before it was interrupted is free again."""
    Hint.objects.filter(link=run.link, taken_run=run.pk).update(taken_run=0)


def settle(hints: Iterable[Hint]) -> None:
    """These are done, unless they were heard of again while they were read."""
    for hint in sorted(hints, key=lambda hint: hint.pk):
        Hint.objects.filter(pk=hint.pk, events=hint.events).delete()


def put_off(hints: Iterable[Hint]) -> None:
    """These could not be read: again in a minute, and ever more rarely, at least once a day."""
    now = timezone.now()
    for hint in hints:
        pause = min(max(now - hint.first_at, timedelta(minutes=1)), timedelta(days=1))
        Hint.objects.filter(pk=hint.pk).update(due_at=now + pause, taken_run=0)


def mention(link: Link, ghl_id: str) -> None:
    """A GHL contact was spoken of: someone never read yet is read now."""
    if ghl_id and not Snapshot.objects.filter(link=link, side="ghl", external_id=ghl_id).exists():
        now = timezone.now()
        hint = Hint(link=link, side="ghl", external_id=ghl_id, first_at=now, due_at=now)
        Hint.objects.bulk_create([hint], ignore_conflicts=True)


def doubt(link: Link, side: str, external_ids: Iterable[str]) -> None:
    """Contacts that a full read did not meet: each is asked for by id before anything is believed."""
    now = timezone.now()
    Hint.objects.bulk_create(
        [Hint(link=link, side=side, external_id=one, deleted=True, first_at=now, due_at=now) for one in external_ids],
        ignore_conflicts=True,
    )
