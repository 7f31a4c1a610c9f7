"""From stored events to records that a run reads, each once however many events were about it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integration.models import EventState, InboxEvent, Link, PendingRead
from integration.providers.base import EventSubject
from integration.sync.one_by_one import NOT_OF_A_RECORD, all_or_each
from integration.trace import follow
from integration.webhooks.subject import Subjects, add_subject, merge_subjects, subject_of
from integration.workflows import ghl_events, gist_events

logger = logging.getLogger(__name__)

# Events in one transaction: it locks them, and webhooks that come meanwhile wait for it on SQLite.
UNPACK = 500
NEXT_FULL_RUN = "The next full sync finds what it may have meant."
NAMES_NOBODY = f"It names no contact that could be read. {NEXT_FULL_RUN}"


def unpack_events(link: Link) -> int:
    """Turn the waiting events of both connections into pending reads, and begin the workflows that they trigger by
    themselves, in the order they came. Returns how many there were.
    """
    total = 0
    while events := _waiting_events([link.gist_id, link.ghl_id]):
        unpacked = all_or_each(events, _unpack_some)
        for event, fault in unpacked.faults:
            _park(event, fault)
        total += len(events)
    return total


def _waiting_events(connections: list[int]) -> list[int]:
    waiting = InboxEvent.objects.filter(state=EventState.WAITING, connection__in=connections)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:UNPACK])


def _unpack_some(keys: Sequence[int]) -> None:
    """In one transaction: after a kill all of it was done, events, pending reads and workflows, or nothing."""
    # Another worker may have unpacked them meanwhile.
    waiting = InboxEvent.objects.select_for_update().filter(state=EventState.WAITING, pk__in=keys)
    events = list(waiting.order_by("pk"))
    subjects: dict[int, Subjects] = defaultdict(dict)
    links = {pk: list(Link.objects.filter(Q(gist=pk) | Q(ghl=pk))) for pk in {one.connection_id for one in events}}
    for event in events:
        subject = subject_of(event)
        event.state, event.handled_at = EventState.DONE, timezone.now()
        if subject:
            first = add_subject(subjects[event.connection_id or 0], subject, event)
            event.joined = first.trace if first is not event else ""
        with follow(event.trace):
            begun = _begin_workflows(event, links[event.connection_id], subject.external_id if subject else "")
        if not subject and not begun and not event.reason:
            event.state, event.reason, event.message = EventState.PARKED, "names_nobody", NAMES_NOBODY
    # A connection may belong to several links, and each of them reads the record for itself.
    for connection, found in subjects.items():
        for link in links[connection]:
            _save_pending_reads(link, found)
    for event in events:
        facts = {"trace": event.trace, "event": event.pk, **({"joined": event.joined} if event.joined else {})}
        logger.info("event %s: %s", event.pk, event.reason or "to be read", extra={"facts": facts})
    InboxEvent.objects.bulk_update(events, ["state", "handled_at", "reason", "message", "joined"], batch_size=100)


def _park(key: int, fault: Exception) -> None:
    """One event must not hold up those after it: it is set aside with the reason."""
    sentence = f"Gistline met a fault of its own ({type(fault).__name__}): nothing was read for it."
    InboxEvent.objects.filter(pk=key).update(
        state=EventState.PARKED, reason="internal", message=f"{sentence} {NEXT_FULL_RUN}", handled_at=timezone.now()
    )


def _begin_workflows(event: InboxEvent, links: list[Link], record_id: str) -> bool:
    """Begin the workflows of an event, whether it says who it is about. What cannot be is parked with the reason:
    one event must not hold up those after it.
    """
    begin_workflows = ghl_events.begin_workflows if event.provider == "ghl" else gist_events.begin_workflows
    try:
        with transaction.atomic():
            begun = [begin_workflows(link, event, record_id) for link in links]
    except NOT_OF_A_RECORD:
        raise
    except Exception as fault:
        logger.exception("event %s could not begin its workflows", event.pk)
        event.state, event.reason = EventState.PARKED, "internal"
        event.message = f"Gistline met a fault of its own ({type(fault).__name__}): no workflow was begun for it."
        return False
    return any(begun)


def _save_pending_reads(link: Link, subjects: Subjects) -> None:
    known = {
        (one.kind, one.side, one.external_id): one for one in _lock_pending_reads(link, (key[2] for key in subjects))
    }
    new: list[PendingRead] = []
    for record, (subject, event) in subjects.items():
        pending = known.get(record)
        if pending is None:
            new.append(_new_pending_read(link, subject, event))
            continue
        stored = EventSubject(
            pending.side, "", False, pending.kind, pending.contact_id, pending.title, pending.reported_created
        )
        subject = merge_subjects(stored, subject)
        # A run that reads it now sees by the count that another event came meanwhile.
        pending.event_count, pending.claimed_by_run = pending.event_count + 1, 0
        pending.deleted, pending.reported_created = subject.deleted, subject.reported_created
        pending.contact_id, pending.title = subject.contact_id, subject.title
        _join(event, pending)
        pending.save(update_fields=MERGED)
    # The same row may have been inserted since by a run (pending_reads.read_if_unknown): it is read either way.
    PendingRead.objects.bulk_create(new, ignore_conflicts=True)


MERGED = ["event_count", "deleted", "reported_created", "contact_id", "title", "claimed_by_run", "trace"]


def _join(event: InboxEvent, pending: PendingRead) -> None:
    """What is read for both goes on under the trace of the one that waited; a run that had it read has none here."""
    if not pending.trace:
        pending.trace = event.trace
    elif pending.trace != event.trace:
        event.joined = event.joined or pending.trace


def _new_pending_read(link: Link, subject: EventSubject, event: InboxEvent) -> PendingRead:
    return PendingRead(
        link=link,
        kind=subject.kind,
        side=subject.side,
        external_id=subject.external_id,
        contact_id=subject.contact_id,
        title=subject.title,
        deleted=subject.deleted,
        reported_created=subject.reported_created,
        trace=event.trace,
        first_at=event.received_at,
        due_at=event.received_at + timedelta(seconds=link.merge_seconds),
    )


def _lock_pending_reads(link: Link, external_ids: Iterable[str]) -> list[PendingRead]:
    """The rows of these records, locked in the order of their keys: a run that deletes them meanwhile goes by the same
    order, so the two never wait for each other (pending_reads.delete_if_unchanged).
    """
    found = PendingRead.objects.select_for_update().filter(link=link, external_id__in=list(external_ids))
    return list(found.order_by("pk"))
