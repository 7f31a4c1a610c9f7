"""The rows that were not taken, as a CSV file to correct and import again: with the reason, safe to open in Excel."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from integration.imports.faults import Fault
from integration.values import member_key

# A spreadsheet runs what begins with these as a formula. Not the library defusedcsv: it lets tab and CR through, and
# writes a backslash into cells with a vertical bar. Of the wide signs of East Asian keyboards Excel makes plain ones.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_GUARD = "'"
_REASON = "Reason"
ENCODING = "utf-8-sig"
"""What to open the file with: Excel takes UTF-8 for something else without its mark."""


def guard_cell(cell: str) -> str:
    """With an apostrophe in front of what a spreadsheet would run."""
    return _GUARD + cell if cell.startswith(_FORMULA) else cell


def take_off_guard(cell: str) -> str:
    """Without that apostrophe: the corrected file gives what the first one gave, such as +49 30 123456."""
    return cell[1:] if cell.startswith(_GUARD) and cell[1:].startswith(_FORMULA) else cell


class RejectedFile:
    """Writes to a text file that was opened with `encoding=ENCODING, newline=""`. The header is written at once."""

    def __init__(self, file: TextIO, headers: Sequence[str], delimiter: str = ","):
        """`delimiter` is that of the file that was read; "" (a workbook) gives commas."""
        self._writer = csv.writer(file, delimiter=delimiter or ",")
        self._width = len(headers)
        self._write([*headers, _name_reason(headers)])

    def add(self, cells: Sequence[str], faults: Iterable[Fault]) -> None:
        """A row as it was read; its reasons come last, whatever number of cells it has."""
        whole = [*cells, *[""] * (self._width - len(cells))]
        # More cells than headers would push the reason out of its column: they are joined into the last one.
        if len(whole) > self._width:
            whole[self._width - 1 :] = [" ".join(whole[self._width - 1 :])]
        self._write([*whole, " ".join(fault.sentence for fault in faults)])

    def _write(self, cells: Iterable[str]) -> None:
        self._writer.writerow([guard_cell(cell) for cell in cells])


def _name_reason(headers: Sequence[str]) -> str:
    """The file may have been rejected before: then it has a column of that name already."""
    taken = set(map(member_key, headers))
    names = (_REASON, *(f"{_REASON} {number}" for number in range(2, len(headers) + 3)))
    return next(name for name in names if member_key(name) not in taken)
