"""How far an import is: kept in the run's checkpoint, so that a run that was killed anywhere goes on there."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from integration.models import ChangeAction
from integration.runs.imports.person import ImportedPerson


@dataclass
class ImportCursor:
    """Rows up to number `after` are on record, and of those that follow the ones in `done`.

    `sent` is what was about to be written when the cursor was saved, by row number: `{"ghl": {"create": values}}` or
    `{"ghl": {"update": [[field, before, after]]}}` by side, and `{"related": [[kind, text]]}`. What of it stands there
    after a kill was written by this run, and is put on record as such instead of being written again.
    """

    after: int = 0
    done: list[int] = field(default_factory=list)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def note_sent(self, people: Iterable[ImportedPerson]) -> None:
        """To be saved before anything is sent. What an earlier try noted stays: it may have arrived."""
        for person in people:
            self.sent[str(person.row.number)] = {**_writes_of(person), **dict(person.sent)}

    def note_done(self, numbers: Iterable[int], portion: list[int]) -> None:
        """These rows are on record; `portion` are all that were taken up together."""
        self.done += numbers
        for number in self.done:
            self.sent.pop(str(number), None)
        if set(portion) <= set(self.done):
            self.after, self.done, self.sent = max(portion), [], {}


def _writes_of(person: ImportedPerson) -> dict[str, Any]:
    writes: dict[str, Any] = {}
    for change in person.changes:
        if change.kind != "contact":
            after = change.after or {}
            writes.setdefault("related", []).append([change.kind, after.get("body") or after.get("title")])
        elif change.action == ChangeAction.CREATE:
            writes[change.side] = {"create": change.after}
        else:
            row = [change.field, change.before, change.after]
            writes.setdefault(change.side, {"update": []})["update"].append(row)
    return writes
