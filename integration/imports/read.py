"""A file as a table: encoding, delimiter and headers, and its rows one after the other.

Nothing is kept of the rows, so that a file of any length takes the same memory. What is wrong with one row stands at
that row; SetupError is for a file that is no table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from integration.errors import SetupError
from integration.imports.csv_source import (
    CsvSource,
    Record,
    check_delimiter,
    detect_delimiter,
)
from integration.imports.encoding import Encoding, check_encoding, detect_encoding, read_head, refuse_other_kinds
from integration.imports.faults import Fault
from integration.imports.xlsx_source import XlsxSource, is_workbook
from integration.values import member_key

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 200 * 1000**2, 1_000_000, 1000
LONGEST_CELL, LONGEST_HEADER = 100_000, 500
# Rows by whose values columns are guessed, and characters that are kept of each of their cells.
SAMPLE_ROWS, SAMPLE_CELL = 100, 1000
# An e-mail address, a phone number, a date: what no column is called. A year may be a column.
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?(?:[\s()./,:-]*\d){7,}[\s()./,:-]*")


@dataclass(frozen=True)
class Row:
    """One row of data. `number` is its number in the file as a spreadsheet shows it, where the header is 1."""

    number: int
    cells: tuple[str, ...]
    """One per header, unless a fault says otherwise; as they stand, with the spaces around them."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Table:
    """A file that was opened. `rows()` reads it anew each time."""

    source: CsvSource | XlsxSource
    format: str
    """"csv" or "xlsx"."""
    encoding: Encoding
    delimiter: str
    """Of a CSV file; "" for a workbook."""
    headers: tuple[str, ...]
    """Trimmed, all different. A column without a header is called “Column 3”."""
    header_number: int
    notes: tuple[str, ...] = ()
    """What to know of it, in sentences."""
    sample: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """Cells of the first rows, each cut after 1,000 characters."""

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Rows of data behind row number `after`, without blank ones. Raises SetupError where the file is no table from
        some row on.
        """
        start = max(self.header_number, after)
        for record in self.source.records():
            if record.number > MOST_ROWS + self.header_number:
                raise SetupError(
                    f"The file has more than {MOST_ROWS:,} rows. Divide it, and import each.", self.source.where
                )
            if record.number > start and not _is_blank(record):
                yield self._row_of(record)

    def _row_of(self, record: Record) -> Row:
        cells, width = record.cells, len(self.headers)
        if self.format == "xlsx":
            cells = cells + [""] * (width - len(cells))
        # A delimiter at the end of each row, but not of the header.
        elif len(cells) > width and not any(map(str.strip, cells[width:])):
            cells = cells[:width]
        return Row(record.number, tuple(cells), tuple(_find_faults(record, cells, self.headers)))


def open_table(path: Path, *, name: str = "", encoding: str = "", delimiter: str = "", header_row: int = 0) -> Table:
    """The table in a CSV or XLSX file. What is not given is detected: `encoding` is one of ENCODINGS, `delimiter` a
    character or its name; neither counts for a workbook. `header_row` is the number of the row that names the columns,
    the first that is not blank. `name` is what to call the file in sentences.

    Raises SetupError, with what to do, for what is no table.
    """
    where = name or path.name
    _refuse_size(path, where)
    if is_workbook(path):
        return _open_workbook(path, where, header_row)
    head = read_head(path)
    refuse_other_kinds(head, where)
    chosen = check_encoding(encoding, where) if encoding else detect_encoding(path, head, where)
    sign = check_delimiter(delimiter, where) if delimiter else detect_delimiter(path, chosen.name, where)
    return _with_header(CsvSource(path, chosen.name, sign, where), chosen, header_row)


def _refuse_size(path: Path, where: str) -> None:
    try:
        size = path.stat().st_size
    except OSError as problem:
        raise SetupError(
            f"The file cannot be opened: {problem.strerror}. Check its name and its rights.", where
        ) from None
    if not path.is_file():
        raise SetupError("This is a folder or a device. Choose a file.", where)
    if not size:
        raise SetupError("The file is empty. Export it again, and check that it holds rows.", where)
    if size > MOST_BYTES:
        raise SetupError(f"The file has more than {MOST_BYTES // 1000**2} MB. Divide it, and import each part.", where)


def _open_workbook(path: Path, where: str, header_row: int) -> Table:
    source = XlsxSource(path, where)
    sheets = source.sheets()
    if not sheets:
        raise SetupError("The workbook has no worksheet. Choose another file.", where)
    notes = () if len(sheets) == 1 else (f"Of {len(sheets)} worksheets the first is read: “{sheets[0]}”.",)
    return _with_header(source, Encoding("utf-8", "A workbook is always UTF-8."), header_row, notes)


def _with_header(
    source: CsvSource | XlsxSource, encoding: Encoding, header_row: int, notes: tuple[str, ...] = ()
) -> Table:
    # In a workbook the next row may be the billionth one.
    records = (one for one in islice(source.records(), MOST_ROWS + 1) if one.number >= header_row)
    # The first row of a CSV that Excel wrote may say how it is cut.
    filled = (one for one in records if not _is_blank(one) and not (one.number == 1 and _names_delimiter(one)))
    header = next(filled, None)
    sample = tuple(
        tuple(cell[:SAMPLE_CELL] for cell in one.cells[:MOST_COLUMNS]) for one in islice(filled, SAMPLE_ROWS)
    )
    if header is None:
        raise SetupError("The file is empty. Export it again, and check that it holds rows.", source.where)
    headers, unnamed = _read_header(header, sample, source.where)
    if not sample:
        raise SetupError("The file has a header and no rows. Export it again with its rows.", source.where)
    return Table(
        source=source,
        format="csv" if isinstance(source, CsvSource) else "xlsx",
        encoding=encoding,
        delimiter=source.delimiter if isinstance(source, CsvSource) else "",
        headers=headers,
        header_number=header.number,
        notes=(*notes, *unnamed),
        sample=sample,
    )


def _names_delimiter(record: Record) -> bool:
    """`sep=;`, which its own delimiter cuts in two."""
    return len(record.cells) <= 2 and record.cells[0].lower().startswith("sep=") and not any(record.cells[1:])


def _is_blank(record: Record) -> bool:
    return not any(map(str.strip, record.cells))


def _read_header(record: Record, sample: tuple[tuple[str, ...], ...], where: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of the columns, and a sentence for each that has none."""
    names = [cell.strip() for cell in record.cells]
    _refuse_header(record, names, where)
    unnamed = [index for index, name in enumerate(names, 1) if not name]
    names = [name or _name_column(index, names) for index, name in enumerate(names, 1)]
    _refuse_doubles(names, where)
    # A delimiter at the end makes a column without a name and without a value: nobody needs to hear of it.
    notes = [
        f"Column {index} has no header. It is called “{names[index - 1]}” here."
        for index in unnamed
        if any(cells[index - 1].strip() for cells in sample if len(cells) >= index)
    ]
    return tuple(names), notes


def _name_column(index: int, names: list[str]) -> str:
    name = f"Column {index}"
    return f"{name} (unnamed)" if name.lower() in map(str.lower, names) else name


def _refuse_header(record: Record, names: list[str], where: str) -> None:
    if record.misquoted:
        raise SetupError(
            "The quotes of the header cannot be read. Correct the first row, and choose the file again.", where
        )
    if len(names) > MOST_COLUMNS:
        raise SetupError(f"The header has {len(names):,} columns; {MOST_COLUMNS:,} are read at most.", where)
    if any(len(name) > LONGEST_HEADER or "\0" in name or "\ufffd" in name for name in names):
        raise SetupError(
            f"Row {record.number} cannot be the header: a name in it is too long or cannot be read. The first row must"
            " name the columns; is the encoding right?",
            where,
        )
    if data := next((index for index, name in enumerate(names, 1) if _DATA.fullmatch(name)), 0):
        raise SetupError(
            f"The file has no header: column {data} of its first row holds an e-mail address, a number or a date. Add a"
            " first row that names the columns, such as E-mail, First name, Phone.",
            where,
        )


def _refuse_doubles(names: list[str], where: str) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names, 1):
        if (known := first.setdefault(member_key(name), index)) != index:
            raise SetupError(f"Columns {known} and {index} are both called “{name}”. Rename one of them.", where)


def _find_faults(record: Record, cells: list[str], headers: tuple[str, ...]) -> Iterator[Fault]:
    if record.misquoted:
        remedy = "A quote inside quotes is doubled."
        yield Fault("quoting", f"The quotes of this row, in line {record.line} of the file, do not match. {remedy}")
    elif len(cells) != len(headers):
        yield Fault("column_count", f"The row has {len(cells)} cells and the header {len(headers)}.")
    for index, cell in enumerate(cells):
        if len(cell) <= LONGEST_CELL and "\0" not in cell and "\ufffd" not in cell:
            continue
        column = headers[index] if index < len(headers) else f"Cell {index + 1}"
        if len(cell) > LONGEST_CELL:
            yield Fault(
                "cell_too_long", f"The cell has {len(cell):,} characters; {LONGEST_CELL:,} are read at most.", column
            )
        else:
            yield Fault("unreadable_character", "The cell holds a character that cannot be read.", column)
