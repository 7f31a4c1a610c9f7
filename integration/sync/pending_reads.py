"""Records that may have changed and are to be read: claimed by a run, deleted with its result, or read later."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from integration.models import Link, PendingRead, Run, Snapshot
from integration.retry_schedule import pause_after
from integration.sync.joined_traces import join_traces
from integration.trace import begin_trace, current_trace

# As many as are read before their results are recorded and the run looks at its time again.
CLAIMED_AT_ONCE = 50


def claim_due(run: Run) -> list[PendingRead]:
    """Pending reads that are due and that this run has not claimed yet."""
    due = PendingRead.objects.filter(link=run.link, due_at__lte=timezone.now()).exclude(claimed_by_run=run.pk)
    # Oldest event first, so that nobody waits behind news that keeps coming.
    claimed = list(due.order_by("first_at", "pk")[:CLAIMED_AT_ONCE])
    if claimed:
        PendingRead.objects.filter(pk__in=[one.pk for one in claimed]).update(claimed_by_run=run.pk)
    return claimed


def any_due(run: Run) -> bool:
    """Whether there is something that this run could claim."""
    due = PendingRead.objects.filter(link=run.link, due_at__lte=timezone.now())
    return due.exclude(claimed_by_run=run.pk).exists()


def release_claimed(run: Run) -> None:
    """What this run claimed before it was interrupted is free again."""
    PendingRead.objects.filter(link=run.link, claimed_by_run=run.pk).update(claimed_by_run=0)


def delete_if_unchanged(pending_reads: Iterable[PendingRead]) -> None:
    """Delete each row whose event_count is unchanged since it was claimed: an event that came meanwhile keeps it."""
    # In the order in which webhooks/unpack.py locks the rows, so that the two never wait for each other.
    for pending in sorted(pending_reads, key=lambda pending: pending.pk):
        PendingRead.objects.filter(pk=pending.pk, event_count=pending.event_count).delete()


def postpone(pending_reads: Iterable[PendingRead]) -> None:
    """Have those read again that could not be: in a minute, then ever more rarely, at least once a day."""
    # Never given up: an event came once, and nothing else tells what it was about.
    now = timezone.now()
    for pending in pending_reads:
        due_at = now + pause_after(now - pending.first_at)
        PendingRead.objects.filter(pk=pending.pk).update(due_at=due_at, claimed_by_run=0)


def read_later(link: Link, side: str, external_ids: Iterable[str]) -> None:
    """Have these contacts read by themselves in a minute: what came of them with others could not be taken in."""
    now = timezone.now()
    rows = [_new_read(link, side, one, now, due_at=now + pause_after(timedelta())) for one in external_ids]
    PendingRead.objects.bulk_create(rows, ignore_conflicts=True)


def _new_read(link: Link, side: str, external_id: str, now: datetime, **more: Any) -> PendingRead:
    """Part of what an event brought about, where one is followed now."""
    columns = {"due_at": now, "trace": current_trace(), **more}
    return PendingRead(link=link, side=side, external_id=external_id, first_at=now, **columns)


def request_read(link: Link, side: str, external_id: str, owner: str = "") -> None:
    """Have a contact read and decided now because a person asked for it; with an `owner`, that side's values stand."""
    now, trace = timezone.now(), begin_trace()
    asked = {"requested": True, "owner": owner, "due_at": now, "claimed_by_run": 0, "trace": trace}
    pending, made = PendingRead.objects.get_or_create(
        link=link, kind="contact", side=side, external_id=external_id, defaults={**asked, "first_at": now}
    )
    if not made:
        # A run that reads it now sees by the count that something came meanwhile.
        PendingRead.objects.filter(pk=pending.pk).update(**asked, event_count=F("event_count") + 1)
        # The request is found by its own trace; the events that were to be read anyway go on under it.
        join_traces([pending.trace], trace)


def forget_requests(run: Run, people: Iterable[Mapping[str, str]]) -> None:
    """What was asked for is being done by a run of its own; a dry run does nothing."""
    if run.dry_run:
        return
    for ids in people:
        for side, external_id in ids.items():
            mine = PendingRead.objects.filter(link=run.link, kind="contact", side=side, external_id=external_id)
            mine.filter(requested=True).delete()


def read_if_unknown(link: Link, ghl_id: str) -> None:
    """Have a GHL contact read whose task, note or appointment was reported, unless it is known."""
    if ghl_id and not Snapshot.objects.filter(link=link, side="ghl", external_id=ghl_id).exists():
        read_again(link, "ghl", [ghl_id])


def read_again(link: Link, side: str, external_ids: Iterable[str]) -> None:
    """Have these contacts read by id, now."""
    now, ids = timezone.now(), list(external_ids)
    if not ids:
        return
    rows = [_new_read(link, side, one, now) for one in ids]
    PendingRead.objects.bulk_create(rows, ignore_conflicts=True)
    # As another event would: what is reading the record just now may have read it before the edit.
    known = PendingRead.objects.filter(link=link, kind="contact", side=side, external_id__in=ids)
    known.update(event_count=F("event_count") + 1, claimed_by_run=0, due_at=now)


def verify_missing(link: Link, side: str, external_ids: Iterable[str]) -> None:
    """Contacts that a read did not find: each is asked for by id, now, before it is believed to be deleted."""
    now, ids = timezone.now(), list(external_ids)
    if not ids:
        return
    rows = [_new_read(link, side, one, now, deleted=True) for one in ids]
    PendingRead.objects.bulk_create(rows, ignore_conflicts=True)
    # One that failed before waits for its next try: there is news of it, so that is now.
    known = PendingRead.objects.filter(link=link, kind="contact", side=side, external_id__in=ids, due_at__gt=now)
    known.update(due_at=now, claimed_by_run=0)
