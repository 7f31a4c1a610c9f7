"""Deletes what is older than it is to be kept: once a day for each kind, in batches between which others write."""

import logging
import time
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from integration.models import Retention
from integration.queue import delete_results
from integration.retention.kinds import KINDS, Kind

logger = logging.getLogger(__name__)

# A night's work goes on in the next minute: the job that calls this has others to do.
SECONDS = 15.0
_EVERY = timedelta(days=1)
# Of jobs that failed: django-q keeps those for good.
RESULTS = timedelta(days=30)


def days_by_kind() -> dict[str, int | None]:
    """For how many days each kind is kept, None for good; never fewer than what needs it, such as an undo."""
    chosen = dict(Retention.objects.values_list("kind", "days"))
    days = {key: chosen.get(key, kind.days) for key, kind in KINDS.items()}
    return {key: None if one is None else max(one, KINDS[key].least()) for key, one in days.items()}


def days_of(key: str) -> int | None:
    return days_by_kind()[key]


def set_days(chosen: dict[str, int | None]) -> list[str]:
    """Keep each kind for so many days from now on. Returns in words what changed."""
    lines = []
    with transaction.atomic():
        now = days_by_kind()
        for key, days in chosen.items():
            if days == (before := now[key]):
                continue
            # Looked at again at once: of what is kept for less, more is old.
            Retention.objects.update_or_create(kind=key, defaults={"days": days, **_begin_anew(key)})
            lines.append(f"{KINDS[key].title}: {describe_days(before)} → {describe_days(days)}")
    return lines


def describe_days(days: int | None) -> str:
    if days is None:
        return "for good"
    if days % 365 == 0:
        return "1 year" if days == 365 else f"{days // 365} years"
    return "1 day" if days == 1 else f"{days} days"


def prune_due(seconds: float = SECONDS) -> int:
    """Work on every kind whose day has come, for so many seconds at most. Returns how many rows went."""
    ends_at, rows = time.monotonic() + seconds, 0
    a_day_ago = timezone.now() - _EVERY
    for kind in KINDS.values():
        row, _ = Retention.objects.get_or_create(kind=kind.key, defaults={"days": kind.days})
        if (row.pruned_at is None or row.pruned_at < a_day_ago) and time.monotonic() < ends_at:
            rows += _prune(kind, row, ends_at)
    return rows


def _prune(kind: Kind, row: Retention, ends_at: float) -> int:
    """Go on with the work of this day, or begin it. Returns how many rows went now."""
    if row.pruned_at:
        for name, value in _begin_anew(kind.key).items():
            setattr(row, name, value)
    before_now, days, is_last = row.pruned_rows, days_of(kind.key), False
    while days is not None and not is_last:
        with transaction.atomic():
            batch = kind.prune(timezone.now() - timedelta(days=days), row.pruned_to)
        row.pruned_rows, row.pruned_to, is_last = row.pruned_rows + batch.rows, batch.to, batch.is_last
        # Kept, so that the next minute does not look again at all the old rows that stay.
        if not _keep_progress(row) or (not is_last and time.monotonic() > ends_at):
            return row.pruned_rows - before_now
    _finish_day(kind, row, days)
    return row.pruned_rows - before_now


def _begin_anew(key: str) -> dict[str, Any]:
    """What stands in the row before the first batch of a day."""
    return {"pruned_at": None, "pruned_rows": 0, **({} if KINDS[key].goes_on else {"pruned_to": 0})}


def _keep_progress(row: Retention) -> bool:
    """False where somebody chose other days meanwhile: all begins anew then, and nothing more goes by the old ones."""
    still = Retention.objects.filter(pk=row.pk, days=row.days)
    return still.update(pruned_at=row.pruned_at, pruned_rows=row.pruned_rows, pruned_to=row.pruned_to) > 0


def _delete_what_is_over() -> None:
    """Sessions that ended, and old results of jobs."""
    call_command("clearsessions", verbosity=0)
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    delete_results(timezone.now() - RESULTS)


def _finish_day(kind: Kind, row: Retention, days: int | None) -> None:
    if kind.key == "log":
        _delete_what_is_over()
    row.pruned_at = timezone.now()
    _keep_progress(row)
    if row.pruned_rows:
        logger.info("%s: %s rows older than %s were deleted", kind.title, row.pruned_rows, describe_days(days))
