"""Live: what webhooks say becomes hints, merged per record, and each hint is read, decided and written.

    event stored ─► ring ─► work: unpack (events → hints) ─► wait for the settle window ─► live run takes the hints

An event is only a hint that something may have changed: the record is read, so order, duplicates and missing events
of one record do not matter. While another run works on the link, that run takes the hints (slices.py).
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Min, Q
from django.utils import timezone

from integration import queue
from integration.errors import SetupError
from integration.models import EventState, Hint, InboxEvent, Link, Mode, RunKind
from integration.queue import enqueue
from integration.sync import runs
from integration.sync.hints import Backlog, backlog, unpack
from integration.workflows import executions

__all__ = ["Backlog", "backlog", "ring", "ring_again", "work"]

LONGEST_WAIT = 1.0
"""A worker waits so many seconds for a settle window; longer ones are left to the watchdog."""


def ring(connections: Iterable[int]) -> None:
    """Call a worker for the links of these connections, once until it comes."""
    ids = list(connections)
    queue.ring(Link.objects.filter(Q(gist__in=ids) | Q(ghl__in=ids)))


def ring_again() -> int:
    """For the watchdog: links with something to do whose call was lost, or whose time has come."""
    now = timezone.now()
    waiting = executions.due_by(now).values("link")
    due = Hint.objects.filter(due_at__lte=now).values("link")
    events = InboxEvent.objects.filter(state=EventState.WAITING, received_at__lt=now - timedelta(seconds=5))
    links = Link.objects.filter(enabled=True).filter(
        Q(pk__in=due)
        | Q(pk__in=waiting)
        | Q(gist__in=events.values("connection"))
        | Q(ghl__in=events.values("connection"))
    )
    pks = list(links.values_list("pk", flat=True).distinct())
    for pk in pks:
        Link.objects.filter(pk=pk).update(live_rung=True)
        enqueue("live", pk)
    return len(pks)


def work(link_id: int, owner: str, seconds: float) -> None:
    """Handle what waits on the link, for about `seconds`; what comes meanwhile is handled too."""
    Link.objects.filter(pk=link_id).update(live_rung=False)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # Read anew each time: it may have been paused, or a login may have ended.
        link = Link.objects.select_related("gist", "ghl").get(pk=link_id)
        if not link.enabled:
            return
        unpack(link)
        due = _next_due(link)
        wait = (due - timezone.now()).total_seconds() if due else LONGEST_WAIT + 1
        if wait > LONGEST_WAIT:
            return
        time.sleep(max(0.0, wait))
        if not _handle(link, owner, deadline):
            return


def _next_due(link: Link) -> datetime | None:
    """When there is something to do on the link; None when nothing waits, or the link only watches."""
    if link.mode != Mode.LIVE:
        return None
    hint = Hint.objects.filter(link=link).aggregate(at=Min("due_at"))["at"]
    return min(filter(None, (hint, executions.next_due(link))), default=None)


def _handle(link: Link, owner: str, deadline: float) -> bool:
    """One live run. False when the link is busy or cannot run now: the hints wait for whoever comes next."""
    try:
        run = runs.start(link, RunKind.LIVE, trigger="webhook", queued=False)
    except SetupError:
        return False
    finished = runs.work(run.pk, owner, max(1.0, deadline - time.monotonic()))
    if not finished:
        enqueue("work_on_run", run.pk)
    return finished
