"""When somebody whose writing failed is tried again: after growing pauses, about a day long (retry_schedule.py)."""

from datetime import datetime

from django.db.models import QuerySet

from integration.errors import ProviderError, Retryable, Unexpected
from integration.models import Snapshot
from integration.retry_schedule import RECORDS, pause_before


def schedule_retry(snapshot: Snapshot, error: ProviderError, now: datetime) -> None:
    """Count a failed try and set when the next one is due.

    After the last try the person is parked: kept as work, and tried again when the record changes, a person asks, or
    what stood in the way may be mended (runs/mended.py, sync/blockers.py).
    """
    snapshot.tries += 1
    # An error that waiting cannot mend, such as a refused value, parks at once: trying it again would only cost calls.
    pause = pause_before(snapshot.tries, RECORDS) if isinstance(error, Retryable | Unexpected) else None
    snapshot.parked, snapshot.retry_at = pause is None, now + pause if pause else None


def release_parked(snapshots: QuerySet[Snapshot]) -> None:
    """Have those of them who are parked tried by the next run that reads: what stood in their way may be gone."""
    snapshots.filter(parked=True).update(parked=False, retry_at=None)


def clear_retry(snapshot: Snapshot) -> None:
    """Forget failed tries, because a try succeeded or the record changed since."""
    snapshot.tries, snapshot.retry_at, snapshot.parked = 0, None, False
