"""One slice of a run: reads, matches, decides and applies until its time is up, and leaves a checkpoint behind.

    prepare ─► read_ghl ─► read_gist ─► match ─► apply ─► close      full and incremental
    prepare ─► read_people ───────────► match ─► apply ─► close      retry and single contact

The checkpoint says which phase the run is in and how far; each page is saved in one transaction with it, so a
slice may be killed anywhere and the next one goes on from there.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.utils import timezone

from integration.connections import contacts_of, exchange_for_link
from integration.errors import ProviderError, Unexpected
from integration.mapping.rules import Rules
from integration.models import CIRCLES, READING, Execution, Pair, Run
from integration.providers.base import ContactSide
from integration.providers.exchange import WAITS, Exchange, Steps
from integration.records import Contact
from integration.sync import worksheet
from integration.sync.apply import Person, apply
from integration.sync.closing import close_run, doubt_unseen, people
from integration.sync.hints import is_due, release
from integration.sync.ledger import Entry, Ledger
from integration.sync.match import match_page
from integration.sync.preparing import prepare
from integration.sync.slices.listening import listen
from integration.sync.slices.reading import read_around, read_page, read_people
from integration.workflows.executions import note_sent

log = logging.getLogger(__name__)

SIGN_OF_LIFE_SECONDS = 1.0
SAVE_AT, SAVE_SECONDS = 40, 0.5
"""Results are put on record when so many are there, or after so long."""

R = TypeVar("R")
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
        self.exchange.on_unrepeatable, self.exchange.on_refused = _note_sent, _note_refused
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
            "read_ghl": lambda: "read_gist" if read_page(self, "ghl") else "",
            "read_gist": lambda: self.read_rest(),
            "read_people": lambda: "match" if read_people(self) else "",
            "match": self.match,
            "apply": self.apply,
        }
        release(self.run)
        while self.run.phase != "close":
            if self.stopping or time.monotonic() > self.deadline:
                return False
            if self.run.phase.startswith("read_g"):
                listen(self)
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

    def read_rest(self) -> str:
        """Gist's contacts, and after the last of them what belongs to GHL's."""
        if not read_page(self, "gist"):
            return ""
        read_around(self)
        return "match"

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
        listen(self)
        while not self.stopping:
            self.heard = False
            self.carry_out(self._tasks())
            if not (self.heard or is_due(self.run)):
                break
            listen(self)
        return "" if self.stopping else "close"

    def write(self, entries: list[Entry]) -> None:
        """Carry out and put on record what was decided."""
        self.carry_out(self._writes(entries))

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
            yield entry, self.guarded(apply(entry.person, self.sides, self.rules, self._is_taken))

    def _is_capped(self) -> bool:
        """A run that changes more than the link allows waits for a person."""
        cap = self.run.link.change_cap
        if cap and self.changes >= cap and not self.run.target.get("confirmed"):
            self.capped = self.stopping = True
        return self.capped

    def _is_taken(self, contact: Contact) -> bool:
        return Pair.objects.filter(link=self.run.link, **{f"{contact.side}_id": contact.id}).exists()

    @staticmethod
    def guarded(steps: Steps[R]) -> Steps[R]:
        """One person's unforeseen fault must not end the run for the others."""
        try:
            return (yield from steps)
        except ProviderError:
            raise
        except Exception as fault:
            log.exception("unexpected fault while writing for a person")
            raise Unexpected(f"Gistline met a fault of its own ({type(fault).__name__}).") from fault


def _note_sent(key: object) -> None:
    if isinstance(key, Execution):
        note_sent(key)


def _note_refused(key: object) -> None:
    if isinstance(key, Execution):
        note_sent(key, False)
