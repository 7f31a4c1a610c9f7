"""Rows of an Excel workbook (XLSX), as texts: read one after the other, never the whole sheet."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO

from integration.errors import SetupError
from integration.imports.csv_source import Record
from integration.values import as_text

# A workbook keeps its texts in one list, which is read as a whole: it is the one thing here that grows with the rows.
_MOST_SHARED_TEXT = 32 * 1024**2
# What is packed tightly may be a thousand times as large when it is unpacked. A sheet is read from its beginning by
# every slice of a check (runs/imports/checking.py): 100,000 rows of ten columns are 57 MB, and take 7 to 17 seconds.
_MOST_UNPACKED = 160 * 1024**2
# A row has all cells up to its last one: a sheet of a few kilobytes can have billions, all of them blank. Of cells that
# hold something, no more than some 8 million fit into what may be unpacked.
_MOST_CELLS = 20_000_000
_WORKBOOK, _SHEETS = "xl/workbook.xml", "xl/worksheets/"
_TYPES, _SHEET = "[Content_Types].xml", ".worksheet+xml"


def is_workbook(path: Path) -> bool:
    """Whether it is XLSX, whatever its name says."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


@dataclass(frozen=True)
class XlsxSource:
    """The first worksheet of a workbook. Formulas give the values that Excel last saw."""

    path: Path
    where: str
    """What to call the file in sentences."""

    def sheets(self) -> list[str]:
        """Names of the worksheets. Raises SetupError for a workbook that is damaged or too large."""
        self._refuse_too_large()
        try:
            with self.path.open("rb") as file, closing(_load(file)) as book:
                return [sheet.title for sheet in book.worksheets]
        except Exception as problem:  # A damaged workbook fails anywhere in openpyxl, and in any way.
            raise self._damaged() from problem

    def records(self) -> Iterator[Record]:
        """All rows up to the last one, blank ones too. Raises SetupError where the sheet cannot be read on."""
        try:
            with self.path.open("rb") as file, closing(_load(file)) as book:
                sheet = book.worksheets[0]
                # What a sheet says of its own size may be wrong: rows would be cut off, or filled up to it.
                sheet.reset_dimensions()
                cells = 0
                for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                    cells += len(values)
                    if cells > _MOST_CELLS:
                        raise self._too_large()
                    yield Record(number, number, _texts_of(values))
        except SetupError:
            raise
        except Exception as problem:
            raise self._damaged() from problem

    def _refuse_too_large(self) -> None:
        with zipfile.ZipFile(self.path) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            if sum(sizes.values()) > _MOST_UNPACKED or sizes.get(_TYPES, 0) > _MOST_SHARED_TEXT:
                raise self._too_large()
            by_row = self._sheet_parts(archive) if _TYPES in sizes else set()
        if max(size for name, size in sizes.items() if name not in by_row) > _MOST_SHARED_TEXT:
            raise self._too_large()

    def _sheet_parts(self, archive: zipfile.ZipFile) -> set[str]:
        """Parts that are read row by row. What a part is the workbook says, not its name: what it calls anything else,
        such as its shared texts, is read as a whole.
        """
        from openpyxl.xml.functions import fromstring

        try:
            parts = [
                (one.get("PartName", "")[1:], one.get("ContentType", "")) for one in fromstring(archive.read(_TYPES))
            ]
        except Exception as problem:  # In any way, as above.
            raise self._damaged() from problem
        others = {name for name, kind in parts if not kind.endswith(_SHEET)}
        return {name for name, _ in parts if name.startswith(_SHEETS)} - others

    def _too_large(self) -> SetupError:
        return SetupError(
            "The workbook is too large to be read as it is: some 250,000 rows of ten columns are the most. Save the"
            " sheet as CSV, which may have 1,000,000 rows, and take that.",
            self.where,
        )

    def _damaged(self) -> SetupError:
        sentence = "The workbook is damaged. Open it in Excel and save it again, or save the sheet as CSV."
        return SetupError(sentence, self.where)


def _load(file: BinaryIO) -> Any:
    from openpyxl import load_workbook  # Here, because most commands and jobs never open a workbook.

    # The file and not its path: openpyxl goes by the ending of a name.
    return load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _texts_of(values: Sequence[Any]) -> list[str]:
    """Rows end where their last value does: cells behind it have a format at most."""
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    cells = list(map(_text_of, values[:end]))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text_of(value: Any) -> str:
    """As one would type it; days and moments in ISO 8601."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    # Text stays as it is, with the spaces around it: as in a CSV.
    return value if isinstance(value, str) else as_text(value) if isinstance(value, int | float) else str(value or "")
