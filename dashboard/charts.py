"""Charts as SVG parts: rectangles with attributes, coloured by class, so that no inline style is needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard.grants import visible
from integration.models import Run

SERIES = ("created", "updated", "failed")
BUCKETS, MINUTES = 48, 30


@dataclass(frozen=True)
class Bar:
    """One part of a column, in a box 1000 wide and 100 high."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """`ticks` from the top down, `hours` from left to right; `words` says the same to who cannot see it."""

    bars: list[Bar]
    ticks: list[int]
    hours: list[str]
    words: str


def build_throughput_chart() -> Chart:
    """What runs wrote per half hour over the last 24 hours, by the time they began."""
    start = timezone.localtime() - timedelta(minutes=BUCKETS * MINUTES)
    rows = visible(Run.objects.filter(created_at__gte=start, dry_run=False))
    # Summed here and not in the database: Django cuts times into hours or minutes, but not into half hours.
    columns = _sum_columns(rows.order_by().values_list("created_at", *SERIES), start)
    top = _round_up(max(sum(column) for column in columns))
    bars = [bar for place, column in enumerate(columns) for bar in _stack_bars(place, column, top)]
    hours = [f"{start + timedelta(hours=hour):%H:%M}" for hour in range(0, 24, 4)]
    return Chart(bars, [top * quarter // 4 for quarter in (4, 3, 2, 1, 0)], [*hours, "now"], _describe_totals(columns))


def _sum_columns(rows: Iterable[Any], start: datetime) -> list[list[int]]:
    """Sums of (moment, created, updated, failed) per half hour."""
    columns = [[0] * len(SERIES) for _ in range(BUCKETS)]
    for began, *numbers in rows:
        place = int((began - start).total_seconds() // (MINUTES * 60))
        # A run that began while this was computed lies just behind the last column.
        column = columns[min(max(place, 0), BUCKETS - 1)]
        for series, number in enumerate(numbers):
            column[series] += number
    return columns


def _round_up(number: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200, …: figures that divide into four."""
    # The axis has five ticks, so its top must divide into four whole numbers.
    top = 4
    while top < number:
        top = top * 5 // 2 if str(top)[0] == "8" else top * 2
    return top


def _stack_bars(place: int, column: Sequence[int], top: int) -> Iterable[Bar]:
    width, below = 1000 / BUCKETS, 0.0
    for name, number in zip(SERIES, column, strict=True):
        height = 100 * number / top
        if number:
            yield Bar(name, round(place * width + 2.5, 1), round(100 - below - height, 1), 15.8, round(height, 1))
        below += height


def _describe_totals(columns: Sequence[Sequence[int]]) -> str:
    totals = [sum(column[series] for column in columns) for series in range(len(SERIES))]
    totals_in_words = ", ".join(f"{number:,} {name}" for name, number in zip(SERIES, totals, strict=True))
    return f"Records per half hour over the last 24 hours: {totals_in_words} in all."
