"""What an import is to do: the table, what its columns mean, where they go and what is added, by the link's rules."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from integration.connections.fields import fields_of
from integration.errors import SetupError
from integration.imports.check import FileCheck, fit_note
from integration.imports.columns import Column, as_saved, choose_columns
from integration.imports.doubles import KnownKeys
from integration.imports.faults import Fault
from integration.imports.meanings import fold_header
from integration.imports.read import Row, Table, open_table
from integration.imports.routes import Destination
from integration.imports.targets import AccountFields, resolve_target
from integration.mapping.rules import Rules, freeze_rules
from integration.mapping.versions import current_version
from integration.models import ImportFile, ImportMode, Link, Provider
from integration.moments import find_zone
from integration.records import Side
from integration.runs.imports.additions import Additions
from integration.runs.imports.due import DueRule, read_due_rule
from integration.runs.imports.files import path_of
from integration.values import Unreadable


@dataclass(frozen=True)
class ImportOrder:
    """`mode` is one of ImportMode. The check of one order is of no use to another: `digest` tells them apart."""

    file: ImportFile
    table: Table
    columns: tuple[Column, ...]
    additions: Additions
    accounts: AccountFields
    rules: Rules
    due: DueRule = field(default_factory=DueRule)
    """When the tasks of each row are due."""

    @property
    def mode(self) -> str:
        return self.file.mode

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(self.file.sides)  # type: ignore[arg-type]

    @property
    def destination(self) -> Destination:
        return Destination(self.accounts, self.rules, self.sides)

    def new_check(self, known: KnownKeys | None = None) -> FileCheck:
        """Raises SetupError when no column says who a row is about."""
        leave_blank = {(reason, header) for reason, header in self.file.leave_blank}
        return FileCheck(self.columns, self.destination, known, leave_blank, self._find_fault)

    def _find_fault(self, row: Row) -> Fault | None:
        """What is wrong with what the import adds to the row."""
        try:
            for note in self.additions.for_row(self.table.headers, row.cells).notes:
                fit_note(note)
        except Unreadable as problem:
            return Fault(problem.reason, str(problem))
        return self.due.fault_of(row.cells) if self._makes_tasks else None

    @cached_property
    def _makes_tasks(self) -> bool:
        kinds = {column.target.kind for column in self.columns if column.target}
        return "ghl" in self.sides and ("task" in kinds or bool(self.additions.tasks))

    def due_of(self, row: Row) -> str:
        """As due.py keeps it; "" too for a cell that is to count as blank."""
        return "" if self.due.fault_of(row.cells) else self.due.of_row(row.cells)

    @cached_property
    def digest(self) -> str:
        """Of all that says what a row gives."""
        table = self.table
        facts = [
            table.format, table.encoding.name, table.delimiter, table.header_number, list(table.headers),
            as_saved(self.columns), self.file.leave_blank, list(self.sides), self.additions.tags,
            self.additions.notes, self.additions.tasks, self.file.task_due, self.rules.digest,
        ]  # fmt: skip
        return hashlib.blake2b(json.dumps(facts, default=str).encode(), digest_size=16).hexdigest()

    @property
    def saved_columns(self) -> dict[str, Any]:
        """What is kept for the link's next file: what a person chose, and of the rest the field alone. How dates and
        numbers are written is looked at in each file anew.
        """
        chosen = {column.header: column.target.key for column in self.columns if column.target}
        return chosen | _fitting(self.file.columns, self.table.headers)

    @property
    def notes(self) -> list[str]:
        """What to know of it, in sentences."""
        notes = list(self.table.notes)
        kinds = {column.target.kind for column in self.columns if column.target}
        if (self.additions.notes or self.additions.tasks or kinds & {"note", "task"}) and "ghl" not in self.sides:
            notes.append("Gist's API has no notes and no tasks: those of the file are left out. Choose GHL for them.")
        return [*notes, *self._create_only_notes()]

    def _create_only_notes(self) -> Iterator[str]:
        for column in self.columns if self.mode != ImportMode.CREATE else ():
            fields = column.target.fields if column.target else {}
            for side in self.sides:
                if side in fields and fields[side].create_only:
                    yield (
                        f"“{column.header}” is written for people who are made, and not for those who are there:"
                        f" {Provider(side).label} takes {fields[side].label} of somebody new only."
                    )


def read_order(file: ImportFile, rules: Rules, accounts: AccountFields, *, strict: bool = False) -> ImportOrder:
    """Raises SetupError for a file that is no table, and for a column whose field is gone; when `strict`, also for one
    that was chosen and that the file does not have.
    """
    table = open_file(file)
    kept = _fitting(_still_there(file.link.import_columns, accounts), table.headers)
    saved = {**kept, **(file.columns if strict else _fitting(file.columns, table.headers))}
    columns = choose_columns(table, accounts, saved, rules.country)
    additions = Additions(tuple(file.tags), tuple(file.notes), tuple(file.tasks))
    additions.check(table.headers)
    due = read_due_rule(file.task_due, table.headers, table.sample, find_zone(file.link.zone))
    return ImportOrder(file, table, columns, additions, accounts, rules, due)


def open_file(file: ImportFile) -> Table:
    return open_table(
        path_of(file), name=file.name, encoding=file.encoding, delimiter=file.delimiter, header_row=file.header_row
    )


def _still_there(saved: Mapping[str, Any], accounts: AccountFields) -> dict[str, Any]:
    """Of what columns meant in earlier files: what there is a field for. What a person chose for this one must fit."""
    found = {}
    for header, entry in saved.items():
        key = entry if isinstance(entry, str) else entry.get("field", "")
        with suppress(SetupError):
            if key:
                resolve_target(key, accounts, header)
            found[header] = entry
    return found


def _fitting(saved: Mapping[str, Any], headers: tuple[str, ...]) -> dict[str, Any]:
    """What was saved of columns that this file has: another encoding or delimiter gives others."""
    known = {fold_header(header) or header for header in headers}
    return {header: entry for header, entry in saved.items() if (fold_header(header) or header) in known}


def accounts_of(link: Link, refresh: bool = False) -> AccountFields:
    """The fields of both accounts, read live at most every five minutes. Raises ProviderError."""
    return {"gist": fields_of(link.gist, refresh), "ghl": fields_of(link.ghl, refresh)}


def rules_of(link: Link, accounts: AccountFields) -> Rules:
    """The rules as they stand; those of a link without a mapping carry nothing over."""
    mapping = current_version(link)
    if mapping is None:
        return Rules(country=link.phone_country, zone=link.zone)
    return freeze_rules(link, mapping, accounts["gist"], accounts["ghl"])
