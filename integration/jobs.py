"""What workers run. Jobs take ids, may be delivered twice, and are one call into the domain each."""

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings

from integration.alerts import deliver
from integration.alerts.watch import watch_conditions
from integration.causes.group import close_quiet_problems, group_earlier_failures
from integration.checks.facts import read_due_facts
from integration.connections.fields import read_old_fields
from integration.encryption.rotate import rotate_all
from integration.outage import DATABASE_ERRORS, connection_is_lost, wait_for_database
from integration.problems.pause import pause_failing_workflows
from integration.queue import enqueue, is_stopping
from integration.retention.prune import prune_due
from integration.runs.imports.check_ahead import continue_check
from integration.runs.imports.files import remove_orphans
from integration.runs.recover import process_name, recover_lost_runs, release_own_leases
from integration.runs.schedule import start_due_retries, start_due_runs
from integration.runs.turns import is_superseded, queue_next_slice
from integration.runs.work import work_one_slice
from integration.webhooks.backlog import call_missed_workers
from integration.webhooks.process import process_link, process_waiting_links
from integration.webhooks.spool import drain_spool

logger = logging.getLogger(__name__)

# A slice ends after RUN_SLICE_SECONDS, and a job is ended after 80 s (Q_CLUSTER).
OUTAGE_SECONDS = 30.0
# What a job that works on a run spends at most on the webhooks of others before.
WEBHOOK_SECONDS = 5.0

# Periodic jobs and how many minutes lie between them.
SCHEDULES = {"watch": 1}


def is_handed_on(job: Callable[..., None]) -> Callable[..., None]:
    """A job that a worker took and is to stop before it began goes back to the queue. One whose database goes away in
    the middle comes again as soon as that is back, and not when the watchdog looks a minute later.
    """

    @wraps(job)
    def work(pk: int, *more: str) -> None:
        if is_stopping():
            enqueue(job.__name__, pk, *more)
            return
        try:
            job(pk, *more)
        except DATABASE_ERRORS as problem:
            if not connection_is_lost():
                raise
            logger.warning("%s %s: the database went away (%s)", job.__name__, pk, type(problem).__name__)
            if not wait_for_database(OUTAGE_SECONDS):
                raise
            release_own_leases()
            enqueue(job.__name__, pk)

    return work


# The queue holds these functions by name: a job that was queued before an upgrade must find its function after it, so a
# new name leaves jobs behind.
@is_handed_on
def work_on_run(run_id: int, seen: str = "") -> None:
    """One slice of a run; the next one is queued while there is more to do. `seen` is the run's last sign of life when
    this was queued.

    Webhooks go first, wherever their own jobs stand in the queue.
    """
    process_waiting_links(process_name(), WEBHOOK_SECONDS)
    if not is_superseded(run_id, seen) and not work_one_slice(run_id, process_name(), settings.RUN_SLICE_SECONDS):
        queue_next_slice(run_id)


@is_handed_on
def check_import(file_id: int) -> None:
    """A slice of the check of an imported file."""
    if not continue_check(file_id, settings.RUN_SLICE_SECONDS):
        enqueue("check_import", file_id)


@is_handed_on
def live(link_id: int) -> None:
    """What webhooks said about a link."""
    process_link(link_id, process_name(), settings.RUN_SLICE_SECONDS)


@is_handed_on
def send_alert(delivery_id: int) -> None:
    """What is due to the recipient of a message about an alert."""
    deliver.send_alert(delivery_id)


def rotate_secrets() -> None:
    """Every stored secret under the newest key; begun anew after a kill, it finds what is left."""
    counts = rotate_all()
    logger.info(
        "secrets under the newest key: %s re-encrypted, %s cannot be read", counts["rotated"], counts["unreadable"]
    )


def watch() -> None:
    """Take up what was lost, start what is due."""
    # What goes wrong with one of them must not keep the others from their work, minute after minute.
    for step in (
        drain_spool,
        recover_lost_runs,
        call_missed_workers,
        start_due_retries,
        start_due_runs,
        group_earlier_failures,
        close_quiet_problems,
        pause_failing_workflows,
        read_old_fields,
        watch_conditions,
        deliver.send_due,
        read_due_facts,
        remove_orphans,
        prune_due,
    ):
        try:
            step()
        except Exception:
            logger.exception("the watchdog could not finish %s", step.__name__)
