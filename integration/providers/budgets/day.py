"""The day's allowance: what is left of it, how long that lasts, and the rest that is kept for who must not wait.

GHL tells what is left with every answer; its day is taken to be the UTC day (docs/ghl-api.md#rate-limits). The
most that was left today stands for the whole day.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from integration.providers.budgets.document import Document, look_at, look_at_all

DAY, HOUR, SLOT = 86_400, 3_600, 300
# Below this share of the day the patient purposes stop, so that persons and live events still can call.
KEPT_OF_DAY = 0.1
PATIENT = ("sweep", "backfill")


@dataclass(frozen=True)
class Forecast:
    """`left_today` None: the provider said nothing today. `runs_out_at` None: not before the next day begins.
    `most_today` is the most that was left today, which stands for the whole day.
    """

    left_today: int | None
    per_hour: int
    runs_out_at: datetime | None
    most_today: int | None = None

    @property
    def begins_again_at(self) -> datetime:
        """When the next day begins."""
        return datetime.fromtimestamp(next_day(time.time()), UTC)


def forecast_day(account: str) -> Forecast:
    """How long the account's day lasts at the pace of the last hour."""
    return forecast_days([account])[account]


def forecast_days(accounts: Iterable[str]) -> dict[str, Forecast]:
    """The forecasts of several accounts, by account."""
    now = time.time()
    return {account: _forecast(doc, now) for account, doc in look_at_all(accounts).items()}


def _forecast(doc: Document, now: float) -> Forecast:
    left, pace = left_today(doc, now), _per_hour(doc, now)
    most = None if left is None else int(doc["day"][2])
    return Forecast(left, round(pace), _runs_out(left, pace, now), most)


def daily_remaining(account: str) -> int | None:
    """Calls left today as the provider last said; None when it did not say."""
    return left_today(look_at(account), time.time())


def left_today(doc: Document, now: float) -> int | None:
    day, left, _ = doc.get("day", (None, None, None))
    return left if day == int(now // DAY) else None


def note_left(doc: Document, left: int, now: float) -> None:
    today = int(now // DAY)
    day, _, most = doc.get("day", (None, 0, 0))
    doc["day"] = [today, left, max(left, most) if day == today else left]
    if left <= 0:
        doc["blocked"], doc["why"] = next_day(now), "daily"


def is_kept_from(doc: Document, purpose: str, now: float) -> bool:
    """Whether what is left of the day is not for this purpose."""
    left = left_today(doc, now)
    return purpose in PATIENT and left is not None and left < doc["day"][2] * KEPT_OF_DAY


def count_calls(doc: Document, answered: list[float], now: float) -> None:
    """Add calls to the pace of the last hour."""
    slots = {slot: calls for slot, calls in doc.get("pace", ()) if (slot + 1) * SLOT > now - HOUR}
    for at in answered:
        slots[int(at // SLOT)] = slots.get(int(at // SLOT), 0) + 1
    doc["pace"] = sorted(slots.items())


def next_day(now: float) -> float:
    return (now // DAY + 1) * DAY


def _per_hour(doc: Document, now: float) -> float:
    """Calls per hour; an account that began to be used lately is judged by the time since then."""
    slots = [(slot, calls) for slot, calls in doc.get("pace", ()) if (slot + 1) * SLOT > now - HOUR]
    if not slots:
        return 0.0
    since = max(now - HOUR, slots[0][0] * SLOT)
    return float(sum(calls for _, calls in slots) * HOUR / max(SLOT, now - since))


def _runs_out(left: int | None, per_hour: float, now: float) -> datetime | None:
    if left is None or (left > 0 and not per_hour):
        return None
    at = now + (left / per_hour * HOUR if left > 0 else 0)
    return datetime.fromtimestamp(at, UTC) if at < next_day(now) else None
