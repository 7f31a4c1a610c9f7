"""Failures of people that are not resolved yet, and values left out of what was written: counted, followed, closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integration.causes.classify import is_left_out
from integration.causes.group import close_resolved
from integration.models import LogEntry, Outcome, Run, Snapshot
from integration.records import SIDES
from integration.sync.entry import Entry, id_of


@dataclass
class OpenFailures:
    """Of the link of one run. Without any, each of the questions below costs nothing."""

    run: Run

    @cached_property
    def _open(self) -> QuerySet[LogEntry]:
        mine = LogEntry.objects.filter(link=self.run.link, kind="contact", resolved_at=None)
        return mine.filter(Q(outcome=Outcome.FAILED) | Q(problem__isnull=False))

    @cached_property
    def _failed(self) -> QuerySet[LogEntry]:
        return self._open.filter(outcome=Outcome.FAILED)

    @cached_property
    def _any_open(self) -> bool:
        return self._open.exists()

    def count_repeated(self, entries: Iterable[Entry]) -> None:
        """A failure that stands in the log already, in the same words, is counted there and not logged again."""
        failed = [entry for entry in entries if entry.outcome == Outcome.FAILED and not entry.parent]
        for entry in failed:
            ids = {"gist_id": entry.ref.gist_id, "ghl_id": entry.ref.ghl_id}
            same = self._failed.filter(**ids, reason=entry.reason, message=entry.sentence)
            if entry.requested:
                # Who asked sees what came of it: an entry of its own, which goes on from the one before.
                entry.parent = same.first()
                same.update(resolved_at=timezone.now())
                continue
            counted = bool(same.update(attempt=F("attempt") + 1))
            entry.quiet = counted and not any(change.is_applied for change in entry.person.changes)
        if failed:
            self._any_open = True

    def resolve(self, entries: Sequence[Entry], saved: Sequence[LogEntry], now: datetime) -> None:
        """Earlier failures of the same people are resolved once a later attempt came to an end. `saved` are the log
        entries of `entries`, those that have one.
        """
        parents = [entry.parent.pk for entry in entries if entry.parent]
        if parents:
            LogEntry.objects.filter(pk__in=parents).update(resolved_at=now)
        grouped = [one for one in saved if one.problem_id and one.resolved_at is None]
        before = self._any_open
        self._any_open = before or bool(grouped)
        if not before:
            return
        earlier = self._open.exclude(pk__in=[one.pk for one in grouped])
        done = [entry for entry in entries if not entry.error]
        # Of somebody whose value is left out again, and who has nothing else to say, what was said before stands.
        stays = {id(entry) for entry in done if is_left_out(entry.left_out) and not entry.is_logged}
        _resolve_of(earlier, [entry for entry in done if id(entry) not in stays], now)
        _resolve_of(self._failed, [entry for entry in done if id(entry) in stays], now)
        if grouped:
            self._follow(earlier, grouped, now)

    def resolve_records(self, settled: Sequence[Snapshot]) -> None:
        """Records that were read and hold no news: whatever failed about them before is over."""
        if not settled or not self._any_open:
            return
        for side in SIDES:
            ids = [one.external_id for one in settled if one.side == side]
            self._failed.filter(**{f"{side}_id__in": ids}).update(resolved_at=timezone.now())
        self.close_problems()

    def close_problems(self) -> None:
        """Those of which nothing fails any more."""
        if self._any_open:
            close_resolved(self.run.link)

    def _follow(self, earlier: QuerySet[LogEntry], saved: Sequence[LogEntry], now: datetime) -> None:
        """The same cause in other words, for the same person: one more attempt, and not one more record."""
        newest = {(one.problem_id, side, getattr(one, f"{side}_id")): one for one in saved for side in SIDES}
        about = Q(pk__in=[])
        for side in SIDES:
            about |= Q(**{f"{side}_id__in": {one_id for _, of, one_id in newest if of == side and one_id}})
        before = list(earlier.filter(about, problem__in={one.problem_id for one in saved}).defer("calls", "noticed"))
        followed: dict[int, LogEntry] = {}
        for old in before:
            keys = ((old.problem_id, side, getattr(old, f"{side}_id")) for side in SIDES)
            new = next((newest[key] for key in keys if key[2] and key in newest), None)
            if new:
                followed[old.pk] = new
                new.parent, new.attempt = old, max(new.attempt, old.attempt + 1)
        if followed:
            LogEntry.objects.filter(pk__in=followed).update(resolved_at=now)
            LogEntry.objects.bulk_update(set(followed.values()), ["parent", "attempt"])


def _resolve_of(rows: QuerySet[LogEntry], entries: Sequence[Entry], now: datetime) -> None:
    for side in SIDES:
        ids = {id_of(entry.person.contact(side)) for entry in entries} - {""}
        if ids:
            rows.filter(**{f"{side}_id__in": ids}).update(resolved_at=now)
