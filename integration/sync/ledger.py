"""Puts on record what became of each person: snapshots, pair, log entry and the run's counts, in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from integration.errors import LostAnswer, ProviderError
from integration.mapping.rules import Rules
from integration.models import Hint, LogEntry, Outcome, Pair, Question, Run, Snapshot
from integration.providers.operations import Json
from integration.records import Contact, Value, fingerprint
from integration.sync.apply import Person
from integration.sync.asking import ask
from integration.sync.hints import settle
from integration.sync.ladder import climb, step_off
from integration.sync.observe import e164, picked
from integration.sync.reasons import reason
from integration.workflows import notice

WAITING = ("missing_there", "held", "gone")
"""Reasons that leave a person's changes as work: nothing was decided about their fields."""


PARTED = {
    "deleted_there": Pair.State.ONE_GONE,
    "unlinked": Pair.State.UNLINKED,
    "deleted": Pair.State.DELETED,
}
"""What a pair becomes when one of its sides was deleted, by the reason of its entry."""


@dataclass
class Entry:
    """One person's work and its end. `gist` and `ghl` are the snapshots it started from."""

    person: Person
    gist: Snapshot | None = None
    ghl: Snapshot | None = None
    error: ProviderError | None = None
    message: str = ""
    calls: list[Json] = field(default_factory=list)
    parent: LogEntry | None = None
    hint: Hint | None = None
    """What was heard about this person; it is settled with the entry."""
    planned: bool = False
    """Of a dry run: decided, not carried out."""
    quiet: bool = False
    """Counted, not logged: said before and nothing changed since."""

    @property
    def snapshots(self) -> list[Snapshot]:
        return [snapshot for snapshot in (self.gist, self.ghl) if snapshot]

    @property
    def outcome(self) -> Outcome:
        if self.error:
            return Outcome.SKIPPED if self.error.code in ("duplicate", "gone") else Outcome.FAILED
        if self.planned and self.person.decision.writes:
            return Outcome.CREATED if self.person.decision.create else Outcome.UPDATED
        if self.person.created:
            return Outcome.CREATED
        if self.person.written:
            return Outcome.UPDATED
        if self.person.reason in ("same_value", "adopted", "blank_kept"):
            return Outcome.UNCHANGED
        return Outcome.SKIPPED

    @property
    def reason(self) -> str:
        if self.error:
            return self.error.code
        return self.person.reason


@dataclass
class Ledger:
    """Writes entries of one run. Planned entries change nothing but the log and the counts."""

    run: Run
    rules: Rules
    born: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Records, by side and id, of which an event said that they were just made, and when it came."""

    def record(self, entries: list[Entry]) -> None:
        """All of `entries` or none of them; they are all planned or all carried out."""
        if not entries:
            return
        now, planned = timezone.now(), entries[0].planned
        with transaction.atomic():
            pairs = {} if planned else self._pairs(entries, now)
            workflows = [] if planned else notice.workflows_on(self.run.link)
            read = self._read(entries) if workflows else []
            changed = [snapshot for entry in entries for snapshot in self._settle(entry, pairs, planned)]
            Snapshot.objects.save_all(changed)
            if not planned:
                self._say_once(entries)
            told = [entry for entry in entries if self._is_told(entry)]
            LogEntry.objects.bulk_create(self._log(entry, pairs.get(id(entry)), planned) for entry in told)
            self._count(entries)
            if not planned:
                notice.contacts(workflows, (one.news for one in read if one.is_decided))
                self._resolve(entries, now)
                self._part(entries)
                self._ask(entries, pairs)
            settle(entry.hint for entry in entries if entry.hint)

    def _read(self, entries: list[Entry]) -> list["_Read"]:
        """What was read of these people, before it becomes what is known."""
        return [
            _Read(
                entry,
                snapshot,
                snapshot.base,
                snapshot.fresh,
                snapshot.decided_run,
                self.born.get((snapshot.side, snapshot.external_id)),
            )
            for entry in entries
            for snapshot in entry.snapshots
            if snapshot.fresh is not None
        ]

    @cached_property
    def _any_question(self) -> bool:
        return Question.objects.filter(link=self.run.link, closed_at=None).exists()

    def _ask(self, entries: list[Entry], pairs: dict[int, Pair]) -> None:
        raised = any(e.reason == "ambiguous" or e.person.decision.held_rows for e in entries)
        if raised or self._any_question:
            self._any_question = ask(self.run, self.rules, entries, pairs)

    @staticmethod
    def _part(entries: list[Entry]) -> None:
        """A pair of which one side was deleted stays as a tombstone, so that nobody creates the person again."""
        for entry in entries:
            state = PARTED.get(entry.reason)
            pair = next((snapshot.pair_id for snapshot in entry.snapshots if snapshot.pair_id), None)
            if state and pair and not entry.error:
                Pair.objects.filter(pk=pair).update(state=state)
                if state == Pair.State.DELETED:
                    Snapshot.objects.filter(pair=pair).delete()

    def _pairs(self, entries: list[Entry], now: datetime) -> dict[int, Pair]:
        """The pair of each entry, by the entry's identity; new ones for people who have both sides now."""
        found: dict[int, Pair] = {}
        new: dict[int, Pair] = {}
        for entry in entries:
            known = next((snapshot.pair for snapshot in entry.snapshots if snapshot.pair_id), None)
            gist, ghl = entry.person.gist, entry.person.ghl
            if known:
                found[id(entry)] = known
            elif gist and ghl:
                label = gist.label or ghl.label
                new[id(entry)] = Pair(link=self.run.link, gist_id=gist.id, ghl_id=ghl.id, label=label, synced_at=now)
        made = Pair.objects.bulk_create(
            new.values(), update_conflicts=True, unique_fields=["link", "kind", "gist_id"], update_fields=["ghl_id"]
        )
        settled = [found[id(entry)].pk for entry in entries if id(entry) in found and not entry.error]
        if settled:
            Pair.objects.filter(pk__in=settled).update(synced_at=now)
        return found | dict(zip(new, made, strict=True))

    def _settle(self, entry: Entry, pairs: dict[int, Pair], planned: bool) -> list[Snapshot]:
        """Snapshots as they stand now. A side that was written or agreed on becomes the new base."""
        for side in ("gist", "ghl"):
            contact = entry.person.contact(side)
            if getattr(entry, side) is None and contact and not planned and entry.reason != "gone":
                setattr(entry, side, Snapshot(link=self.run.link, side=side, external_id=contact.id))
            snapshot: Snapshot | None = getattr(entry, side)
            if snapshot is None:
                continue
            snapshot.decided_run = self.run.pk
            if not planned and (entry.error or entry.reason not in WAITING):
                self._move_on(snapshot, entry, contact, pairs.get(id(entry)))
        return entry.snapshots

    def _move_on(self, snapshot: Snapshot, entry: Entry, contact: Contact | None, pair: Pair | None) -> None:
        snapshot.pair = pair or snapshot.pair
        snapshot.seen_run = self.run.pk
        snapshot.intent = bool(entry.person.decision.create) and isinstance(entry.error, LostAnswer)
        if entry.error and entry.error.code == "gone":
            snapshot.fresh = snapshot.sent = None  # Nobody is there to write to; a full run says what is missing where.
            return
        if entry.error and entry.error.code != "duplicate" and snapshot.side not in entry.person.written:
            climb(snapshot, entry.error, timezone.now())
            return  # Not carried out: what was read stays as work for a retry.
        step_off(snapshot)
        snapshot.sent = None
        if contact is None:
            return
        values = picked(contact, self.rules)
        held = {row.key(snapshot.side) for row in self.rules.rows if row.ghl in entry.person.decision.held_rows}
        base = {key: _held(snapshot, key, values[key], key in held) for key in values}
        snapshot.base, snapshot.fresh = base, None
        snapshot.rules = self.rules.digest
        snapshot.fingerprint = fingerprint(values, self.rules.keys(snapshot.side))
        snapshot.email, snapshot.label = contact.email[:254], contact.label
        snapshot.phone = e164(contact.phone, self.rules.country)
        snapshot.remote_updated_at = contact.updated_at or snapshot.remote_updated_at

    @staticmethod
    def _is_told(entry: Entry) -> bool:
        return entry.outcome != Outcome.UNCHANGED and not entry.quiet

    def _log(self, entry: Entry, pair: Pair | None, planned: bool) -> LogEntry:
        person, decision = entry.person, entry.person.decision
        sides = sorted(person.written or {change.side for change in decision.changes})
        gist, ghl = person.gist or entry.gist, person.ghl or entry.ghl
        return LogEntry(
            link=self.run.link,
            run=self.run,
            pair=pair or next((snapshot.pair for snapshot in entry.snapshots if snapshot.pair_id), None),
            side=sides[0] if len(sides) == 1 else "",
            gist_id=_id(gist),
            ghl_id=_id(ghl),
            label=(gist.label if gist else "") or (ghl.label if ghl else ""),
            outcome=entry.outcome,
            reason=entry.reason,
            message=_message(entry),
            changes=[change.as_json() for change in decision.changes],
            calls=entry.calls[-8:],
            applied=not planned,
            parent=entry.parent,
            attempt=entry.parent.attempt + 1 if entry.parent else 1,
        )

    def _count(self, entries: list[Entry]) -> None:
        counts: dict[str, int] = {}
        for entry in entries:
            counts[entry.outcome] = counts.get(entry.outcome, 0) + 1
        Run.objects.filter(pk=self.run.pk).update(**{name: F(name) + number for name, number in counts.items()})

    @cached_property
    def _open_failures(self) -> QuerySet[LogEntry]:
        return LogEntry.objects.filter(link=self.run.link, kind="contact", outcome=Outcome.FAILED, resolved_at=None)

    @cached_property
    def _any_open(self) -> bool:
        return self._open_failures.exists()

    def _resolve(self, entries: list[Entry], now: datetime) -> None:
        """Earlier failures of the same person are settled once a later attempt came to an end."""
        parents = [entry.parent.pk for entry in entries if entry.parent]
        if parents:
            LogEntry.objects.filter(pk__in=parents).update(resolved_at=now)
        settled = [entry for entry in entries if not entry.error]
        if not settled or not self._any_open:
            return
        for side in ("gist", "ghl"):
            ids = {_id(entry.person.contact(side)) for entry in settled} - {""}
            self._open_failures.filter(**{f"{side}_id__in": ids}).update(resolved_at=now)

    def _say_once(self, entries: list[Entry]) -> None:
        """A failure that stands in the log already, in the same words, is counted there and not told again."""
        failed = [entry for entry in entries if entry.outcome == Outcome.FAILED and not entry.parent]
        if not failed:
            return
        for entry in failed:
            ids = {f"{side}_id": _id(entry.person.contact(side)) for side in ("gist", "ghl")}
            same = self._open_failures.filter(**ids, reason=entry.reason, message=_message(entry))
            entry.quiet = bool(same.update(attempt=F("attempt") + 1))
        self._any_open = True


@dataclass(frozen=True)
class _Read:
    """A record as it was known, and as it was read."""

    entry: Entry
    snapshot: Snapshot
    before: dict[str, Value] | None
    after: dict[str, Value]
    decided_run: int
    born_at: datetime | None

    @property
    def is_decided(self) -> bool:
        return self.snapshot.fresh is None and not (self.entry.error and self.entry.error.code == "gone")

    @property
    def news(self) -> notice.ContactNews:
        person = self.entry.person
        who = notice.Person(_id(person.gist), _id(person.ghl), self.snapshot.label)
        made_at = tuple(filter(None, (self.snapshot.remote_created_at, self.born_at)))
        return notice.ContactNews(self.snapshot.side, self.before, self.after, made_at, who, self.decided_run)


def _held(snapshot: Snapshot, key: str, value: Value, held: bool) -> Value:
    """A field that waits for a person keeps its old base, so that the conflict is met again."""
    return (snapshot.base or {}).get(key) if held else value


def _id(record: Contact | Snapshot | None) -> str:
    if record is None:
        return ""
    return record.id if isinstance(record, Contact) else record.external_id


def _message(entry: Entry) -> str:
    if entry.error:
        return str(entry.error)
    if entry.message:
        return entry.message
    notes = [f"{note.field}: {note.message or reason(note.reason).title}" for note in entry.person.decision.notes]
    return "; ".join(notes)
