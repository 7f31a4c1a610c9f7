"""The check of a whole file, some thousand rows at a time, before anything of it is written."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.utils import timezone

from integration.errors import SetupError
from integration.imports.check import PREVIEW_ROWS, CheckedRow
from integration.imports.faults import REASONS
from integration.imports.read import Row
from integration.models import CheckState, ImportFile
from integration.records import Side
from integration.runs.imports.erased import is_of_erased, reject_erased
from integration.runs.imports.files import folder_of
from integration.runs.imports.order import ImportOrder
from integration.runs.imports.store import ImportRow, Rejection, RowStore

# Rows between two commits.
PORTION = 1000
# Kinds of problems that are told one by one; a reason and a column make a kind.
MOST_PROBLEMS = 200
# Characters of a cell, and cells of a row, that the preview keeps.
LONGEST_SHOWN, MOST_SHOWN = 200, 100


def open_store(file: ImportFile, digest: str = "") -> RowStore:
    """The rows of the check with this digest, of the last one without. Raises SetupError when there is none."""
    path = folder_of(file) / f"rows-{digest or file.check_digest}.sqlite3"
    if not path.parent.is_dir():
        raise SetupError("The file was deleted. Upload it again.", file.name)
    return RowStore(path)


def check_some(order: ImportOrder, is_over: Callable[[], bool]) -> bool:
    """Go on with the check until the file ends (True) or `is_over`. Raises SetupError where the file is no table."""
    file = order.file
    if file.check_digest != order.digest:
        _forget_other_checks(file, order.digest)
        file.save_fields(check_digest=order.digest, check_state=CheckState.GOING_ON, checked_rows=0, check_result={})
    with open_store(file, order.digest) as store:
        if store.fact("done"):
            _note_done(file, store)
            return True
        try:
            done = _check_portions(order, store, is_over)
        except SetupError as problem:
            file.save_fields(check_state=CheckState.FAILED, problem=str(problem), alive_at=timezone.now())
            raise
        if done:
            _note_done(file, store)
        return done


def _note_done(file: ImportFile, store: RowStore) -> None:
    totals = store.fact("totals")
    file.save_fields(check_state=CheckState.DONE, check_result=totals, checked_rows=totals["rows"], problem="")


def _forget_other_checks(file: ImportFile, digest: str) -> None:
    for path in folder_of(file).glob("rows-*"):
        if not path.name.startswith(f"rows-{digest}."):
            path.unlink(missing_ok=True)


def _check_portions(order: ImportOrder, store: RowStore, is_over: Callable[[], bool]) -> bool:
    check = order.new_check(store)
    tally = Tally(store)
    # A check that was interrupted reads the rows before again, and looks at none of them.
    before = tally.checked_to
    rows = order.table.rows(after=before)
    tally.notes = [*order.notes, *check.notes]
    while True:
        some = list(islice(rows, PORTION))
        with store.portion():
            if store.fact("checked_to", 0) != before:
                return False  # Another process checks the same file, and is further.
            for checked in reject_erased(check.check(some)):
                _keep_row(order, store, checked)
                tally.count(checked)
            tally.done = len(some) < PORTION
            store.keep_facts(**tally.facts())
        before = tally.checked_to
        order.file.save_fields(checked_rows=tally.rows, check_state=CheckState.GOING_ON, alive_at=timezone.now())
        if tally.done or is_over():
            return tally.done


def _keep_row(order: ImportOrder, store: RowStore, checked: CheckedRow) -> None:
    if checked.faults:
        sentence = " ".join(fault.sentence for fault in checked.faults)
        store.add_rejection(Rejection(checked.row.number, checked.faults[0].reason, sentence))
    else:
        store.add_row(import_row(order, checked))


def import_row(order: ImportOrder, checked: CheckedRow) -> ImportRow:
    """What a checked row gives, with what the import adds to every row."""
    added = order.additions.for_row(order.table.headers, checked.row.cells)
    values: dict[str, dict[str, Any]] = {
        side: _with_tags(values, added.tags) for side, values in checked.values.items()
    }
    tasks = (*checked.tasks, *added.tasks) if "ghl" in order.sides else ()
    return ImportRow(
        number=checked.row.number,
        values=values,
        email=checked.email,
        phone=checked.phone,
        notes=(*checked.notes, *added.notes) if "ghl" in order.sides else (),
        tasks=tasks,
        due=order.due_of(checked.row) if tasks else "",
        opts_out=checked.opts_out,
    )


def _with_tags(values: Any, tags: tuple[str, ...]) -> dict[str, Any]:
    known = values.get("tags") or []
    return {**values, "tags": [*known, *(tag for tag in tags if tag not in known)]} if tags else dict(values)


class Tally:
    """What the check came to so far, from the store and back into it."""

    def __init__(self, store: RowStore):
        known = store.fact("totals", {})
        self.rows: int = known.get("rows", 0)
        self.ok: int = known.get("ok", 0)
        self.by_reason: dict[str, int] = known.get("by_reason", {})
        self.problems: dict[str, dict[str, Any]] = store.fact("problems", {})
        self.preview: list[dict[str, Any]] = store.fact("preview", [])
        self.checked_to: int = store.fact("checked_to", 0)
        self.notes: list[str] = []
        self.done = False

    def count(self, checked: CheckedRow) -> None:
        self.rows, self.checked_to = self.rows + 1, checked.row.number
        if len(self.preview) < PREVIEW_ROWS and not is_of_erased(checked):
            self.preview.append(_describe(checked))
        if not checked.faults:
            self.ok += 1
            return
        reason = checked.faults[0].reason
        self.by_reason[reason] = self.by_reason.get(reason, 0) + 1
        self._note_problem(checked)

    def _note_problem(self, checked: CheckedRow) -> None:
        fault = checked.faults[0]
        key = f"{fault.reason}|{fault.column}"
        if key not in self.problems and len(self.problems) >= MOST_PROBLEMS:
            return
        first = {"reason": fault.reason, "title": REASONS[fault.reason], "column": fault.column, "count": 0,
                 "row": checked.row.number, "sentence": fault.message}  # fmt: skip
        self.problems.setdefault(key, first)["count"] += 1

    def facts(self) -> dict[str, Any]:
        totals = {"rows": self.rows, "ok": self.ok, "by_reason": self.by_reason}
        return {
            "totals": totals, "problems": self.problems, "preview": self.preview, "checked_to": self.checked_to,
            "notes": self.notes, "done": self.done,
        }  # fmt: skip


def _describe(checked: CheckedRow) -> dict[str, Any]:
    """A row for the preview, each of its cells cut."""
    sides: dict[Side, dict[str, Any]] = {
        side: {key: value[:LONGEST_SHOWN] if isinstance(value, str) else value for key, value in values.items()}
        for side, values in checked.values.items()
    }
    return {
        "number": checked.row.number,
        "cells": _cut(checked.row),
        "values": sides,
        "faults": [{"column": fault.column, "sentence": fault.message} for fault in checked.faults],
    }


def _cut(row: Row) -> list[str]:
    return [cell[:LONGEST_SHOWN] for cell in row.cells[:MOST_SHOWN]]
