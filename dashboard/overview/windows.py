"""The windows of time that the overview's charts show, cut into columns that lie on the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast, Left
from django.utils import timezone

from dashboard.clock import start_of_today


@dataclass(frozen=True)
class Window:
    """`step` is the width of a column, `words` what it is called. Every `labelled` columns the axis names the time, by
    `clock`.
    """

    label: str
    sentence: str
    words: str
    step: timedelta
    columns: int
    labelled: int
    clock: str = "%H:%M"

    @property
    def end(self) -> datetime:
        """Where the column that is under way now ends. Columns are counted from midnight, so they lie on the clock."""
        # In UTC, in which no hour is left out or comes twice.
        midnight = start_of_today().astimezone(UTC)
        return midnight + self.step * ((timezone.now() - midnight) // self.step + 1)

    @property
    def start(self) -> datetime:
        return self.end - self.step * self.columns


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WINDOWS = {
    "6h": Window("6 h", "the last 6 hours", "quarter of an hour", 15 * MINUTE, 24, 4),
    "24h": Window("24 h", "the last 24 hours", "half hour", 30 * MINUTE, 48, 8),
    "7d": Window("7 d", "the last 7 days", "6 hours", 6 * HOUR, 28, 4, "%a"),
    "30d": Window("30 d", "the last 30 days", "day", DAY, 30, 5, "%-d %b"),
}
STANDARD = "24h"


def cut_into_slots(rows: QuerySet[Any], column: str, window: Window) -> QuerySet[Any]:
    """Rows since the window began, by the `slot` of their time, `2026-11-27 05:10`; place_of adds up the rest."""
    recent = rows.order_by().filter(**{f"{column}__gte": window.start})
    # Both databases write a time like this, in UTC. Django's Trunc would call Python for every row of SQLite's, which
    # takes a second for the runs of a month.
    cut: QuerySet[Any] = recent.annotate(slot=Left(Cast(column, CharField()), len("2026-11-27 05:10")))
    return cut


def place_of(slot: str, start: datetime, window: Window) -> int:
    """Which column a slot lies in. What happened while this was computed lies just behind the last."""
    moment = datetime.fromisoformat(slot).replace(tzinfo=UTC)
    return min(max(int((moment - start) / window.step), 0), window.columns - 1)


def name_times(start: datetime, window: Window) -> list[str]:
    """The axis below, from left to right."""
    moments = (start + window.step * place for place in range(0, window.columns, window.labelled))
    return [*(timezone.localtime(one).strftime(window.clock) for one in moments), "now"]
