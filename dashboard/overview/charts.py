"""The overview's charts as SVG parts: rectangles and lines with attributes, coloured by class, so that no inline style
is needed. Each says the same in a table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Sum, Value
from django.utils import timezone

from dashboard.grants import visible, visible_events
from dashboard.overview.windows import Window, cut_into_slots, name_times, place_of
from integration.models import EventState, InboxEvent, Link, Run

SERIES = ("created", "updated", "failed")
# Of a column's room, the share on each side that stays free.
GAP = 0.12


@dataclass(frozen=True)
class Bar:
    """One series of a column, in a box 1000 wide and 100 high."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Column:
    """What began in a stretch of time. `numbers` are created, updated, failed; `query` finds its entries in the log."""

    since: datetime
    until: datetime
    x: float
    width: float
    numbers: tuple[int, ...]
    bars: tuple[Bar, ...]
    query: str

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True)
class Chart:
    """`ticks` from the top down, `times` from left to right; `words` says in a sentence what is to be seen."""

    columns: list[Column]
    ticks: list[int]
    times: list[str]
    words: str

    @property
    def filled(self) -> list[Column]:
        """Those in which something was written, newest first: the rows of the table."""
        return [one for one in reversed(self.columns) if one.total]


def build_throughput_chart(window: Window, link: Link | None = None) -> Chart:
    """What runs wrote, by the time they began; dry runs write nothing."""
    start = window.start
    rows = visible(Run.objects.filter(dry_run=False, **({"link": link} if link else {})))
    slots = cut_into_slots(rows, "created_at", window).values_list("slot").annotate(*(Sum(name) for name in SERIES))
    numbers = _sum_columns(slots, start, window)
    top = _round_up(max(sum(one) for one in numbers))
    columns = [_build_column(place, one, top, start, window, link) for place, one in enumerate(numbers)]
    return Chart(
        columns,
        [top * quarter // 4 for quarter in (4, 3, 2, 1, 0)],
        name_times(start, window),
        _describe(columns, window),
    )


def _sum_columns(slots: Iterable[Any], start: datetime, window: Window) -> list[tuple[int, ...]]:
    columns = [[0] * len(SERIES) for _ in range(window.columns)]
    for slot, *numbers in slots:
        column = columns[place_of(slot, start, window)]
        for series, number in enumerate(numbers):
            column[series] += number or 0
    return [tuple(one) for one in columns]


def _round_up(number: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200, …: figures that divide into four."""
    # The axis has five ticks, so its top must divide into four whole numbers.
    top = 4
    while top < number:
        top = top * 5 // 2 if str(top)[0] == "8" else top * 2
    return top


def _build_column(
    place: int, numbers: tuple[int, ...], top: int, start: datetime, window: Window, link: Link | None
) -> Column:
    since, width = start + window.step * place, 1000 / window.columns
    x = place * width
    asked = {"began": f"{_minute(since)}/{_minute(since + window.step)}"} | ({"link": link.key} if link else {})
    bars = tuple(_stack_bars(numbers, top, x + width * GAP, width * (1 - 2 * GAP)))
    return Column(since, since + window.step, round(x, 1), round(width, 1), numbers, bars, urlencode(asked))


def _minute(moment: datetime) -> str:
    """In the current time zone, as a person would type it."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def _stack_bars(numbers: Sequence[int], top: int, x: float, width: float) -> Iterable[Bar]:
    below = 0.0
    for name, number in zip(SERIES, numbers, strict=True):
        height = 100 * number / top
        if number:
            yield Bar(name, round(x, 1), round(100 - below - height, 1), round(width, 1), round(height, 1))
        below += height


def _describe(columns: Sequence[Column], window: Window) -> str:
    totals = [sum(column.numbers[series] for column in columns) for series in range(len(SERIES))]
    totals_in_words = ", ".join(f"{number:,} {name}" for name, number in zip(SERIES, totals, strict=True))
    return f"Records per {window.words} over {window.sentence}: {totals_in_words} in all."


# What waits ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BacklogChart:
    """How many stored webhooks waited at the end of each column; `line` and `area` are paths in a box 1000 by 100."""

    levels: list[int]
    ends: list[datetime]
    line: str
    area: str
    words: str

    @property
    def now(self) -> int:
        return self.levels[-1]

    @property
    def most(self) -> int:
        return max(self.levels)

    @property
    def steps(self) -> list[tuple[datetime, int]]:
        """When something waited, newest first: the rows of the table."""
        return [one for one in reversed(list(zip(self.ends, self.levels, strict=True))) if one[1]]


def build_backlog_chart(window: Window, link: Link | None = None) -> BacklogChart:
    """Counted back from what waits now: what was handled since had waited, what came since had not."""
    start, rows = window.start, visible_events(InboxEvent.objects.all())
    if link:
        rows = rows.filter(connection__in=[link.gist_id, link.ghl_id])
    waits = rows.filter(state=EventState.WAITING).order_by().annotate(what=Value("now"))
    slots = (
        _slots_of(rows.filter(state__in=(EventState.WAITING, EventState.DONE)), "received_at", "came", window),
        _slots_of(rows.filter(state=EventState.DONE), "handled_at", "gone", window),
    )
    level, change = 0, [0] * window.columns
    counted = waits.annotate(slot=Value(""))
    for what, slot, number in counted.values_list("what", "slot").annotate(number=Count("pk")).union(*slots, all=True):
        if what == "now":
            level = number
        else:
            change[place_of(slot, start, window)] += number if what == "came" else -number
    return _draw_backlog(level, change, start, window)


def _slots_of(rows: "QuerySet[InboxEvent]", column: str, what: str, window: Window) -> "QuerySet[Any]":
    cut: Any = cut_into_slots(rows, column, window).annotate(what=Value(what))
    found: QuerySet[Any] = cut.values_list("what", "slot").annotate(number=Count("pk"))
    return found


def _draw_backlog(level: int, change: list[int], start: datetime, window: Window) -> BacklogChart:
    levels = [level]
    for number in reversed(change[1:]):
        levels.append(max(0, levels[-1] - number))
    levels.reverse()
    top, width = max([*levels, 1]), 1000 / (window.columns - 1)
    points = [f"{place * width:.1f} {100 - 94 * one / top:.1f}" for place, one in enumerate(levels)]
    line = "M" + " L".join(points)
    ends = [start + window.step * (place + 1) for place in range(window.columns)]
    return BacklogChart(levels, ends, line, f"{line} L1000 100 L0 100 Z", _describe_backlog(levels, ends, window))


def _describe_backlog(levels: Sequence[int], ends: Sequence[datetime], window: Window) -> str:
    most = max(levels)
    if not most:
        return f"No webhook waited over {window.sentence}."
    at = timezone.localtime(ends[levels.index(most)])
    return f"Webhooks that waited over {window.sentence}: {levels[-1]:,} now, most {most:,} at {at:%-d %b %H:%M}."
