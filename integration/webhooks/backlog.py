"""What waits on a link because of webhooks, and how a worker is told to come for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Value
from django.utils import timezone

from integration.models import UNFINISHED, EventState, Execution, InboxEvent, Link, PendingRead
from integration.queue import call_worker, enqueue
from integration.workflows import executions


@dataclass(frozen=True)
class Backlog:
    """What waits on a link: stored events not looked at, records to read, workflows begun, and since when."""

    events: int
    pending_reads: int
    workflows: int
    oldest: datetime | None

    @property
    def total(self) -> int:
        return self.events + self.pending_reads + self.workflows


def backlog_of(link: Link) -> Backlog:
    """What waits on the link, counted in one query."""
    events = InboxEvent.objects.filter(state=EventState.WAITING, connection__in=[link.gist_id, link.ghl_id])
    begun = Execution.objects.filter(link=link, state__in=UNFINISHED, due_at__isnull=False)
    waiting = _count_as("events", events, "received_at").union(
        _count_as("pending_reads", PendingRead.objects.filter(link=link), "first_at"),
        _count_as("workflows", begun, "created_at"),
        all=True,
    )
    found = {name: (number, since) for name, number, since in waiting}
    numbers = {name: number for name, (number, _) in found.items()}
    return Backlog(**numbers, oldest=min(filter(None, (since for _, since in found.values())), default=None))


def _count_as(name: str, rows: QuerySet[Any], since: str) -> QuerySet[Any]:
    """One row: the name, how many there are, and since when."""
    named = rows.order_by().annotate(name=Value(name)).values_list("name")
    counted: QuerySet[Any] = named.annotate(number=Count("pk"), since=Min(since))
    return counted


def call_workers(connections: Iterable[int]) -> None:
    """Queue a job for the links of these connections, unless one is waiting already."""
    ids = list(connections)
    call_worker(Link.objects.filter(Q(gist__in=ids) | Q(ghl__in=ids)))


def call_missed_workers() -> int:
    """Queue a job for links with something to do whose job was lost, or whose time has come. Returns how many.

    The watchdog job calls it every minute.
    """
    now = timezone.now()
    waiting = executions.due_by(now).values("link")
    due = PendingRead.objects.filter(due_at__lte=now).values("link")
    # The job of a younger event is most likely on its way still.
    events = InboxEvent.objects.filter(state=EventState.WAITING, received_at__lt=now - timedelta(seconds=5))
    links = Link.objects.filter(enabled=True).filter(
        Q(pk__in=due)
        | Q(pk__in=waiting)
        | Q(gist__in=events.values("connection"))
        | Q(ghl__in=events.values("connection"))
    )
    pks = list(links.values_list("pk", flat=True).distinct())
    for pk in pks:
        # Whatever the flag says: it may stand there from a job that was lost.
        Link.objects.filter(pk=pk).update(worker_called=True)
        enqueue("live", pk)
    return len(pks)
