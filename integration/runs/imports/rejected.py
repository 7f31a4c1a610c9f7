"""The rows an import did not take, as a file to correct and import again: as they stood, with the reason at the end."""

import io
from collections.abc import Iterator

from integration.imports.faults import Fault
from integration.imports.rejected import ENCODING, RejectedFile
from integration.models import RejectedRow, Run
from integration.runs.imports.checking import open_store
from integration.runs.imports.order import open_file
from integration.runs.imports.store import Rejection


def rejections_of(run: Run) -> Iterator[Rejection]:
    """Of the check and of the import itself, by row. Raises SetupError when the file is gone."""
    if run.import_file is None:
        return
    of_run = RejectedRow.objects.filter(run=run).order_by("number")
    late = iter(Rejection(one.number, one.reason, one.sentence) for one in of_run.iterator())
    with open_store(run.import_file) as store:
        waiting = next(late, None)
        for one in store.rejections():
            while waiting and waiting.number < one.number:
                yield waiting
                waiting = next(late, None)
            yield one
        while waiting:
            yield waiting
            waiting = next(late, None)


def rejected_pieces(run: Run) -> Iterator[bytes]:
    """The file as CSV, a piece at a time. Raises SetupError when what was uploaded is gone."""
    if run.import_file is None:
        return
    table = open_file(run.import_file)
    text = io.StringIO(newline="")
    target = RejectedFile(text, table.headers, table.delimiter)
    rows = table.rows()
    for one in rejections_of(run):
        row = next(row for row in rows if row.number == one.number)
        target.add(row.cells, [Fault(one.reason, one.sentence)])
        if text.tell() > 64 * 1024:
            yield _taken_out(text)
    yield _taken_out(text)


def _taken_out(text: io.StringIO) -> bytes:
    piece = text.getvalue()
    text.seek(0)
    text.truncate()
    # The mark of UTF-8 stands at the start of the file only.
    return piece.encode("utf-8")


MARK = "".encode(ENCODING)
"""What a file of rejected rows begins with, so that Excel reads it as UTF-8."""
