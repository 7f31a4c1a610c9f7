"""When what failed for now is tried again: eight times over a day."""

import random
from datetime import timedelta

MINUTES = (1, 5, 15, 60, 120, 240, 480, 520)
"""Pauses before each further try; together about 24 hours."""


def pause_before(tries: int) -> timedelta | None:
    """How long to wait after so many failed tries; None when that was the last one."""
    if tries > len(MINUTES):
        return None
    # Jitter spreads what failed together.
    return timedelta(minutes=MINUTES[tries - 1] * random.uniform(0.8, 1.2))  # noqa: S311
