"""What workers run. Jobs take ids, may be delivered twice, and are one call into the domain each."""

from django.conf import settings

from integration import alerts
from integration.models import Run
from integration.queue import enqueue
from integration.sync import live as live_
from integration.sync import runs
from integration.webhooks.spool import drain_spool

SCHEDULES = {"watch": 1}
"""Periodic jobs and how many minutes lie between them."""


def work_on_run(run_id: int) -> None:
    """One slice of a run; the next one is queued while there is more to do."""
    finished = runs.work(run_id, runs.process_name(), settings.RUN_SLICE_SECONDS)
    if finished:
        return
    run = Run.objects.select_related("link").get(pk=run_id)
    if run.is_active and not run.wait_until and not run.link.lease_owner:
        enqueue("work_on_run", run_id)


def live(link_id: int) -> None:
    """What webhooks said about a link."""
    live_.work(link_id, runs.process_name(), settings.RUN_SLICE_SECONDS)


def send_alert(alert_id: int) -> None:
    """A mail about a login that broke."""
    alerts.send(alert_id)


def watch() -> None:
    """Take up what was lost, start what is due."""
    drain_spool()
    runs.pick_up_lost_runs()
    live_.ring_again()
    runs.retry_due()
    runs.start_due_runs()
    alerts.send_due()
