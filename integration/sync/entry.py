"""One person's work in a run, from the records it started with to what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from integration.causes.registry import BY_SKIP
from integration.errors import ProviderError
from integration.models import Change, LogEntry, Outcome, PendingRead, Snapshot
from integration.providers.operations import Json
from integration.records import EMAIL_CONSENT, Contact, PersonRef
from integration.sync.decision import FieldSkip
from integration.sync.person import Person
from integration.sync.reasons import reason

# Errors that say something about the record and will not pass by trying again: skipped, not failed.
LEFT_ASIDE = ("gone",)
IN_STEP = ("same_value", "adopted", "blank_kept")


@dataclass
class Entry:
    """`gist` and `ghl` are the snapshots the work started from."""

    person: Person
    gist: Snapshot | None = None
    ghl: Snapshot | None = None
    error: ProviderError | None = None
    message: str = ""
    calls: list[Json] = field(default_factory=list)
    parent: LogEntry | None = None
    about: PersonRef = field(default_factory=PersonRef)
    """Whom it is about, where neither a record nor what is known of one says so."""
    plan_entry: LogEntry | None = None
    """What the plan that is applied says of this person."""
    pending_read: PendingRead | None = None
    """What an event reported about this person; deleted in the transaction that records the entry."""
    planned: bool = False
    """Of a dry run: decided, not carried out."""
    quiet: bool = False
    """Counted, not logged: logged before and nothing changed since."""
    asked_at: Snapshot | None = None
    """Of somebody in doubt: the record of the cluster at which a person is asked. None where no answer would help."""
    requested: bool = False
    """A person asked about this one: logged whatever comes of it."""
    undecided: bool = False
    """`error` came before anything was decided, or while it was recorded: what is known stays as it is."""
    unstorable: bool = False
    """It is on record without its changes and calls, which the database refused."""
    traces: tuple[str, ...] = ()
    """Of what its news came by, Gist's first; none where a run read it by itself."""

    @property
    def trace(self) -> str:
        """The one it goes on under; the others are joined to it where it is recorded."""
        return self.traces[0] if self.traces else ""

    @property
    def snapshots(self) -> list[Snapshot]:
        return [snapshot for snapshot in (self.gist, self.ghl) if snapshot]

    @property
    def pair_id(self) -> int | None:
        return next((snapshot.pair_id for snapshot in self.snapshots if snapshot.pair_id), None)

    @property
    def is_logged(self) -> bool:
        """Whether it gets an entry of its own. What was written always does."""
        if self.requested or self.outcome in (Outcome.CREATED, Outcome.UPDATED):
            return True
        return self.outcome != Outcome.UNCHANGED and not self.quiet

    @property
    def unwritten(self) -> list[Change]:
        """What was decided and not carried out."""
        return [change for change in self.person.changes if not change.is_applied]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """Values that were not carried, as a log entry keeps them; those that no rule wanted carried are none."""
        skips = self.person.decision.skips
        return [
            {"field": one.field, "reason": one.reason, "value": one.value} for one in skips if one.reason in BY_SKIP
        ]

    @property
    def outcome(self) -> Outcome:
        if self.error:
            return Outcome.SKIPPED if self.error.code in LEFT_ASIDE else Outcome.FAILED
        if self.planned and self.person.decision.writes:
            return Outcome.CREATED if self.person.decision.create else Outcome.UPDATED
        if self.person.created:
            return Outcome.CREATED
        if self.person.written:
            return Outcome.UPDATED
        return Outcome.UNCHANGED if self.person.reason in IN_STEP else Outcome.SKIPPED

    @property
    def reason(self) -> str:
        return self.error.code if self.error else self.person.reason

    @property
    def sentence(self) -> str:
        """Why, in words: the error, what was noted, or what was left out field by field."""
        if self.error:
            return str(self.error)
        skips = (f"{_name_of(one.field)}: {_why(one)}" for one in self.person.decision.skips)
        return self.message or self.person.decision.message or "; ".join(skips)

    @property
    def ref(self) -> PersonRef:
        """With both ids where there is a pair, also when one of its records is gone: a retry asks for both."""
        gist, ghl = self.person.gist or self.gist, self.person.ghl or self.ghl
        label = (gist.label if gist else "") or (ghl.label if ghl else "")
        pair = next((snapshot.pair for snapshot in self.snapshots if snapshot.pair_id), None)
        known = (pair.gist_id, pair.ghl_id) if pair else (self.about.gist_id, self.about.ghl_id)
        return PersonRef(id_of(gist) or known[0], id_of(ghl) or known[1], label or self.about.label)


def _name_of(field: str) -> str:
    return "E-mail consent" if field in EMAIL_CONSENT.values() else field


def _why(skip: FieldSkip) -> str:
    return skip.message or reason(skip.reason).title


@dataclass
class Attempt:
    """An entry that is about to be recorded, with its snapshots: after a try that failed they are as they were."""

    entry: Entry
    gist: Snapshot | None = None
    ghl: Snapshot | None = None
    is_first: bool = True

    def __post_init__(self) -> None:
        self.gist, self.ghl = self.entry.gist, self.entry.ghl

    def restore(self) -> None:
        if self.is_first:
            self.is_first = False
            return
        known = {one.pk: one for one in Snapshot.objects.select_related("pair").filter(pk__in=self._keys())}
        self.entry.gist = known.get(self.gist.pk) if self.gist else None
        self.entry.ghl = known.get(self.ghl.pk) if self.ghl else None

    def _keys(self) -> list[int]:
        return [one.pk for one in (self.gist, self.ghl) if one]


def undecided_entry(error: ProviderError, *snapshots: Snapshot, contact: Contact | None = None) -> Entry:
    """Somebody whom a fault kept from being decided; `contact` names one of whom there is no snapshot."""
    person = Person()
    if contact:
        person.set_contact(contact)
    entry = Entry(person, error=error, undecided=True)
    for snapshot in snapshots:
        if snapshot.side == "gist":
            entry.gist = snapshot
        else:
            entry.ghl = snapshot
    entry.traces = traces_of(entry.snapshots)
    return entry


def traces_of(snapshots: Iterable[Snapshot]) -> tuple[str, ...]:
    """Of the news that waits in them: what is decided keeps the trace it had, and brings about nothing any more."""
    return tuple(dict.fromkeys(one.trace for one in snapshots if one.trace and one.undecided is not None))


def id_of(record: Contact | Snapshot | None) -> str:
    """The record's id on its side; "" for none."""
    if record is None:
        return ""
    return record.id if isinstance(record, Contact) else record.external_id
