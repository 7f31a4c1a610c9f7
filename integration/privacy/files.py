"""Files that were brought for an import and name the person: their bytes go whole, with what was read of them.

A file is kept for some days only to read it again (runs/imports/files.py), so nobody loses more than that by it, and a
file without some of its rows would be no longer what somebody brought.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from integration.errors import SetupError
from integration.models import ImportFile
from integration.privacy.find import LONG_PHONE, PersonData
from integration.privacy.scrub import pattern_of
from integration.runs.imports.files import folder_of, remove_bytes
from integration.runs.imports.order import open_file

TITLE = "Imported files that name them, deleted whole"
UNREADABLE = "Imported files that cannot be read, deleted whole"
# Files write the country of a number or not, so its last digits are compared.
_END = 9


def files_naming(person: PersonData) -> tuple[list[ImportFile], list[ImportFile]]:
    """Files of any link whose bytes are still here and that hold an address, a number, an id or the name; and those of
    which nothing says what they hold, since they cannot be read.
    """
    is_named = _is_named(person)
    naming, unreadable = list[ImportFile](), list[ImportFile]()
    for file in ImportFile.objects.filter(removed_at=None).order_by("pk"):
        try:
            if folder_of(file).exists() and any(map(is_named, _cells(file))):
                naming.append(file)
        except SetupError:
            unreadable.append(file)
    return naming, unreadable


def remove_files(files: Iterable[ImportFile]) -> None:
    for file in files:
        remove_bytes(file)


def _is_named(person: PersonData) -> Callable[[str], bool]:
    marks = person.marks
    texts = pattern_of(marks | person.emails)
    ends = {re.sub(r"\D", "", one)[-_END:] for one in person.phones & marks}

    def is_named(cell: str) -> bool:
        if texts.search(cell):
            return True
        digits = re.sub(r"\D", "", cell) if ends else ""
        return len(digits) >= LONG_PHONE and digits[-_END:] in ends

    return is_named


def _cells(file: ImportFile) -> Iterator[str]:
    table = open_file(file)
    yield from table.headers
    for row in table.rows():
        yield from row.cells
