"""When a failed person is tried again: eight times over a day for what may pass, never for what cannot."""

import random
from datetime import datetime, timedelta

from integration.errors import ProviderError, Retryable, Unexpected
from integration.models import Snapshot

MINUTES = (1, 5, 15, 60, 120, 240, 480, 520)
"""Pauses before each further try; together about 24 hours."""


def climb(snapshot: Snapshot, error: ProviderError, now: datetime) -> None:
    """Note a failed try. After the last one the person is parked: kept, and tried again when something changes."""
    snapshot.tries += 1
    if not isinstance(error, Retryable | Unexpected) or snapshot.tries > len(MINUTES):
        snapshot.parked, snapshot.retry_at = True, None
        return
    # Jitter spreads what failed together.
    minutes = MINUTES[snapshot.tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    snapshot.retry_at = now + timedelta(minutes=minutes)


def step_off(snapshot: Snapshot) -> None:
    """It succeeded, or it changed: what failed before says nothing any more."""
    snapshot.tries, snapshot.retry_at, snapshot.parked = 0, None, False
