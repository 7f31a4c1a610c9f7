"""The columns of a file for its page: what each means and why, what it could mean, and what a row becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils import timezone

from integration.errors import SetupError
from integration.imports.check import PREVIEW_ROWS, CheckedRow
from integration.imports.columns import Column
from integration.imports.meanings import MEANINGS
from integration.imports.targets import AccountFields
from integration.models import Provider
from integration.moments import find_zone, moment_of
from integration.runs.imports.checking import import_row
from integration.runs.imports.due import due_moment
from integration.runs.imports.order import ImportOrder

# Cells of a column that are shown beside it, and characters of each.
SAMPLES, LONGEST = 3, 40
# Columns that one page can show; the rest of a file keeps what was guessed.
MOST_COLUMNS = 200


@dataclass(frozen=True)
class ColumnRow:
    column: Column
    samples: str

    @property
    def chosen(self) -> str:
        return self.column.target.key if self.column.target else ""

    @property
    def field_name(self) -> str:
        return f"column-{self.column.index}"


def column_rows(order: ImportOrder) -> list[ColumnRow]:
    return [ColumnRow(column, _samples(order, column)) for column in order.columns[:MOST_COLUMNS]]


def _samples(order: ImportOrder, column: Column) -> str:
    cells = (cells[column.index].strip() for cells in order.table.sample if column.index < len(cells))
    different = dict.fromkeys(cell for cell in cells if cell)
    return " · ".join(cell[:LONGEST] for cell in islice(different, SAMPLES))


def choices_of(accounts: AccountFields) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column can mean, in groups of (key, label)."""
    groups = [("Both sides", [(one.key, one.label) for one in MEANINGS.values()])]
    for side in (Provider.GHL, Provider.GIST):
        fields = accounts[side.side].values()
        found = [(f"{side.value}:{field.key}", field.label) for field in fields if field.writable]
        groups.append((f"{side.label} only", found))
    return groups


def read_columns(order: ImportOrder, form: Mapping[str, str]) -> dict[str, Any]:
    """What a person chose: the columns whose meaning is another than the one that stood there, and those of before."""
    chosen = dict(order.file.columns)
    for row in column_rows(order):
        key = form.get(row.field_name)
        if key is not None and key != row.chosen:
            chosen[row.column.header] = key
    return chosen


@dataclass(frozen=True)
class Becomes:
    """One row as it will be: `facts` are label, value and side in words; with faults nothing of it is written."""

    number: int
    facts: list[tuple[str, Any, str]]
    faults: list[str]
    before: int | None
    after: int | None


def what_becomes(order: ImportOrder, wanted: int) -> Becomes | None:
    """The row with this place among the first twenty. Raises SetupError where the file is no table."""
    rows = list(order.new_check().check(islice(order.table.rows(), PREVIEW_ROWS)))
    if not rows:
        return None
    place = min(max(wanted, 0), len(rows) - 1)
    checked = rows[place]
    return Becomes(
        checked.row.number,
        [] if checked.faults else _facts_of(order, checked),
        [fault.sentence for fault in checked.faults],
        place - 1 if place else None,
        place + 1 if place + 1 < len(rows) else None,
    )


def _facts_of(order: ImportOrder, checked: CheckedRow) -> list[tuple[str, Any, str]]:
    row = import_row(order, checked)
    facts: list[tuple[str, Any, str]] = []
    both = len(order.sides) == 2
    given = {side: dict(row.values.get(side, {})) for side in order.sides}
    for side in order.sides:
        for key, value in given[side].items():
            label = order.accounts[side][key].label if key in order.accounts[side] else key
            other = given.get(Provider(side).other.side, {})
            if both and other.get(key) == value:
                if side == order.sides[0]:
                    facts.append((label, value, ""))
            else:
                facts.append((label, value, side if both else ""))
    facts += [("Note", text, "") for text in row.notes] + [("Task", text, "") for text in row.tasks]
    facts += [("Tasks are due", _words_of_due(order, row.due), "")] if row.due else []
    return [*facts, ("E-mails", "stopped", "")] if row.opts_out else facts


def _words_of_due(order: ImportOrder, kept: str) -> str:
    """In the link's zone; days count from the import, which may be later."""
    zone = find_zone(order.file.link.zone)
    due = moment_of(due_moment(kept, zone, timezone.now()), zone)
    words = f"{due.astimezone(zone):%Y-%m-%d %H:%M}" if due else kept
    return f"{words}, if it is imported today" if kept.startswith("+") else words


def problem_of(order: ImportOrder) -> str:
    """Why the columns cannot be imported as they stand, in a sentence; "" when they can."""
    try:
        order.new_check()
    except SetupError as problem:
        return problem.problem
    return ""
