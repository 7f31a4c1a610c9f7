"""Where a person stands on the retry ladder."""

from datetime import datetime

from integration.errors import ProviderError, Retryable, Unexpected
from integration.ladder import pause_before
from integration.models import Snapshot


def climb(snapshot: Snapshot, error: ProviderError, now: datetime) -> None:
    """Note a failed try. After the last one the person is parked: kept, and tried again when something changes.

    What cannot pass is parked at once.
    """
    snapshot.tries += 1
    pause = pause_before(snapshot.tries) if isinstance(error, Retryable | Unexpected) else None
    snapshot.parked, snapshot.retry_at = pause is None, now + pause if pause else None


def step_off(snapshot: Snapshot) -> None:
    """It succeeded, or it changed: what failed before says nothing any more."""
    snapshot.tries, snapshot.retry_at, snapshot.parked = 0, None, False
