"""How far a run is: share, speed, time left, and whether it waits for a person or gives no sign of life."""

from dataclasses import dataclass

from django.utils import timezone

from integration.models import Run, RunStatus

# Seconds without a sign of life after which the page says so.
SILENT_AFTER = 120


@dataclass(frozen=True)
class Progress:
    """People of whom the run decided, each counted once, of how many; `total` is None while that cannot be said.

    `per_second` over the working time and `left` in seconds, both only while it works; None when they cannot be said.
    `silent`: seconds without a sign of life, None while there are some.
    """

    done: int
    total: int | None
    per_second: float | None = None
    left: float | None = None
    silent: float | None = None


def progress_of(run: Run) -> Progress:
    done = max(0, run.examined - run.met_again)
    # What a run is to decide is counted before it begins; people who come meanwhile make it more than that.
    total = run.total if run.is_active else run.people
    total = total if total and total >= done else None
    # A run that waits or is paused decides nobody, so it has neither speed nor end.
    worked = (run.active_seconds or run.seconds) if run.status == RunStatus.RUNNING else 0.0
    speed = done / worked if worked >= 1 and done else None
    left = (total - done) / speed if total and speed else None
    return Progress(done, total, speed, left if left and left >= 1 else None, _silent(run))


def _silent(run: Run) -> float | None:
    if run.status != RunStatus.RUNNING or not run.alive_at:
        return None
    seconds = (timezone.now() - run.alive_at).total_seconds()
    return seconds if seconds > SILENT_AFTER else None


def waits_for_confirmation(run: Run) -> bool:
    """Whether it stopped because it wants to change more than its link allows without a person's yes."""
    return run.status == RunStatus.PAUSED and run.error_code == "change_cap"


def is_still_writing(run: Run) -> bool:
    """Whether a paused run is at the last of what was under way: somebody holds its link still."""
    return run.is_paused and run.link.is_leased()
