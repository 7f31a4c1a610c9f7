"""Runs that take much longer than the link's own runs of that kind."""

from collections.abc import Iterator
from datetime import timedelta

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import one_line
from integration.models import Alert, Run, RunStatus

# The history: the newest runs of the same kind that came to their end; fewer say nothing.
LOOKED_AT, LEAST_RUNS = 20, 5
MUCH_LONGER, LEAST = 3, timedelta(minutes=10)
AT_WORK = (RunStatus.RUNNING, RunStatus.WAITING)
ENDED_WELL = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


def watch_runs() -> Iterator[Condition]:
    for run in Run.objects.filter(status__in=AT_WORK, started_at__isnull=False).select_related("link"):
        usual = usual_time(run)
        taken = timedelta(seconds=run.seconds)
        if usual and run.started_at and taken > max(usual * MUCH_LONGER, LEAST):
            name, kind = one_line(run.link.name), run.get_kind_display().lower()
            wait = f" It waits: {run.wait_reason}." if run.status == RunStatus.WAITING and run.wait_reason else ""
            yield Condition(
                "run_long",
                f"run:{run.pk}",
                run.started_at,
                f"{name}: run {run.pk} takes much longer than usual",
                f"It works since {_minutes(taken)}; {kind} runs of this link usually take {_minutes(usual)}.{wait}",
                "Its page shows how far it is. It may be cancelled: the next one goes on from there.",
                "run",
                str(run.pk),
                link=run.link,
            )


def end_of_run(alert: Alert) -> str | None:
    run = Run.objects.filter(pk=int(alert.key)).first()
    if run is None:
        return ""
    if not run.is_finished:
        return None
    return f"It ended after {_minutes(timedelta(seconds=run.seconds))}: {run.get_status_display().lower()}."


def usual_time(run: Run) -> timedelta | None:
    """What all but the longest two of its like took; None before enough of them ended."""
    ended = Run.objects.filter(link=run.link_id, kind=run.kind, dry_run=run.dry_run, status__in=ENDED_WELL)
    newest = ended.filter(started_at__isnull=False, finished_at__isnull=False).order_by("-pk")[:LOOKED_AT]
    taken = sorted(one.seconds for one in newest.only("started_at", "finished_at"))
    if len(taken) < LEAST_RUNS:
        return None
    return timedelta(seconds=taken[-3])


def _minutes(taken: timedelta) -> str:
    seconds = taken.total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
