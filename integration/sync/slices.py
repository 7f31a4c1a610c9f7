"""One slice of a run: reads, matches, decides and applies until its time is up, and leaves a checkpoint behind.

    prepare ─► read_ghl ─► read_gist ─► match ─► apply ─► close      full and incremental
    prepare ─► read_people ───────────► match ─► apply ─► close      retry and single contact

The checkpoint says which phase the run is in and how far; each page is saved in one transaction with it, so a
slice may be killed anywhere and the next one goes on from there.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.connections import contacts_of, exchange_for_link
from integration.errors import Gone, MissingScope, ProviderError, RateLimited, ReconnectRequired, Retryable, Unexpected
from integration.mapping.rules import Rules
from integration.models import CIRCLES, READING, Hint, Link, Pair, Run, RunKind, Snapshot
from integration.providers.base import ContactSide
from integration.providers.exchange import WAITS, Exchange, Result, Steps
from integration.records import Contact
from integration.sync import worksheet
from integration.sync.apply import Person, apply
from integration.sync.closing import close_run, doubt_unseen, forget_unseen, people
from integration.sync.hints import is_due, put_off, release, settle, take
from integration.sync.ledger import Entry, Ledger
from integration.sync.match import match_page, match_these
from integration.sync.observe import is_settled, observe, take_in
from integration.sync.preparing import prepare

log = logging.getLogger(__name__)

OVERLAP = {"ghl": timedelta(minutes=5), "gist": timedelta(minutes=1)}
"""Changes are read again this far back: GHL's search index shows a write late (docs/ghl-api.md#search)."""
SIGN_OF_LIFE_SECONDS = 1.0
OF_ALL = (RateLimited, ReconnectRequired, MissingScope)
"""What a record cannot be read for that keeps every other one from being read too."""
SAVE_AT, SAVE_SECONDS = 40, 0.5
"""Results are put on record when so many are there, or after so long."""


Tasks = Iterator[tuple[Entry, Steps[Person]]]


class LeaseLost(Exception):
    """Somebody else writes this link now."""


@dataclass
class Slice:
    """Works on `run` until `deadline` (monotonic seconds). `renew` keeps the link's lease, or says it is lost."""

    run: Run
    deadline: float
    renew: Callable[[], bool]
    exchange: Exchange = field(init=False)
    rules: Rules = field(init=False)
    sides: dict[str, ContactSide] = field(init=False)
    ledger: Ledger = field(init=False)
    stopping: bool = False
    capped: bool = False
    heard: bool = False
    changes: int = 0
    """People this run has changed so far."""
    _finished: list[Entry] = field(default_factory=list)
    _calls_before: dict[str, int] = field(default_factory=dict)
    _sign_at: float = 0.0

    def __post_init__(self) -> None:
        link = self.run.link
        self.exchange = exchange_for_link(
            link,
            patience=self.time_left(),
            purpose={"live": "live", "retry": "retry", "single": "retry", "sweep": "sweep"}.get(
                self.run.kind, "backfill"
            ),
        )
        self.exchange.on_tick = self.tick
        self.sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
        self._calls_before = dict(self.run.api_calls)

    @property
    def checkpoint(self) -> dict[str, Any]:
        checkpoint: dict[str, Any] = self.run.checkpoint
        return checkpoint

    def time_left(self) -> float:
        return max(1.0, self.deadline - time.monotonic())

    def work(self) -> bool:
        """True when the run is finished."""
        self.rules = prepare(self.run, self.sides, self.exchange)
        self.ledger = Ledger(self.run, self.rules)
        self.changes = self.run.created + self.run.updated
        self.save()
        phases: dict[str, Callable[[], str]] = {
            "read_ghl": lambda: self.read("ghl", then="read_gist"),
            "read_gist": lambda: self.read("gist", then="match"),
            "read_people": self.read_people,
            "match": self.match,
            "apply": self.apply,
        }
        release(self.run)
        while self.run.phase != "close":
            if self.stopping or time.monotonic() > self.deadline:
                return False
            if self.run.phase.startswith("read_g"):
                self.listen()
            done = phases[self.run.phase]()
            if done:
                self.run.phase = done
                self.checkpoint.pop("cursor", None)
                self.save()
        close_run(self.run, self.rules)
        return True

    def tick(self) -> None:
        """Called by the exchange at least once a second: show life, keep the lease, notice a cancel."""
        now = time.monotonic()
        if now > self.deadline:
            self.stopping = True
        if now - self._sign_at < SIGN_OF_LIFE_SECONDS:
            return
        self._sign_at = now
        if not self.renew():
            raise LeaseLost
        if Run.objects.filter(pk=self.run.pk, cancel_requested=True).exists():
            self.stopping = True
        self._show_waits()
        self.save()

    def _show_waits(self) -> None:
        """A wait for a limit, in the words of the page; shorter ones than a second are not worth a word."""
        now = time.monotonic()
        waiting = [s for s in self.exchange.sessions.values() if s.waiting_for and s.free_at > now + 1]
        told = (f"{s.wire.name}: {WAITS[s.waiting_for]}; goes on in {s.free_at - now:.0f} s" for s in waiting)
        self.run.wait_reason = next(told, "")

    def save(self) -> None:
        run = self.run
        run.alive_at = timezone.now()
        run.api_calls = {side: self._calls_before.get(side, 0) + self.exchange.made[side] for side in ("gist", "ghl")}
        run.save(
            update_fields=["alive_at", "api_calls", "checkpoint", "phase", "wait_reason", "rules", "total", "error"]
        )

    # Reading ------------------------------------------------------------------------------------------

    def read(self, side: str, then: str) -> str:
        """One page of one side. The next phase when it was the last page."""
        since = self._since(side)
        cursor = self.checkpoint.get("cursor")
        page = self.exchange.carry_out(self.sides[side].page(cursor, since))
        with transaction.atomic():
            observe(self.run.link, self.run, self.rules, page.contacts)
            self._remember(side, page.contacts)
            self.checkpoint["cursor"] = page.next
            if page.next is None and since is None:
                forget_unseen(self.run, side)
            self.save()
        return then if page.next is None else ""

    def _since(self, side: str) -> datetime | None:
        """How far back an incremental run reads; None reads everything."""
        cursors = self.run.link.cursors
        if self.run.kind != RunKind.INCREMENTAL or not cursors.get(side) or cursors.get("rules") != self.rules.digest:
            return None
        return datetime.fromisoformat(cursors[side]) - OVERLAP[side]

    def _remember(self, side: str, contacts: tuple[Contact, ...]) -> None:
        """The mark the next incremental run reads down to: the newest change seen, at most when reading began."""
        began = self.checkpoint.setdefault("began", {}).setdefault(side, timezone.now().isoformat())
        marks = self.checkpoint.setdefault("marks", {})
        newest = max((c.updated_at.isoformat() for c in contacts if c.updated_at), default="")
        seen = max(marks.get(f"seen_{side}", ""), newest)
        marks[f"seen_{side}"] = seen
        marks[side] = min(seen, began) if seen else began
        read = self.checkpoint.setdefault("read", {})
        read[side] = read.get(side, 0) + len(contacts)
        if self.run.kind == RunKind.SWEEP:
            circle = {"started_at": (self.run.started_at or timezone.now()).isoformat(), "read": read}
            Link.objects.filter(pk=self.run.link_id).update(sweep=circle)

    def read_people(self) -> str:
        """Both sides of the people a retry or single run is about, fresh from the APIs. Raises Retryable."""
        people_ = self.run.target.get("people", [])
        done = self.checkpoint.get("cursor") or 0
        chunk = people_[done : done + 50]
        tasks = ((one, self._read_person(one)) for one in chunk)
        results = list(self.exchange.run(tasks))
        for result in results:
            if result.error:
                raise result.error
        with transaction.atomic():
            for result in results:
                for side, contact in (result.value or {}).items():
                    self._observe_again(side, contact)
            gone = [result.key for result in results if not result.value]
            self.ledger.record(worksheet.gone(self.run, gone))
            self.checkpoint["cursor"] = done + len(chunk)
            self.save()
        return "match" if done + len(chunk) >= len(people_) else ""

    def _read_person(self, ids: dict[str, str]) -> Steps[dict[str, Contact]]:
        found: dict[str, Contact] = {}
        for side in ("gist", "ghl"):
            if ids.get(side):
                with suppress(Gone):
                    found[side] = yield from self.sides[side].read(ids[side])
        return found

    def _observe_again(self, side: str, contact: Contact) -> None:
        """As observe, but it becomes work even when nothing is new: a person asked for it."""
        observe(self.run.link, self.run, self.rules, [contact])
        known = Snapshot.objects.get(link=self.run.link, side=side, external_id=contact.id)
        if known.fresh is None:
            take_in(known, contact, self.rules)
            known.save(update_fields=["fresh", "decided_run"])

    # Matching and writing -----------------------------------------------------------------------------

    def match(self) -> str:
        matched = match_page(self.run.link, self.rules, self.checkpoint.get("cursor") or 0)
        self.checkpoint["cursor"] = matched.after
        if matched.after is not None:
            self.save()
            self.tick()
            return ""
        if self.run.kind in CIRCLES:
            worksheet.look_at_loose_again(self.run)
            doubt_unseen(self.run)
        if self.run.kind in READING:
            self.run.total = people(self.run.link)
        return "apply"

    def apply(self) -> str:
        """Decide and write everyone who is left; "" when time ran out first."""
        self.listen()
        while not self.stopping:
            self.heard = False
            self.carry_out(self._tasks())
            if not self.heard:
                break
            self.listen()
        return "" if self.stopping else "close"

    def carry_out(self, tasks: Tasks) -> None:
        """Write what the tasks say, some at once, and put the results on record in handfuls."""
        save_by = time.monotonic() + SAVE_SECONDS
        try:
            for result in self.exchange.run(tasks):
                entry: Entry = result.key
                entry.error, entry.calls = result.error, result.calls
                self._finished.append(entry)
                if len(self._finished) >= SAVE_AT or time.monotonic() > save_by:
                    self._put_on_record()
                    save_by = time.monotonic() + SAVE_SECONDS
        finally:
            # What was carried out is put on record even when the login breaks half-way.
            self._put_on_record()

    def _put_on_record(self) -> None:
        if self._finished:
            finished, self._finished = self._finished, []
            self.ledger.record(finished)

    def _tasks(self) -> Tasks:
        """Everyone undecided, until something was heard meanwhile: that goes first."""
        for batch in worksheet.batches(self.run, self.rules):
            yield from self._writes(batch)
            self.tick()
            self.heard = is_due(self.run)
            if self.stopping or self.heard:
                return

    def _writes(self, entries: list[Entry]) -> Tasks:
        """Records those that need no call, and yields the others."""
        writing = [entry for entry in entries if entry.person.decision.writes and not entry.planned]
        self.ledger.record([entry for entry in entries if entry not in writing])
        worksheet.mark_intents(self.rules, writing)
        for index, entry in enumerate(writing):
            if self.stopping or self._is_capped():
                worksheet.take_back_intents(writing[index:])
                return
            self.changes += 1
            yield entry, _guarded(apply(entry.person, self.sides, self.rules, self._is_taken))

    def _is_capped(self) -> bool:
        """A run that changes more than the link allows waits for a person."""
        cap = self.run.link.change_cap
        if cap and self.changes >= cap and not self.run.target.get("confirmed"):
            self.capped = self.stopping = True
        return self.capped

    # Listening ----------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Read, decide and write what webhooks spoke of. Nothing else is under way meanwhile."""
        while not self.stopping and not self.run.dry_run and (hints := take(self.run)):
            results = list(self.exchange.run((hint, self._read_hint(hint)) for hint in hints))
            self._put_off_unreadable(results)
            read = [result for result in results if not result.error]
            self.carry_out(self._writes(self._take_notes([result.key for result in read], read)))

    def _put_off_unreadable(self, results: list[Result[Hint, dict[str, Contact]]]) -> None:
        """One record that cannot be read must not hold up the others. Raises what concerns more than one record."""
        failed = {result.key: result.error for result in results if result.error}
        of_all = OF_ALL if len(failed) < len(results) else (*OF_ALL, Retryable)
        for error in failed.values():
            if isinstance(error, of_all):
                raise error
        put_off(failed)

    def _take_notes(self, hints: list[Hint], results: list[Result[Hint, dict[str, Contact]]]) -> list[Entry]:
        """What was read becomes work; the hints are settled with it, those of deleted records with their entry."""
        touched: list[Snapshot] = []
        parting: list[Entry] = []
        with transaction.atomic():
            for result in results:
                if not result.value:
                    parting += filter(None, [worksheet.parted(self.run, self.rules, result.key)])
                touched += [self._take_note(side, contact) for side, contact in (result.value or {}).items()]
            kept = {entry.hint.pk for entry in parting if entry.hint}
            settle(hint for hint in hints if hint.pk not in kept)
            match_these(self.run.link, self.rules, touched)
        news = Snapshot.objects.select_related("pair").filter(pk__in=[s.pk for s in touched], fresh__isnull=False)
        return [*parting, *worksheet.entries_of(self.run, self.rules, list(news))]

    def _read_hint(self, hint: Hint) -> Steps[dict[str, Contact]]:
        """The record itself; when it holds news, its other half too. Nothing when it was deleted."""
        found: dict[str, Contact] = {}
        with suppress(Gone):
            found[hint.side] = yield from self.sides[hint.side].read(hint.external_id)
        known = (
            Snapshot.objects.select_related("pair")
            .filter(link=self.run.link, side=hint.side, external_id=hint.external_id)
            .first()
        )
        if not found or known is None or known.pair is None or is_settled(known, found[hint.side], self.rules):
            return found
        other = "ghl" if hint.side == "gist" else "gist"
        with suppress(Gone):
            found[other] = yield from self.sides[other].read(known.pair.external_id(other))
        return found

    def _take_note(self, side: str, contact: Contact) -> Snapshot:
        observe(self.run.link, self.run, self.rules, [contact])
        return Snapshot.objects.get(link=self.run.link, side=side, external_id=contact.id)

    def _is_taken(self, contact: Contact) -> bool:
        return Pair.objects.filter(link=self.run.link, **{f"{contact.side}_id": contact.id}).exists()


def _guarded(steps: Steps[Person]) -> Steps[Person]:
    """One person's unforeseen fault must not end the run for the others."""
    try:
        return (yield from steps)
    except ProviderError:
        raise
    except Exception as fault:
        log.exception("unexpected fault while writing a contact")
        raise Unexpected(f"Gistline met a fault of its own ({type(fault).__name__}).") from fault
