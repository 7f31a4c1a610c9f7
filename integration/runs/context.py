"""What one slice of a run works with, and what it does each second: keep the lease, save progress, stop when told."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link
from integration.mapping.rules import Rules
from integration.models import PAUSED_BY_PERSON, Checkpoint, Execution, Run, RunKind, RunStatus
from integration.providers.base import ContactSide
from integration.providers.exchange import WAITS, Exchange, Steps
from integration.queue import is_stopping
from integration.runs.prepare import prepare_rules
from integration.runs.turns import Turn
from integration.sync.pairing import pairs_kept_apart
from integration.sync.pending_reads import release_claimed
from integration.sync.record import Recorder
from integration.workflows import start
from integration.workflows.executions import note_call_sent

R = TypeVar("R")

# Seconds between two signs of life; recover.py takes a run for dead after 30 without one.
SIGN_OF_LIFE_SECONDS = 1.0
# Who goes first when calls are scarce; other kinds are backfills.
PURPOSES = {RunKind.LIVE: "live", RunKind.RETRY: "retry", RunKind.SINGLE: "retry", RunKind.SWEEP: "sweep"}
# Runs about certain people, each of whose calls has a line in the log: of a backfill they would bury the rest.
AIMED = (RunKind.LIVE, RunKind.SINGLE, RunKind.RETRY)
# The columns a slice keeps. `cancel_requested` is not among them: others set it while the slice works.
SAVED = ["alive_at", "active_seconds", "api_calls", "checkpoint", "phase", "wait_reason", "total", "error"]
# A person has had the run stop, for good or for now.
STOPPED = Q(cancel_requested=True) | Q(status=RunStatus.PAUSED, error_code=PAUSED_BY_PERSON)


class LeaseLost(Exception):
    """Somebody else writes this link now."""


class TurnOver(Exception):
    """The slice ends while it only waits for calls: nothing was sent that would be lost."""


@dataclass
class RunContext:
    """Works on `run` until `deadline` (monotonic seconds). `renew_lease` returns False when the link's lease is lost.

    Phases read from it; only the flags, `changed` and the run itself are changed along the way.
    """

    run: Run
    deadline: float
    renew_lease: Callable[[], bool]
    exchange: Exchange
    sides: dict[str, ContactSide]
    rules: Rules = field(init=False)
    recorder: Recorder = field(init=False)
    changed: int = 0
    """People this run has changed so far."""
    stopping: bool = False
    """Time is up, or the run is to be cancelled: nothing new is begun."""
    capped: bool = False
    """It would change more than the link allows without a person's yes."""
    broke_off: bool = False
    """The work list was left for something more urgent, and goes on after it."""
    found_anyone: bool = False
    """The work list was not empty."""
    is_closed: bool = False
    """The run came to its end, and all of it is saved."""
    lease_lost: bool = False
    """Another process holds the link: the run is not ours to save any more."""
    claimed: dict[tuple[str, str], int] = field(default_factory=dict)
    """Records that are being written now, by side and id, and the identity of the entry that writes them."""
    _only_reads: bool = False
    _turn: Turn | None = None
    """From when the rules are known: before that the slice has not got on."""
    _began: float = field(default_factory=time.monotonic)
    _calls_before: dict[str, int] = field(default_factory=dict)
    _seconds_before: float = 0.0
    _last_sign: float = field(default_factory=time.monotonic)
    """The slice begins with a sign of life: the lease was just taken, and the run read."""

    @cached_property
    def kept_apart(self) -> set[tuple[str | None, str | None]]:
        """Records, by their Gist and GHL ids, that a person said are two people."""
        return set(pairs_kept_apart(self.run.link))

    @property
    def checkpoint(self) -> Checkpoint:
        checkpoint: Checkpoint = self.run.checkpoint
        return checkpoint

    @property
    def is_over_time(self) -> bool:
        return self.stopping or time.monotonic() > self.deadline

    def tick(self) -> None:
        """Called by the exchange at least once a second: show life, keep the lease, notice a cancel or pause."""
        now = time.monotonic()
        if now > self.deadline or is_stopping():
            self.stopping = True
        if now - self._last_sign < SIGN_OF_LIFE_SECONDS:
            return
        self._last_sign = now
        # A process that slept past the end of its lease must not write: another one may have taken over.
        if not self.renew_lease():
            self.lease_lost = True
            raise LeaseLost
        if Run.objects.filter(STOPPED, pk=self.run.pk).exists():
            self.stopping = True
        if self._turn and self._turn.is_over(self.run.phase):
            self.stopping = True
        self._show_wait()
        self.save()
        if self.stopping and self._only_reads and self.run.wait_reason:
            raise TurnOver

    def read(self, steps: Steps[R]) -> R:
        """Carry out steps that only read. A wait for their calls, as of a sweep with its small share, ends with the
        slice: a worker would wait with it.
        """
        self._only_reads = True
        try:
            return self.exchange.carry_out(steps)
        finally:
            self._only_reads = False

    def _show_wait(self) -> None:
        """Put a wait for a limit into a sentence for the page, unless it ends within a second."""
        now = time.monotonic()
        waiting = [s for s in self.exchange.sessions.values() if s.waiting_for and s.free_at > now + 1]
        sentences = (f"{s.wire.name}: {WAITS[s.waiting_for]}; goes on in {s.free_at - now:.0f} s" for s in waiting)
        self.run.wait_reason = next(sentences, "")

    def save(self, *also: str) -> None:
        """How far the run is, and the columns `also`."""
        self.note_work()
        self.run.save(update_fields=[*SAVED, *also])

    def note_work(self) -> None:
        """Put into the run, unsaved, what was done so far."""
        run = self.run
        run.alive_at = timezone.now()
        # The exchange counts the calls of this slice, the run those of all its slices.
        run.api_calls = {side: self._calls_before.get(side, 0) + self.exchange.made[side] for side in ("gist", "ghl")}
        run.active_seconds = self._seconds_before + time.monotonic() - self._began

    def close(self) -> None:
        self.exchange.close()
        # Whoever holds the lease now may have moved the run on, or finished it: a save would set it back.
        if not (self.lease_lost or self.is_closed):
            self.save()


def open_context(run: Run, deadline: float, renew_lease: Callable[[], bool]) -> RunContext:
    """Nothing is read yet. The caller closes it."""
    link = run.link
    # A wait that outlasts the slice ends it with RateLimited, so that the worker is free for other links meanwhile.
    patience = max(1.0, deadline - time.monotonic())
    exchange = exchange_for_link(link, patience=patience, purpose=PURPOSES.get(RunKind(run.kind), "backfill"))
    exchange.quiet = run.kind not in AIMED
    exchange.on_unrepeatable, exchange.on_refused = _note_call_sent, _note_call_refused
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    context = RunContext(run, deadline, renew_lease, exchange, sides, changed=run.created + run.updated)
    context._calls_before, context._seconds_before = dict(run.api_calls), run.active_seconds
    exchange.on_tick = context.tick
    return context


def prepare_context(context: RunContext) -> None:
    """Read or freeze the run's rules. Raises SetupError, ProviderError."""
    run, link = context.run, context.run.link
    is_first_slice = not run.rules
    context.rules = prepare_rules(run, context.sides, context.exchange)
    context.recorder = Recorder(run, context.rules, on_news=lambda news: start.begin_for_contacts(link, news))
    if is_first_slice:
        # Frozen here and nowhere else; too long to be written with every page.
        context.save("rules")
        if run.error_code:
            # Not with the columns above: a person's pause, which is told by this code, stands.
            Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(error_code=run.error_code)
    else:
        release_claimed(run)
    context._turn = Turn(link.pk)


# Keys of tasks are executions of workflows or entries of people: the latter note their writes before they begin
# (undecided.note_unconfirmed_writes).


def _note_call_sent(key: object) -> None:
    if isinstance(key, Execution):
        note_call_sent(key)


def _note_call_refused(key: object) -> None:
    if isinstance(key, Execution):
        note_call_sent(key, False)
