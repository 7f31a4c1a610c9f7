"""From a stored webhook to a written record: what waits on a link is handled, in this order.

    event stored ─► worker called ─► process_link: unpack (events → pending reads) ─► wait until merged ─► live run

An event only says that something may have changed: the record is read, so order, duplicates and missing events of one
record do not matter. While another run works on the link, that run takes the pending reads (runs/listen.py).
"""

import logging
import time
from datetime import datetime

from django.db.models import Min
from django.utils import timezone

from integration.errors import SetupError
from integration.models import EventState, InboxEvent, Link, Mode, PendingRead, RunKind
from integration.outage import DATABASE_ERRORS
from integration.queue import enqueue, is_stopping, links_called_for
from integration.runs.start import AlreadyRunning, start_run
from integration.runs.turns import queue_next_slice
from integration.runs.work import work_one_slice
from integration.webhooks.unpack import unpack_events
from integration.workflows import executions

logger = logging.getLogger(__name__)

# A worker waits so many seconds for events to be merged; longer waits are left to the watchdog.
LONGEST_WAIT = 1.0
# How long a run that waits for its turn is worked on because of webhooks.
BUSY_SECONDS = 2.0


def process_link(link_id: int, owner: str, seconds: float) -> None:
    """Handle what waits on the link, for about `seconds`; what comes meanwhile is handled too."""
    # Before anything is read: an event that comes from now on may be missed below, so it must queue a job again.
    Link.objects.filter(pk=link_id).update(worker_called=False)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_stopping():
        # Read anew each time: it may have been paused, or a login may have ended.
        link = Link.objects.select_related("gist", "ghl").get(pk=link_id)
        if not link.enabled:
            return
        unpack_events(link)
        due = _next_due(link)
        wait = (due - timezone.now()).total_seconds() if due else LONGEST_WAIT + 1
        # Meanwhile this worker could serve other links.
        if wait > LONGEST_WAIT:
            return
        time.sleep(max(0.0, wait))
        if not _run_live(link, owner, deadline):
            return
    # For another worker, or another turn: one would otherwise be called for the next event only.
    enqueue("live", link_id)


def process_waiting_links(owner: str, seconds: float) -> None:
    """Handle what waits on any link for which a worker was called and did not come, for about `seconds`."""
    deadline = time.monotonic() + seconds
    for pk in _longest_waiting_first(links_called_for()):
        left = deadline - time.monotonic()
        if left <= 0 or is_stopping():
            return
        # Who else comes for it meanwhile finds that somebody does.
        if not Link.objects.filter(pk=pk, worker_called=True).update(worker_called=False):
            continue
        try:
            process_link(pk, owner, left)
        except DATABASE_ERRORS:
            raise
        except Exception:
            logger.exception("what waits on link %s could not be handled", pk)


def _longest_waiting_first(links: set[int]) -> list[int]:
    """In the order of their oldest event that nobody looked at; who waits for something else comes last."""
    if len(links) < 2:
        return list(links)
    waiting = InboxEvent.objects.filter(state=EventState.WAITING, connection__isnull=False).order_by()
    oldest = dict(waiting.values_list("connection").annotate(oldest=Min("received_at")))
    now = timezone.now()
    since = {
        pk: min(oldest.get(gist, now), oldest.get(ghl, now))
        for pk, gist, ghl in Link.objects.filter(pk__in=links).values_list("pk", "gist", "ghl")
    }
    return sorted(since, key=lambda pk: since[pk])


def _next_due(link: Link) -> datetime | None:
    """When there is something to do on the link; None when nothing waits, or the link only watches."""
    if link.mode == Mode.WATCH:
        return None
    pending = PendingRead.objects.filter(link=link).aggregate(at=Min("due_at"))["at"]
    return min(filter(None, (pending, executions.next_due(link))), default=None)


def _run_live(link: Link, owner: str, deadline: float) -> bool:
    """One live run, or a slice of the run that waits for its turn. False when the link is worked on or cannot run now:
    the pending reads wait for the next run.
    """
    try:
        run = start_run(link, RunKind.LIVE, trigger="webhook", queued=False)
    except AlreadyRunning as busy:
        # It handles what waits before it goes on; its own job may stand far back in the queue. Not for long: what a
        # backfill writes comes back as webhooks, which must not give it more turns than others have.
        run, deadline = busy.run, min(deadline, time.monotonic() + BUSY_SECONDS)
    except SetupError:
        return False
    # In this process and not by a job of its own: through the queue an edit would arrive later.
    finished = work_one_slice(run.pk, owner, max(1.0, deadline - time.monotonic()))
    if not finished:
        queue_next_slice(run.pk)
    return finished
