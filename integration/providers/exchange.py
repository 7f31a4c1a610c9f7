"""Sends calls: many at once, within the budget, again when it makes sense, and never twice unknowingly.

Work is described as *steps*: a generator that yields calls and is handed their answers,

    def rename(contact_id, name):
        answer = yield contacts.UPDATE(contact_id=contact_id, body={"firstName": name})
        return answer.contact

so that a record needing three calls reads like three lines, while the exchange interleaves hundreds of them.
Only single HTTP tries run in threads; the budget, tokens and every retry decision stay in the calling thread,
the one that holds the database connection. While results are put on record the threads go on with calls that were
permitted and queued before (in_flight.py): the wire does not wait for the database.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from integration.errors import (
    LostAnswer,
    MissingScope,
    ProviderError,
    RateLimited,
    ReconnectRequired,
    Retryable,
    TokenExpired,
)
from integration.providers.budgets import Budget
from integration.providers.call_log import log_call, outcome_of
from integration.providers.http import Answered, Wire
from integration.providers.in_flight import CallThreads, InFlight
from integration.providers.operations import Call, Json
from integration.providers.rate_limits import LIMIT_TRIES, pause_account
from integration.providers.rounds import Round, Task
from integration.providers.time_limit import NO_LIMIT, TimeLimit, current_limit

K = TypeVar("K")
R = TypeVar("R")
A = TypeVar("A", bound=BaseModel)
Steps = Generator[Call[Any], Any, R]

# Tries of one call that fails for now; some 12 s with the pauses between them, each twice as long as the one before.
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# Times one call's login is renewed: another process may have spent the first new token's life meanwhile.
RENEWALS = 2
LONGEST_NAP = 1.0
# Why a budget grants nothing, by the reason it gives, in words.
WAITS = {
    "limit": "its limit is reached",
    "daily": "today's allowance is used up",
    "daily_reserve": "what is left of today is kept for live events and people",
    "away": "Redis, which counts the calls of all hosts, does not answer",
}


class Login(Protocol):
    """Where the Authorization header of a connection comes from."""

    def header(self) -> str:
        """A header that is good for the next minutes; refreshes early. May raise ReconnectRequired."""

    def renew(self, refused: str) -> str:
        """A new header after `refused` was refused. Raises ReconnectRequired when there is none."""


@dataclass
class Session:
    """One connection with all that its calls need; `permits` are granted and not used, `ready_at` is monotonic."""

    wire: Wire
    login: Login
    budget: Budget
    permits: int = 0
    ready_at: float = 0.0
    waiting_for: str = ""
    free_at: float = 0.0
    """When the budget is expected to grant calls again (monotonic); in the past when it does."""


@dataclass
class Result(Generic[K, R]):
    """What came of one task: `value`, or the `error` that ended it; and every try that was made for it."""

    key: K
    value: R | None = None
    error: ProviderError | None = None
    calls: list[Json] = field(default_factory=list)


@dataclass
class Exchange:
    """Runs steps against the sessions of a link (or of one connection), by provider name.

    `on_tick` is called at least every second, also while waiting: to show signs of life, and to stop by raising.
    """

    sessions: Mapping[str, Session]
    concurrency: int = 16
    patience: float | None = None
    """Longest wait in seconds for a budget before RateLimited is raised; None waits as long as it takes."""
    on_tick: Callable[[], None] = lambda: None
    on_unrepeatable: Callable[[Any], None] = lambda key: None
    """Called with the task's key right before a call is sent that must not be carried out twice."""
    on_refused: Callable[[Any], None] = lambda key: None
    """Called with the task's key when such a call was certainly not carried out."""
    quiet: bool = False
    """Its calls are very many: only what fails, or belongs to an event, is said in the log."""
    made: Counter[str] = field(default_factory=Counter)
    """Calls made so far, per provider."""
    denied: dict[str, MissingScope] = field(default_factory=dict)
    """Operations that the login does not allow, by key: they are not sent a second time."""
    limit: TimeLimit = field(default_factory=current_limit)
    """When it is over nothing more is sent: what is under way is still taken in, the rest ends with Retryable."""
    _threads: CallThreads = field(init=False)

    def __post_init__(self) -> None:
        self._threads = CallThreads(self.concurrency)

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._threads.close()
        for session in self.sessions.values():
            session.permits = 0
            session.budget.close()

    def send(self, call: Call[A]) -> A:
        """One call, with retries; raises the ProviderError that remains."""

        def steps() -> Steps[A]:
            answer: A = yield call
            return answer

        return self.carry_out(steps())

    def carry_out(self, steps: Steps[R]) -> R:
        """One task to its end; raises the ProviderError that remains."""
        (result,) = self.run([(None, steps)])
        if result.error:
            raise result.error
        return result.value  # type: ignore[return-value]

    def run(self, tasks: Iterable[tuple[K, Steps[R]]]) -> Iterator[Result[K, R]]:
        """Carry out all tasks, some at once; results come in the order they are ready.

        A task that fails does not stop the others. A login that is refused or cannot be renewed for now does, as does
        a limit beyond our patience: ReconnectRequired or Retryable is raised.
        """
        round_ = Round(iter(tasks), InFlight(self._threads))
        try:
            while True:
                yield from self._take_up_tasks(round_)
                yield from self._end_overdue(round_)
                if round_.is_over:
                    break
                pause = self._end_on_failure(round_, self._launch_calls, round_) or 0.0
                self.on_tick()
                for task, answered in round_.flying.take_answers(LONGEST_NAP if round_.flying.is_full else pause):
                    if finished := self._end_on_failure(round_, self._handle_answer, round_, task, answered):
                        yield finished
                    elif not round_.broken:
                        round_.waiting.append(task)
        finally:
            # Also when the caller stops early or on_tick raises: calls under way are carried out whatever happens here,
            # so they are waited for, and what was not used is given back.
            self._withdraw_queued(round_)
            round_.flying.wait_for_all()
            for session in self.sessions.values():
                _give_back(session)
        if round_.broken:
            raise round_.broken

    def _take_up_tasks(self, round_: Round) -> Iterator[Result[Any, Any]]:
        """Take up tasks, so that a handful waits for its turn; those that end without a call finish at once."""
        while not round_.exhausted and len(round_.waiting) < self.concurrency:
            try:
                key, steps = next(round_.source)
            except StopIteration:
                round_.exhausted = True
                return
            task = Task(key, steps)
            if finished := self._advance_steps(task, None):
                yield finished
            else:
                round_.waiting.append(task)

    def _end_overdue(self, round_: Round) -> Iterator[Result[Any, Any]]:
        """Once the time is over, end every task whose next call was not sent."""
        while self.limit.is_over:
            self._withdraw_queued(round_)
            if not round_.waiting:
                return
            task = round_.waiting.popleft()
            wire = self._session_of(task).wire
            error = Retryable(self.limit.describe_end(wire.title), provider=wire.provider)
            if finished := self._end_on_failure(round_, self._advance_steps, task, None, error):
                yield finished
            elif not round_.broken:
                round_.waiting.append(task)  # The steps go another way, which is not sent either.
            yield from self._take_up_tasks(round_)

    def _end_on_failure(self, round_: Round, step: Callable[..., R], *args: Any) -> R | None:
        """What ends the round does so only once the answers under way were taken in: they were carried out."""
        try:
            return step(*args)
        except (ReconnectRequired, Retryable) as end:
            # The first failure is the reason; later ones come from calls that were under way with the same login.
            round_.broken = round_.broken or end
            round_.exhausted = True
            self._withdraw_queued(round_)
            round_.waiting.clear()
            return None

    # One round ----------------------------------------------------------------------------------------

    def _launch_calls(self, round_: Round) -> float:
        """Hand to the threads what may be sent now. Returns seconds until something more may be."""
        waiting, flying = round_.waiting, round_.flying
        now, pause = time.monotonic(), LONGEST_NAP
        # Each task is looked at once. One that may not be sent yet goes to the end, so that a limit of one account does
        # not hold up the calls to the other.
        for _ in range(len(waiting)):
            if flying.is_full or not waiting:
                break
            task = waiting.popleft()
            assert task.call
            session = self._session_of(task)
            due = max(task.not_before, session.ready_at)
            if due <= now and self._take_permit(session, task.call.provider, waiting):
                self._submit_call(flying, session, task)
            else:
                waiting.append(task)
                pause = min(pause, max(task.not_before, session.ready_at) - now)
        return max(0.0, self.limit.shorten(pause))

    def _take_permit(self, session: Session, provider: str, waiting: Iterable[Task]) -> bool:
        if session.permits == 0:
            # One request for all that waits, since each locks the account's document; but for no more than will soon be
            # sent, because permits that lie here are missing elsewhere.
            wanted = 1 + sum(1 for task in waiting if task.call and task.call.provider == provider)
            grant = session.budget.take_permits(min(wanted, self.concurrency * 2))
            session.permits = grant.permits
            session.waiting_for = "" if grant.permits else grant.reason
            if not grant.permits:
                self._check_patience(session, grant.wait)
                session.free_at = time.monotonic() + grant.wait
                # Asked again within a second even when the wait is longer: whoever is silent loses the place in the
                # line (budgets/shares.py), and the limit may be free earlier than it seemed.
                session.ready_at = time.monotonic() + min(grant.wait, LONGEST_NAP)
                return False
        session.permits -= 1
        return True

    def _check_patience(self, session: Session, seconds: float) -> None:
        patience = seconds if self.patience is None else self.patience
        if seconds > self.limit.shorten(patience):
            why = WAITS.get(session.waiting_for, WAITS["limit"])
            raise RateLimited(
                f"{session.wire.name} takes no more calls for {seconds:.0f} s: {why}.",
                wait=seconds,
                provider=session.wire.provider,
            )

    def _submit_call(self, flying: InFlight[Task], session: Session, task: Task) -> "Future[Answered]":
        assert task.call
        task.tries += 1
        task.sent_with = session.login.header()
        # Noted before the call leaves: after a kill in between it must be looked for, not sent again.
        if not task.call.operation.repeatable:
            self.on_unrepeatable(task.key)
        self.made[task.call.provider] += 1
        timeout = () if self.limit is NO_LIMIT else (self.limit.shorten(session.wire.timeout),)
        return flying.add(task, partial(session.wire.try_once, task.call, task.sent_with, *timeout))

    def _withdraw_queued(self, round_: Round, session: Session | None = None) -> None:
        """Let queued calls that no thread has begun wait for their turn again: those of one session, or all."""
        queued = round_.flying.withdraw_queued(lambda task: session is None or self._session_of(task) is session)
        for task in reversed(queued):
            assert task.call
            round_.waiting.appendleft(task)
            # It was never sent, so its try, its permit and its place in the counts are taken back.
            task.tries -= 1
            self._session_of(task).permits += 1
            self.made[task.call.provider] -= 1
            if not task.call.operation.repeatable:
                self.on_refused(task.key)

    def _session_of(self, task: Task) -> Session:
        assert task.call
        return self.sessions[task.call.provider]

    # What became of a try -----------------------------------------------------------------------------

    def _handle_answer(self, round_: Round, task: Task, answered: Answered) -> Result[Any, Any] | None:
        """The task's result when it is finished, None while it goes on."""
        assert task.call
        session = self._session_of(task)
        session.budget.note_answer(answered.limits, answered.at, outcome_of(answered))
        task.calls.append(answered.attempt.as_json())
        log_call(task, answered, self.quiet)
        error = answered.error
        if error is None:
            return self._advance_steps(task, answered.value)
        if self.limit.is_over and not error.status:
            # The last call of several had less than all of the time: what was waited in all is named.
            error.args = (self.limit.describe_end(session.wire.title),)
        # Every refusal but a lost answer means that nothing was done: the note made before sending is taken back.
        if not task.call.operation.repeatable and not isinstance(error, LostAnswer):
            self.on_refused(task.key)
        if isinstance(error, TokenExpired) and task.renewals < RENEWALS:
            session.login.renew(task.sent_with)
            task.renewals += 1
            self._withdraw_queued(round_, session)  # They carry the old header.
            return None
        if isinstance(error, ReconnectRequired):
            raise error
        if isinstance(error, MissingScope):
            # The same call for other records would be refused alike and only use up the budget.
            self.denied[task.call.operation.key] = error
        if self._may_retry(task, error):
            if self._back_off(session, task, error, answered):
                self._withdraw_queued(round_, session)
                _give_back(session)
            # What will not be tried again in time ends with what was answered, which says more than that time is over.
            if task.not_before < self.limit.ends_at:
                return None
        return self._advance_steps(task, None, error)

    @staticmethod
    def _may_retry(task: Task, error: ProviderError) -> bool:
        assert task.call
        if isinstance(error, RateLimited):
            return task.tries < LIMIT_TRIES
        if isinstance(error, LostAnswer) and not task.call.operation.repeatable:
            return False  # The steps look first whether it was carried out.
        return isinstance(error, Retryable) and task.tries < TRIES

    @staticmethod
    def _back_off(session: Session, task: Task, error: ProviderError, answered: Answered) -> bool:
        """When the task is tried again. True when nothing of the session may be sent before."""
        # Jitter spreads what failed together, so that it does not come back together.
        delay = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (task.tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
        paused = isinstance(error, RateLimited) and pause_account(session.budget, error, answered.limits)
        if isinstance(error, RateLimited) and error.wait is not None:
            delay = error.wait + random.uniform(0, 0.25)  # noqa: S311
        task.not_before = time.monotonic() + delay
        return paused

    def _advance_steps(self, task: Task, answer: Any, error: ProviderError | None = None) -> Result[Any, Any] | None:
        """Hand the steps their answer. Their result when they end, None when they yield another call."""
        try:
            task.call = task.steps.throw(error) if error else task.steps.send(answer)
            # Steps may do without what is denied and yield another call, which can be denied as well.
            while denied := self.denied.get(task.call.operation.key):
                task.call = task.steps.throw(denied)
        except StopIteration as end:
            return Result(task.key, value=end.value, calls=task.calls)
        # It ends the whole round, not only this task: no other call of the connection would be accepted.
        except ReconnectRequired:
            raise
        except ProviderError as problem:
            return Result(task.key, error=problem, calls=task.calls)
        task.tries, task.not_before, task.renewals = 0, 0.0, 0
        return None


def _give_back(session: Session) -> None:
    """Permits that nothing was sent with are for others."""
    session.budget.give_back(session.permits)
    session.permits = 0
