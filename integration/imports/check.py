"""Checking the rows of a file: the values each would give, what is wrong with it, doubles, and totals.

Rows come one by one. What is kept of all of them are hashes of addresses and numbers, to find doubles (doubles.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from integration.errors import SetupError
from integration.imports.cells import read_cell, read_opt_out, shorten
from integration.imports.columns import Column
from integration.imports.doubles import Doubles, KeysInMemory, KnownKeys
from integration.imports.faults import Fault
from integration.imports.read import SAMPLE_CELL, Row
from integration.imports.routes import Destination, Route, SideValues, find_routes, why_not_carried
from integration.mapping.transforms import Context
from integration.providers.ghl.fields import LONGEST_NOTE
from integration.records import Side, Value, is_blank
from integration.values import Unreadable, as_text

PREVIEW_ROWS = 20
# Characters of a sentence: it may quote a whole cell.
_LONGEST_SENTENCE = 300


@dataclass(frozen=True)
class CheckedRow:
    """A row and what it would give. With faults it is rejected as a whole: nothing of it may be written."""

    row: Row
    faults: tuple[Fault, ...] = ()
    values: SideValues = field(default_factory=dict)
    """By side and field key; blank cells give none. Consent is not among them."""
    email: str = ""
    phone: str = ""
    notes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    """Titles."""
    opts_out: bool = False
    """Must not be written to by e-mail. A file never lifts an opt-out."""

    @property
    def is_rejected(self) -> bool:
        return bool(self.faults)


@dataclass
class Totals:
    """`rows` is `ok` plus `rejected`; `by_reason` counts each rejected row once, by its first fault."""

    rows: int = 0
    ok: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.by_reason.total()

    def count(self, row: CheckedRow) -> None:
        self.rows += 1
        if row.faults:
            self.by_reason[row.faults[0].reason] += 1
        else:
            self.ok += 1


class FileCheck:
    """One pass over a file. `totals` and `preview` grow as `check` is read; `notes` say which columns are not taken."""

    def __init__(
        self,
        columns: Sequence[Column],
        destination: Destination,
        known: KnownKeys | None = None,
        leave_blank: Collection[tuple[str, str]] = (),
        find_fault: Callable[[Row], Fault | None] = lambda row: None,
    ):
        """`known` are the keys of rows before; `leave_blank` are faults, as reason and header, whose cells count as
        blank instead of rejecting their row. `find_fault` says what else is wrong with a row. Raises SetupError when no
        column says who a row is about.
        """
        _require_key(columns)
        routes = find_routes(columns, destination)
        self.notes = tuple(note for route in routes if (note := why_not_carried(route, destination.sides)))
        self._routes = [route for route in routes if not why_not_carried(route, destination.sides)]
        self._taken = {route.column.header for route in self._routes}
        self._sides = destination.sides
        self._context = destination.rules.context(None)
        self._leave_blank = frozenset(leave_blank)
        self._find_fault = find_fault
        self._doubles = Doubles(known if known is not None else KeysInMemory())
        self.totals = Totals()
        self.preview: list[CheckedRow] = []

    def check(self, rows: Iterable[Row]) -> Iterator[CheckedRow]:
        """Each row, checked. Raises what `rows` raises."""
        for row in rows:
            checked = self._check_row(row)
            self.totals.count(checked)
            if len(self.preview) < PREVIEW_ROWS:
                self.preview.append(_shorten(checked))
            yield checked

    def _counts(self, fault: Fault) -> bool:
        """Whether a fault of the row as it was read rejects it: not when nobody wants the cell."""
        return not fault.column or fault.column in self._taken

    def _check_row(self, row: Row) -> CheckedRow:
        # What is wrong with a cell that nobody wants is no reason to reject its row.
        if faults := tuple(one for one in row.faults if self._counts(one)):
            return CheckedRow(row, faults)
        findings = _Findings(self._context, self._sides, self._leave_blank)
        for route in self._routes:
            if row.cells[route.column.index]:
                findings.read(route, row.cells[route.column.index])
        checked = findings.as_checked(row)
        fault = None if checked.faults else self._find_fault(row)
        if fault and (fault.reason, fault.column) not in self._leave_blank:
            return CheckedRow(row, (fault,))
        double = None if checked.faults else self._doubles.find(checked.email, checked.phone, row.number)
        return CheckedRow(row, (double,)) if double else checked


def _require_key(columns: Sequence[Column]) -> None:
    if not any(column.target and column.target.key in ("email", "phone") for column in columns):
        raise SetupError(
            "No column gives an e-mail address or a phone number, so nobody can tell who a row is about. Choose the"
            " column that does.",
            "columns",
        )


def _shorten(checked: CheckedRow) -> CheckedRow:
    cells = tuple(cell[:SAMPLE_CELL] for cell in checked.row.cells)
    return replace(checked, row=replace(checked.row, cells=cells))


class _Findings:
    """What the cells of one row give."""

    def __init__(self, context: Context, sides: tuple[Side, ...], leave_blank: Collection[tuple[str, str]]):
        self.context, self.sides, self.leave_blank = context, sides, leave_blank
        self.faults: list[Fault] = []
        self.given: dict[str, Value] = {}
        self.direct: dict[Side, dict[str, Value]] = {side: {} for side in sides}
        self.carried: dict[Side, dict[str, Value]] = {side: {} for side in sides}
        self.notes: list[str] = []
        self.tasks: list[str] = []
        self.opts_out = False

    def read(self, route: Route, cell: str) -> None:
        try:
            self._read(route, cell)
        except Unreadable as problem:
            reason = problem.reason
            if reason == "unreadable" and route.target.type in ("date", "moment"):
                reason = "bad_date"
            if (reason, route.column.header) not in self.leave_blank:
                self.faults.append(Fault(reason, shorten(str(problem), _LONGEST_SENTENCE), route.column.header))

    def _read(self, route: Route, cell: str) -> None:
        kind = route.target.kind
        if kind == "consent":
            self.opts_out |= read_opt_out(cell)
            return
        value = read_cell(route.column, cell, self.context)
        if is_blank(value):
            return
        if kind == "note":
            self.notes.append(fit_note(as_text(value)))
        elif kind == "task":
            self.tasks += filter(None, map(str.strip, as_text(value).splitlines()))
        else:
            self._add(route, value)

    def _add(self, route: Route, value: Value) -> None:
        for side, values in route.values_of(value, self.context).items():
            for key, one in values.items() if side in self.sides else ():
                # A column of its own counts for more than what the mapping carries over from another.
                place = self.direct if side in route.fields and key == route.fields[side].key else self.carried
                place[side][key] = _join(place[side].get(key), one)
        self.given[route.target.key] = value

    def as_checked(self, row: Row) -> CheckedRow:
        keys = [as_text(self.given.get(key)) for key in ("email", "phone")]
        if not any(keys) and not self.faults:
            self.faults.append(Fault("no_key", "The row has neither an e-mail address nor a phone number."))
        if self.faults:
            return CheckedRow(row, tuple(self.faults))
        values = {side: self.carried[side] | self.direct[side] for side in self.sides}
        self._add_names(values)
        return CheckedRow(row, (), values, keys[0], keys[1], tuple(self.notes), tuple(self.tasks), self.opts_out)

    def _add_names(self, values: dict[Side, dict[str, Value]]) -> None:
        """Gist writes the full name only; in GHL the parts count for more than the whole."""
        halves = [as_text(self.given[key]) for key in ("first_name", "last_name") if key in self.given]
        if halves and "gist" in values and "name" not in self.direct["gist"]:
            values["gist"]["name"] = " ".join(halves)
        if halves and "ghl" in values:
            values["ghl"].pop("name", None)


def fit_note(text: str) -> str:
    """Raises Unreadable for what GHL would not get whole: nobody is made before that is known."""
    if len(text) > LONGEST_NOTE:
        raise Unreadable(f"The note has {len(text):,} characters; at most {LONGEST_NOTE:,} are sent.", "too_long")
    return text


def _join(known: Value, value: Value) -> Value:
    """Tags of several columns come together."""
    return (
        [*known, *(one for one in value if one not in known)]
        if isinstance(known, list) and isinstance(value, list)
        else value
    )
