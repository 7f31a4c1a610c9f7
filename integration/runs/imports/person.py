"""One row under work: who it is about on each side, what is to be written, and what became of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.errors import ProviderError
from integration.models import Change, Outcome
from integration.providers.operations import Json
from integration.records import Contact, PersonRef, RelatedRecord, Side
from integration.runs.imports.store import ImportRow


class NotTaken(Exception):
    """The row is rejected: a reason code, and a sentence that names nobody's values but what the pages show anyway."""

    def __init__(self, reason: str, sentence: str):
        super().__init__(sentence)
        self.reason = reason


@dataclass
class ImportedPerson:
    """`contacts` follow the writes, and so do the states of `changes`."""

    row: ImportRow
    sent: Mapping[str, Any] = field(default_factory=dict)
    """What an interrupted try was about to write for this row (cursor.py)."""
    contacts: dict[Side, Contact] = field(default_factory=dict)
    """Records that are there, on the sides that the import writes to."""
    others: dict[Side, Contact] = field(default_factory=dict)
    """What is known of the person on a side that it does not write to."""
    changes: list[Change] = field(default_factory=list)
    created: set[Side] = field(default_factory=set)
    recovered: bool = False
    """A record that an interrupted try had made was met again, and not made twice."""
    unexpected: set[Side] = field(default_factory=set)
    related: list[RelatedRecord] = field(default_factory=list)
    """Notes and tasks that were made."""
    rejection: NotTaken | None = None
    error: ProviderError | None = None
    calls: list[Json] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether anything is left to be written."""
        return not self.rejection and not self.error and any(not change.is_applied for change in self.changes)

    @property
    def ref(self) -> PersonRef:
        if self.rejection and self.rejection.reason == "erased":
            return PersonRef(label=f"Row {self.row.number}")
        ids = {side: one.id for side, one in self.contacts.items()}
        label = next((one.label for one in self.contacts.values() if one.label != one.id), "") or self.row.label
        return PersonRef(ids.get("gist", ""), ids.get("ghl", ""), label)

    def outcome(self, planned: bool) -> Outcome:
        if self.error:
            return Outcome.FAILED
        if self.rejection:
            return Outcome.SKIPPED
        written = [one for one in self.changes if planned or one.is_applied]
        if any(one.kind == "contact" and one.action == "create" for one in written):
            return Outcome.CREATED
        return Outcome.UPDATED if written else Outcome.UNCHANGED

    @property
    def reason(self) -> str:
        if self.error:
            return self.error.code
        if self.rejection:
            return self.rejection.reason
        if self.recovered:
            return "recovered"
        return "imported" if self.changes else "same_value"

    @property
    def sentence(self) -> str:
        return str(self.error or self.rejection or "")
