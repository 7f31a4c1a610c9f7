"""How far a run is: share, speed, time left, and whether it waits for a person or gives no sign of life."""

from dataclasses import dataclass

from django.utils import timezone

from integration.models import Run, RunStatus

SILENT_AFTER = 120
"""Seconds without a sign of life after which the page says so."""


@dataclass(frozen=True)
class Progress:
    """`per_second` over the working time; `left` in seconds; either is None when it cannot be said yet.

    `silent`: seconds without a sign of life, None while there are some.
    """

    done: int
    total: int | None
    per_second: float | None
    left: float | None
    silent: float | None = None


def progress_of(run: Run) -> Progress:
    worked = run.active_seconds or run.seconds
    speed = run.examined / worked if worked >= 1 and run.examined else None
    left = (run.total - run.examined) / speed if run.total and speed and run.is_active else None
    return Progress(run.examined, run.total, speed, max(0.0, left) if left is not None else None, _silent(run))


def _silent(run: Run) -> float | None:
    if run.status != RunStatus.RUNNING or not run.alive_at:
        return None
    seconds = (timezone.now() - run.alive_at).total_seconds()
    return seconds if seconds > SILENT_AFTER else None


def waits_for_confirmation(run: Run) -> bool:
    """Whether it stopped because it wants to change more than its link allows without a person's yes."""
    return run.status == RunStatus.PAUSED and run.error_code == "change_cap"
