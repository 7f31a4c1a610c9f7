"""What was read of a contact against what was known of it: what workflows are told."""

from dataclasses import dataclass
from datetime import datetime

from integration.mapping.rules import Rules
from integration.models import Snapshot
from integration.records import PersonRef, Value, Values
from integration.sync.bases import keys_of, unwritten_keys
from integration.sync.entry import Entry, id_of


@dataclass(frozen=True)
class ContactNews:
    """What was read of a contact against what was known: `before` is None for someone never seen.

    `made_at` is when it was made, as the record says and as its event says; empty when neither does. `decided_run`
    is the run that last decided about the contact.
    """

    side: str
    before: Values | None
    after: dict[str, Value]
    made_at: tuple[datetime, ...]
    person: PersonRef
    decided_run: int = 0
    taken_since: datetime | None = None
    """Now, for somebody whom a filter left out until this edit: to the link they are new."""
    trace: str = ""

    @property
    def contact_id(self) -> str:
        return self.person.gist_id if self.side == "gist" else self.person.ghl_id


@dataclass(frozen=True)
class SnapshotRead:
    """A record as it was known, and as it was read."""

    entry: Entry
    snapshot: Snapshot
    before: Values | None
    after: dict[str, Value]
    decided_run: int
    reported_at: datetime | None
    taken_since: datetime | None = None

    @property
    def is_decided(self) -> bool:
        """Whether anything of it was: of a person whose writes failed half-way, the rows that were written."""
        if self.snapshot.undecided is None:
            return not (self.entry.error and self.entry.error.code == "gone")
        wrote = any(change.is_applied for change in self.entry.person.changes)
        return wrote and (self.before is not None or self.entry.person.created is not None)

    def decided_values(self, rules: Rules) -> dict[str, Value]:
        """What was read, but for rows that are still work: those are news when they are decided."""
        side = self.snapshot.side
        waiting = keys_of(rules, self.entry, side, self.entry.person.decision.left_out)
        waiting |= unwritten_keys(rules, self.entry, side) if self.snapshot.undecided is not None else set()
        before = self.before or {}
        return {key: before.get(key) if key in waiting else value for key, value in self.after.items()}

    def news(self, rules: Rules, run_trace: str) -> ContactNews:
        person = self.entry.person
        ref = PersonRef(id_of(person.gist), id_of(person.ghl), self.snapshot.label)
        made_at = tuple(filter(None, (self.snapshot.remote_created_at, self.reported_at)))
        after = self.decided_values(rules)
        return ContactNews(
            self.snapshot.side, self.before, after, made_at, ref, self.decided_run, self.taken_since,
            self.entry.trace or run_trace,
        )  # fmt: skip
