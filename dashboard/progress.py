"""How far a run is: share, speed, time left."""

from dataclasses import dataclass

from integration.models import Run


@dataclass(frozen=True)
class Progress:
    """`per_second` over the working time; `left` in seconds; either is None when it cannot be said yet."""

    done: int
    total: int | None
    per_second: float | None
    left: float | None


def progress_of(run: Run) -> Progress:
    worked = run.active_seconds or run.seconds
    speed = run.examined / worked if worked >= 1 and run.examined else None
    left = (run.total - run.examined) / speed if run.total and speed and run.is_active else None
    return Progress(run.examined, run.total, speed, max(0.0, left) if left is not None else None)
