"""The windows of time that the overview's charts show, cut into columns that lie on the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Trunc
from django.utils import timezone

from dashboard.clock import start_of_today


@dataclass(frozen=True)
class Window:
    """`step` is the width of a column, `words` what it is called. `unit` is what the database cuts times into: no
    coarser than a column. Every `labelled` columns the axis names the time, by `clock`.
    """

    label: str
    sentence: str
    words: str
    step: timedelta
    columns: int
    unit: str
    labelled: int
    clock: str = "%H:%M"

    @property
    def end(self) -> datetime:
        """Where the column that is under way now ends. Columns are counted from midnight, so they lie on the clock."""
        midnight = start_of_today()
        return midnight + self.step * ((timezone.now() - midnight) // self.step + 1)

    @property
    def start(self) -> datetime:
        return self.end - self.step * self.columns


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WINDOWS = {
    "6h": Window("6 h", "the last 6 hours", "quarter of an hour", 15 * MINUTE, 24, "minute", 4),
    "24h": Window("24 h", "the last 24 hours", "half hour", 30 * MINUTE, 48, "minute", 8),
    "7d": Window("7 d", "the last 7 days", "6 hours", 6 * HOUR, 28, "hour", 4, "%a"),
    "30d": Window("30 d", "the last 30 days", "day", DAY, 30, "hour", 5, "%-d %b"),
}
STANDARD = "24h"


def cut_into_slots(rows: QuerySet[Any], column: str, window: Window) -> QuerySet[Any]:
    """Rows since the window began, by the `slot` of their time: a grouping that both databases know."""
    recent = rows.order_by().filter(**{f"{column}__gte": window.start})
    # Django cuts times into hours or minutes, but not into half hours: the rest is added up in place_of.
    cut: QuerySet[Any] = recent.annotate(slot=Trunc(column, window.unit, output_field=DateTimeField()))
    return cut


def place_of(moment: datetime, start: datetime, window: Window) -> int:
    """Which column a time lies in. What happened while this was computed lies just behind the last."""
    return min(max(int((moment - start) / window.step), 0), window.columns - 1)


def name_times(start: datetime, window: Window) -> list[str]:
    """The axis below, from left to right."""
    moments = (start + window.step * place for place in range(0, window.columns, window.labelled))
    return [*(timezone.localtime(one).strftime(window.clock) for one in moments), "now"]
