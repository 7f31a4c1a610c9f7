"""Rows of a CSV file, one after the other: quotes, line ends and delimiters, and no meaning."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from integration.errors import SetupError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
# Characters. A quote that is not closed swallows the rest of the file: no more than this of it is read.
LONGEST_RECORD = 16_000_000
# Python's own limit is 131,072, for the whole process; a longer cell is a fault of one row and not of the file.
csv.field_size_limit(LONGEST_RECORD)
_SAMPLE_CHARACTERS, _SAMPLE_RECORDS = 256 * 1024, 100


@dataclass(frozen=True)
class Record:
    """One row as it stands. `number` counts rows from 1 as a spreadsheet shows them, `line` is where it begins."""

    number: int
    line: int
    cells: list[str]
    misquoted: bool = False
    """Its quotes do not match: the cells are cut as well as can be."""


@dataclass(frozen=True)
class CsvSource:
    path: Path
    encoding: str
    delimiter: str
    where: str
    """What to call the file in sentences."""

    def records(self) -> Iterator[Record]:
        """All rows, blank ones too. Raises SetupError for a quote that is opened and never closed."""
        with _open_text(self.path, self.encoding, self.where) as text:
            yield from _read_records(_read_lines(text), self.delimiter, self.where)


def _open_text(path: Path, encoding: str, where: str) -> io.TextIOWrapper:
    # What cannot be decoded becomes U+FFFD, for which read.py looks; line ends are left to the csv module.
    text = path.open(encoding=encoding, errors="replace", newline="")
    try:
        # An encoding that was chosen by hand leaves the mark of the file in its first header.
        if text.read(1) != "\ufeff":
            text.seek(0)
    except UnicodeError as problem:
        text.close()
        raise SetupError(f"The file is not written in {encoding.upper()}. Choose another encoding.", where) from problem
    return text


def _read_lines(text: io.TextIOBase) -> Iterator[str]:
    """A line that is too long for a record comes in pieces, of which the first is refused."""
    while line := text.readline(LONGEST_RECORD + 1):
        yield line


class _Lines:
    """Lines on their way into the csv module: how many went, and those of the record that is being read."""

    def __init__(self, lines: Iterable[str], where: str):
        self.lines, self.where = lines, where
        self.read, self.size, self.record, self.ended = 0, 0, list[str](), False

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.read += 1
            self.size += len(line)
            self.record.append(line)
            if self.size > LONGEST_RECORD:
                raise self._without_end()
            yield line
        self.ended = True

    def begin_record(self) -> None:
        self.size = 0
        self.record.clear()

    def _without_end(self) -> SetupError:
        first = self.read - len(self.record) + 1
        return SetupError(
            f"The row that begins in line {first} has more than {LONGEST_RECORD:,} characters. Either it opens a quote"
            " that is not closed, or this is no table.",
            self.where,
        )


def _read_records(lines: Iterable[str], delimiter: str, where: str) -> Iterator[Record]:
    source, number = _Lines(lines, where), 0
    # Strict, since otherwise `"Ann "Annie" Lee"` is read as something else without a word.
    reader = csv.reader(iter(source), delimiter=delimiter, strict=True)
    while True:
        number, line, misquoted = number + 1, source.read + 1, False
        source.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            _refuse_open_quote(source, line, where)
            # The module goes on with the next line.
            cells, misquoted = _cut_loosely(source.record, delimiter), True
        yield Record(number, line, cells, misquoted)


def _refuse_open_quote(source: _Lines, line: int, where: str) -> None:
    if source.ended:
        raise SetupError(
            f"The row that begins in line {line} opens a quote that is not closed: everything after it is swallowed."
            " Close the quote, or take it out, and choose the file again.",
            where,
        ) from None


def _cut_loosely(lines: list[str], delimiter: str) -> list[str]:
    return next(csv.reader(lines, delimiter=delimiter), [])


# The delimiter ------------------------------------------------------------------------------------------


def check_delimiter(delimiter: str, where: str) -> str:
    """The delimiter that somebody chose, as a character or by its name. Raises SetupError."""
    sign = {**{name: one for one, name in DELIMITERS.items()}, **{one: one for one in DELIMITERS}}.get(delimiter)
    if sign is None:
        offered = ", ".join(DELIMITERS.values())
        raise SetupError(f"“{delimiter[:20]}” cannot separate columns. Offered are: {offered}.", where)
    return sign


def detect_delimiter(path: Path, encoding: str, where: str) -> str:
    """The one that cuts most of the first rows into as many cells as the header has; a comma for a single column.

    Not `csv.Sniffer`: it refuses a single column, and takes letters for delimiters.
    """
    with _open_text(path, encoding, where) as text:
        sample = text.read(_SAMPLE_CHARACTERS)
        is_cut = bool(text.read(1))
    # As the file itself is cut: `splitlines` also ends lines where no reader of CSV does.
    lines = list(io.StringIO(sample, newline=""))
    if named := named_delimiter(lines[0] if lines else ""):
        return named
    if is_cut and len(lines) > 1:
        lines.pop()
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter))


def named_delimiter(line: str) -> str:
    """The delimiter that Excel's own first line names, as `sep=;`; "" for any other line."""
    key, _, sign = line.lstrip("\ufeff").rstrip("\r\n").partition("=")
    return sign if key.strip('" ').lower() == "sep" and sign in DELIMITERS else ""


def _score(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How many rows are as wide as the first, and how wide that is; the first of equal ones wins."""
    records = (record for record in csv.reader(lines, delimiter=delimiter) if any(record))
    try:
        widths = list(map(len, islice(records, _SAMPLE_RECORDS)))
    except csv.Error:
        return 0, 0
    if not widths or widths[0] == 1:
        return 0, 0
    return round(widths.count(widths[0]) / len(widths), 1), widths[0]
