"""When tasks made of rows are due: on a day or at a moment, so many days from the import, or as a column says.

All in the link's time zone. A row keeps it as text: "" where nobody said, "+3" for days from the import, which are
counted when the row is written, or a moment.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from integration.errors import SetupError
from integration.imports.cells import shorten
from integration.imports.faults import Fault
from integration.imports.meanings import fold_header
from integration.imports.value_kinds import guess_date_step
from integration.mapping.transforms import Context, apply_steps
from integration.moments import read_iso, utc_text
from integration.records import is_blank
from integration.values import Unreadable, as_text

# A day without a time ends here: a task that is due at midnight would be overdue all day.
DAY_ENDS = time(17)
MOST_DAYS = 3650
HELP = "a date (2026-12-24), a date with a time (2026-12-24 09:30), a number of days (3), or {{ Header }}"
_COLUMN = re.compile(r"\{\{([^{}]+)\}\}")
_DAYS = re.compile(r"\+?([0-9]{1,6})")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")


@dataclass(frozen=True)
class DueRule:
    """As it was typed, checked. `constant` counts for every row, unless `index` names the column that says it."""

    constant: str = ""
    header: str = ""
    index: int = -1
    zone: tzinfo = UTC
    steps: Sequence[Mapping[str, Any]] = field(default=())

    def of_row(self, cells: Sequence[str]) -> str:
        """What the row keeps. Raises Unreadable."""
        if not self.header:
            return self.constant
        cell = cells[self.index].strip() if self.index < len(cells) else ""
        return _read_due(cell, self.zone, self.steps) if cell else ""

    def fault_of(self, cells: Sequence[str]) -> Fault | None:
        try:
            self.of_row(cells)
        except Unreadable as problem:
            return Fault("bad_date", f"{problem} Write it like 2026-12-24, or a number of days.", self.header)
        return None


def read_due_rule(text: str, headers: Sequence[str], sample: Sequence[Sequence[str]], zone: tzinfo) -> DueRule:
    """`sample` are cells of the first rows, by which the form of dates is known. Raises SetupError."""
    text = text.strip()
    if not text:
        return DueRule()
    if column := _COLUMN.fullmatch(text):
        return _rule_of_column(column[1].strip(), headers, sample, zone)
    try:
        return DueRule(constant=_read_due(text, zone))
    except Unreadable as problem:
        raise SetupError(f"{problem} Give {HELP}.", "due date of tasks") from None


def _rule_of_column(name: str, headers: Sequence[str], sample: Sequence[Sequence[str]], zone: tzinfo) -> DueRule:
    wanted = fold_header(name) or name
    index = next((place for place, one in enumerate(headers) if (fold_header(one) or one) == wanted), None)
    if index is None:
        raise SetupError(f"The file has no column “{shorten(name)}”, which is to say when tasks are due.", "due date")
    step, _ = guess_date_step([cells[index] for cells in sample if index < len(cells)])
    return DueRule(header=headers[index], index=index, zone=zone, steps=[step] if step else [])


def _read_due(text: str, zone: tzinfo, steps: Sequence[Mapping[str, Any]] = ()) -> str:
    if days := _DAYS.fullmatch(text):
        if int(days[1]) > MOST_DAYS:
            raise Unreadable(f"“{shorten(text)}” is too far away for a due date: {MOST_DAYS:,} days at most.")
        return f"+{int(days[1])}"
    value = as_text(apply_steps(text, [*steps], backward=False, context=Context())) if steps else text
    read = None if is_blank(value) else read_iso(as_text(value), zone)
    if read is None:
        raise Unreadable(f"“{shorten(text)}” is no date on which a task could be due.")
    return utc_text(read.replace(hour=DAY_ENDS.hour) if _DAY.fullmatch(as_text(value)) else read)


def due_moment(kept: str, zone: tzinfo, now: datetime) -> str:
    """The moment that a row's text stands for; "" where nobody said one."""
    if not kept.startswith("+"):
        return kept
    day = now.astimezone(zone).date() + timedelta(days=int(kept))
    return utc_text(datetime.combine(day, DAY_ENDS, zone))
