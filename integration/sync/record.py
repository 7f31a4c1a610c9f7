"""Puts on record what became of each person: snapshots, pair, log entry with its changes, and the run's counts, in one
transaction.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integration import log
from integration.errors import Duplicate, LostAnswer
from integration.mapping.rules import Rules
from integration.models import LogEntry, MatchedBy, Pair, Provider, Question, Run, Snapshot
from integration.records import SIDES, Contact
from integration.sync.bases import keep_unwritten, note_values, set_base
from integration.sync.consent import remember_lifted
from integration.sync.deletions import mark_pairs
from integration.sync.entry import Attempt, Entry
from integration.sync.joined_traces import join_traces
from integration.sync.news import ContactNews, SnapshotRead
from integration.sync.one_by_one import NOT_OF_A_RECORD, all_or_each, as_error
from integration.sync.open_failures import OpenFailures
from integration.sync.pairing import Wanted, make_pairs, relinked_entry
from integration.sync.parity import do_agree, save_agreement
from integration.sync.pending_reads import delete_if_unchanged, postpone, read_again
from integration.sync.questions import ask_who, update_questions
from integration.sync.reasons import LEFT_WAITING
from integration.sync.retry import clear_retry, schedule_retry
from integration.sync.taken_back import record_taken_back

logger = logging.getLogger(__name__)

# Reasons that leave a person's news as work: nothing was decided about their fields.
UNDECIDED_REASONS = ("missing_there", "held", "gone", "changed_since")

BELONGS_ELSEWHERE = "The record that was found on the other side is half of another pair, which stays as it is."


# Begins the workflows that wait for such news, within the transaction that records them.
OnNews = Callable[[Iterable[ContactNews]], None]


@dataclass
class Recorder:
    """Writes entries of one run. Planned entries change nothing but the log and the counts."""

    run: Run
    rules: Rules
    on_news: OnNews | None = None
    """None where no workflow waits: then no news is gathered."""
    reported_created: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Records, by side and id, of which an event said that they were just made, and when it came."""

    @cached_property
    def _failures(self) -> OpenFailures:
        return OpenFailures(self.run)

    def resolve_failures_of(self, settled: Sequence[Snapshot]) -> None:
        """Records that were read and hold no news: whatever failed about them before is over."""
        self._failures.resolve_records(settled)

    def record(self, entries: list[Entry]) -> None:
        """All of `entries`, together; where one cannot be recorded, each by itself, and that one as failed.

        They are all planned or all carried out.
        """
        decided = [entry for entry in entries if not entry.undecided]
        done = all_or_each([Attempt(entry) for entry in decided], self._record_attempts)
        for attempt, fault in done.faults:
            attempt.restore()
            attempt.entry.error, attempt.entry.undecided = as_error(fault), True
        if done.faults:
            # What was looked up while it failed was rolled back.
            vars(self).pop("_any_question", None)
            vars(self).pop("_failures", None)
        for entry in entries:
            if entry.undecided:
                self._record_undecided(entry)

    def _record_attempts(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            attempt.restore()
        self._record_together([attempt.entry for attempt in attempts])

    def _record_undecided(self, entry: Entry) -> None:
        """What is known stays as it is, and so do the notes of what was sent: the next try finds that by its values,
        as after a kill.
        """
        assert entry.error
        with transaction.atomic():
            again = self._met_again([entry])
            for row in entry.snapshots:
                row.decided_run = self.run.pk
                if row.undecided is not None and not entry.planned:
                    schedule_retry(row, entry.error, timezone.now())
            Snapshot.objects.update_rows(entry.snapshots, ["decided_run", "tries", "retry_at", "parked"])
            if not entry.planned:
                self._failures.count_repeated([entry])
            saved = self._save_failure(entry) if entry.is_logged else []
            self._count([entry], again)
            self._failures.resolve([entry], saved, timezone.now())
            self._failures.close_problems()
            if entry.pending_read:
                postpone([entry.pending_read])

    def _save_failure(self, entry: Entry) -> list[LogEntry]:
        saved = [self._draft(entry, None)]
        try:
            with transaction.atomic():
                log.save_entries(saved)
        except NOT_OF_A_RECORD:
            raise
        except Exception:
            # What it was to hold is what cannot be stored.
            logger.exception("run %s: an entry was stored without its changes and calls", self.run.pk)
            entry.person.changes, entry.person.held, entry.calls, entry.unstorable = [], [], [], True
            saved = [self._draft(entry, None)]
            log.save_entries(saved)
        return saved

    def _record_together(self, entries: list[Entry]) -> None:
        with transaction.atomic():
            for entry in entries:
                join_traces(entry.traces[1:], entry.trace)
            if entries[0].planned:
                self._record_plan(entries)
            else:
                self._record_results(entries, timezone.now())
            reported = [entry for entry in entries if entry.pending_read]
            delete_if_unchanged(entry.pending_read for entry in reported if entry.pending_read and not entry.error)
            # A deletion that failed is still to be followed: nothing else would bring it up again.
            postpone(entry.pending_read for entry in reported if entry.pending_read and entry.error)

    def _record_plan(self, entries: list[Entry]) -> None:
        again = self._met_again(entries)
        decided = [snapshot for entry in entries for snapshot in entry.snapshots]
        for entry in entries:
            for snapshot in entry.snapshots:
                snapshot.decided_run, snapshot.reason = self.run.pk, entry.reason
        Snapshot.objects.update_rows(decided, ["decided_run", "reason"])
        self._compare(entries, {})
        if self._any_question or any(entry.asked_at for entry in entries):
            ask_who(self.run.link, self.rules, entries)
            vars(self).pop("_any_question", None)
        log.save_entries([self._draft(entry, None) for entry in entries if entry.is_logged])
        self._count(entries, again)

    def _met_again(self, entries: list[Entry]) -> int:
        """Decisions beyond one per person that is there: about somebody decided before in this run, or gone with it."""
        again = 0
        for entry in entries:
            before = [snapshot for snapshot in entry.snapshots if abs(snapshot.decided_run) == self.run.pk]
            # Halves that were matched have no base yet: each was decided by itself before.
            alone = entry.pair_id is None or all(snapshot.base is None for snapshot in before)
            again += len(before) if alone else min(1, len(before))
            # A plan leaves the pair as it is, and with it one person more to count.
            again += (entry.reason == "deleted" and not entry.planned) or not entry.snapshots
            again += self._adopted_again(entry)
        return again

    def _adopted_again(self, entry: Entry) -> int:
        """Whether the record that was adopted had been decided by itself in this run."""
        if entry.person.reason != "adopted" or len(entry.snapshots) == 2:
            return 0
        other = next((one for one in entry.person.contacts.values() if one and getattr(entry, one.side) is None), None)
        known = Snapshot.objects.filter(link=self.run.link, decided_run__in=(self.run.pk, -self.run.pk))
        return known.filter(side=other.side, external_id=other.id).count() if other else 0

    def _record_results(self, entries: list[Entry], now: datetime) -> None:
        again = self._met_again(entries)
        pairs = self._pairs(entries)
        reads = self._reads(entries) if self.on_news else []
        for entry in entries:
            self._move_snapshots(entry, pairs.get(id(entry)))
        _save_snapshots(snapshot for entry in entries for snapshot in entry.snapshots)
        self._compare(entries, pairs, now)
        self._failures.count_repeated(entries)
        saved = [self._draft(entry, pairs.get(id(entry))) for entry in entries if entry.is_logged]
        log.save_entries(saved)
        self._count(entries, again)
        if self.on_news:
            # Whom a filter leaves out is no news to anybody; what they changed meanwhile is none either.
            self.on_news(
                one.news(self.rules, self.run.trace)
                for one in reads
                if one.is_decided and one.entry.reason != "filtered"
            )
        self._failures.resolve(entries, saved, now)
        self._failures.close_problems()
        mark_pairs(entries)
        record_taken_back(self.run.link, entries)
        self._ask(entries, pairs)
        for side, ids in _edited_meanwhile(entries).items():
            read_again(self.run.link, side, ids)

    def _draft(self, entry: Entry, pair: Pair | None) -> LogEntry:
        return log.draft_entry(
            self.run,
            entry.ref,
            entry.outcome,
            entry.reason,
            message=entry.sentence,
            changes=[*entry.person.changes, *entry.person.held],
            calls=entry.calls,
            planned=entry.planned,
            pair=pair or next((snapshot.pair for snapshot in entry.snapshots if snapshot.pair_id), None),
            parent=entry.parent,
            left_out=entry.left_out,
            plan_entry=entry.plan_entry,
            trace=entry.trace,
        )

    def _count(self, entries: list[Entry], again: int) -> None:
        counts: dict[str, int] = {"met_again": again} if again else {}
        for entry in entries:
            for name in (entry.outcome, *(() if entry.is_logged else ("quiet",))):
                counts[name] = counts.get(name, 0) + 1
        Run.objects.filter(pk=self.run.pk).update(**{name: F(name) + number for name, number in counts.items()})

    # Pairs and snapshots ------------------------------------------------------------------------------

    def _pairs(self, entries: list[Entry]) -> dict[int, Pair]:
        """The pair of each entry, by the entry's identity; new ones for people who have both sides now."""
        found: dict[int, Pair] = {}
        new: dict[int, Wanted] = {}
        for entry in entries:
            known = next((snapshot.pair for snapshot in entry.snapshots if snapshot.pair_id), None)
            gist, ghl = entry.person.gist, entry.person.ghl
            if known:
                found[id(entry)] = known
            elif gist and ghl:
                by = MatchedBy.CREATED if entry.person.created else MatchedBy.FOUND
                new[id(entry)] = (gist.id, ghl.id, gist.label or ghl.label, by)
        made = dict(zip(new, make_pairs(self.run.link, list(new.values())) if new else (), strict=True))
        log.save_entries([relinked_entry(self.run, one) for one in made.values() if one and one.former])
        for entry in entries:
            # Asked before anything was written; what came up since then must not change whose half a record is.
            if id(entry) in new and made[id(entry)] is None:
                entry.error = Duplicate(BELONGS_ELSEWHERE, existing_id="")
                # Nor may it be put on record as somebody's who is alone.
                for side in SIDES:
                    if getattr(entry, side) is None:
                        setattr(entry.person, side, None)
        return found | {key: one.pair for key, one in made.items() if one}

    def _compare(self, entries: list[Entry], pairs: dict[int, Pair], now: datetime | None = None) -> None:
        """Keep whether both sides hold the same as they stand now, whatever was decided about it. A plan has no `now`:
        it brings nobody in step.
        """
        compared: dict[int, bool] = {}
        for entry in entries:
            gist, ghl = entry.person.gist, entry.person.ghl
            pair = pairs[id(entry)].pk if id(entry) in pairs else entry.pair_id
            if pair and gist and ghl:
                compared[pair] = do_agree(self.rules, gist, ghl)
        save_agreement(compared.items(), now)

    def _move_snapshots(self, entry: Entry, pair: Pair | None) -> None:
        """Snapshots as they stand now. A side that was written or agreed on becomes the new base."""
        for side in ("gist", "ghl"):
            contact = entry.person.contact(side)
            if getattr(entry, side) is None and contact and entry.reason != "gone":
                setattr(entry, side, Snapshot(link=self.run.link, side=side, external_id=contact.id))
            snapshot: Snapshot | None = getattr(entry, side)
            if snapshot is None:
                continue
            snapshot.decided_run, snapshot.reason = self.run.pk, entry.reason
            if entry.error or not _is_undecided(entry, pair):
                self._move_snapshot(snapshot, entry, contact, pair)
            else:
                self._leave_waiting(snapshot, contact, pair)

    def _leave_waiting(self, snapshot: Snapshot, contact: Contact | None, pair: Pair | None) -> None:
        """Its fields stay work, as of the values that were agreed on before."""
        # Nothing is to be tried again before it is decided; else a retry would be started every minute.
        clear_retry(snapshot)
        if snapshot.pair_id is None and pair and contact:
            # Found on the other side just now, where they were to be created.
            snapshot.pair, snapshot.create_sent, snapshot.unconfirmed_writes = pair, False, None
            note_values(self.rules, snapshot, contact)

    def _move_snapshot(self, snapshot: Snapshot, entry: Entry, contact: Contact | None, pair: Pair | None) -> None:
        snapshot.pair = pair or snapshot.pair
        snapshot.seen_run = self.run.pk
        snapshot.create_sent = bool(entry.person.decision.create) and isinstance(entry.error, LostAnswer)
        if entry.error and entry.error.code == "gone":
            # Nobody is there to write to; a full run says what is missing where.
            snapshot.undecided = snapshot.unconfirmed_writes = None
            return
        if entry.error and entry.unwritten:
            schedule_retry(snapshot, entry.error, timezone.now())
            keep_unwritten(self.rules, snapshot, entry, contact)
            return
        clear_retry(snapshot)
        snapshot.unconfirmed_writes = None
        if contact is not None and entry.person.still_news:
            keep_unwritten(self.rules, snapshot, entry, contact)
        elif contact is not None:
            set_base(self.rules, snapshot, contact, entry)
            # Taken from the record that stands there, which knows nothing of what once stood there.
            snapshot.base = remember_lifted(snapshot.base or {}, entry.person.decision.lifted_on(snapshot.side))

    def _reads(self, entries: list[Entry]) -> list[SnapshotRead]:
        """What was read of these people, before it becomes what is known."""
        return [
            SnapshotRead(
                entry,
                snapshot,
                entry.person.known_before.get(Provider(snapshot.side).side, snapshot.base),
                snapshot.undecided,
                abs(snapshot.decided_run),
                self.reported_created.get((snapshot.side, snapshot.external_id)),
                self._taken_since(snapshot),
            )
            for entry in entries
            for snapshot in entry.snapshots
            if snapshot.undecided is not None
        ]

    def _taken_since(self, snapshot: Snapshot) -> datetime | None:
        """Now, when an edit ended that the filter left somebody out; None also when another filter did."""
        left_out = snapshot.reason == "filtered" and snapshot.pair_id is None and snapshot.base is not None
        return timezone.now() if left_out and not self.rules.takes(snapshot.side, snapshot.base or {}) else None

    # Questions ----------------------------------------------------------------------------------------

    @cached_property
    def _any_question(self) -> bool:
        asked = Question.objects.filter(link=self.run.link, closed_at=None)
        return asked.exclude(kind=Question.Kind.NEAR).exists()

    def _ask(self, entries: list[Entry], pairs: dict[int, Pair]) -> None:
        raised = any(e.asked_at or e.person.decision.held_rows for e in entries)
        if raised or self._any_question:
            self._any_question = update_questions(self.run, self.rules, entries, pairs)


def _is_undecided(entry: Entry, pair: Pair | None) -> bool:
    """Whether the fields stay work, as of a pair that a filter leaves out: both sides are merged once it is back."""
    waits = pair is not None and entry.person.decision.reason in LEFT_WAITING
    return waits or entry.reason in UNDECIDED_REASONS


def _edited_meanwhile(entries: list[Entry]) -> dict[str, list[str]]:
    """Ids, by side, of records whose answer showed an edit that nobody has decided."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        for side in entry.person.unexpected:
            if contact := entry.person.contact(side):
                found.setdefault(side, []).append(contact.id)
    return found


def _save_snapshots(snapshots: Iterable[Snapshot]) -> None:
    """Rows that exist are updated in the columns that a decision moves; whole rows cost several times as much."""
    known: list[Snapshot] = []
    new: list[Snapshot] = []
    for snapshot in snapshots:
        (known if snapshot.pk else new).append(snapshot)
    Snapshot.objects.update_rows(known, MOVED)
    if new:
        Snapshot.objects.save_all(new)
        Snapshot.objects.index_other_emails(one for one in new if one.other_emails)


MOVED = [
    "pair", "email", "phone", "label", "base", "undecided", "fingerprint", "rules", "reason", "remote_updated_at",
    "seen_run", "decided_run", "create_sent", "unconfirmed_writes", "tries", "retry_at", "parked",
]  # fmt: skip
