"""Runs that start by themselves: retries whose time has come, incremental runs, the daily sweep."""

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from integration.errors import SetupError
from integration.models import READING, Link, Outcome, RunKind, Snapshot
from integration.records import SIDES
from integration.runs.start import retry_people, start_run

logger = logging.getLogger(__name__)


def start_due_retries() -> int:
    """Start retries of people whose next try has come. Returns for how many links."""
    due = Snapshot.objects.filter(retry_at__lte=timezone.now(), undecided__isnull=False, parked=False)
    started = 0
    for link in Link.objects.select_related("gist", "ghl").filter(enabled=True, pk__in=due.values("link")):
        ids = {
            side: list(due.filter(link=link, side=side).values_list("external_id", flat=True)[:500]) for side in SIDES
        }
        # A retry is about failures in the log: it links the new entry to them and resolves them.
        about = Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])
        failures = list(link.log_entries.filter(about, kind="contact", outcome=Outcome.FAILED, resolved_at=None))
        try:
            started += bool(failures and retry_people(link, failures, None, trigger="retry"))
        except SetupError as problem:
            logger.info("link %s: nothing retried: %s", link.key, problem)
        except Exception:
            logger.exception("link %s: nothing could be retried", link.key)
    return started


# A sweep starts when everyone was last read longer ago than this. Some webhooks are lost, and changes such as tags may
# not show in an incremental read (docs/ghl-api.md#webhooks, docs/gist-api.md#contacts).
SWEEP_HOURS = 24


def start_due_runs() -> int:
    """Start the runs whose time has come: a sweep when everyone was last read long ago, else an incremental run.

    The first run of a link is started by a person; when a broken login ended it, it is started again after that.
    """
    started = 0
    links = Link.objects.select_related("gist", "ghl").filter(enabled=True).exclude(schedule_minutes=0)
    for link in links:
        last = link.runs.order_by("-id").first()
        if not link.full_run_at and not (last and last.error_code == "reconnect" and not last.dry_run):
            continue
        # Counted from the end of the last reading, so that one that takes longer than the schedule is not followed at
        # once. Other runs read nobody: where webhooks come all the time, the next reading would never be due.
        reading = link.runs.filter(kind__in=READING).order_by("-id").first()
        due = timezone.now() - timedelta(minutes=link.schedule_minutes)
        if last and (last.is_active or (reading and reading.finished_at and reading.finished_at > due)):
            continue
        try:
            old = link.full_run_at and link.full_run_at < timezone.now() - timedelta(hours=SWEEP_HOURS)
            start_run(link, RunKind.SWEEP if old else RunKind.INCREMENTAL, trigger="schedule")
            started += 1
        except SetupError as problem:
            logger.info("link %s: not started: %s", link.key, problem)
        except Exception:
            logger.exception("link %s: no run could be started", link.key)
    return started
