"""Sends calls: many at once, within the budget, again when it makes sense, and never twice unknowingly.

Work is described as *steps*: a generator that yields calls and is handed their answers,

    def rename(contact_id, name):
        answer = yield contacts.UPDATE(contact_id=contact_id, body={"firstName": name})
        return answer.contact

so that a record needing three calls reads like three lines, while the exchange interleaves hundreds of them.
Only single HTTP tries run in threads; the budget, tokens and every retry decision stay in the calling thread,
the one that holds the database connection.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
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
from integration.providers.http import Answered, Wire
from integration.providers.operations import Call, Json

K = TypeVar("K")
R = TypeVar("R")
A = TypeVar("A", bound=BaseModel)
Steps = Generator[Call[Any], Any, R]

TRIES = 6
"""Tries of one call that fails for now; about 30 s with the pauses below."""
LIMIT_TRIES = 20
"""Tries of one call that is refused because of a limit: those are only a matter of patience."""
RENEWALS = 2
"""Times one call's login is renewed: another process may have spent the first new token's life meanwhile."""
LONGEST_NAP = 1.0
WAITS = {
    "limit": "its limit is reached",
    "daily": "today's allowance is used up",
    "daily_reserve": "what is left of today is kept for live events and people",
}
"""Why a budget grants nothing, by the reason it gives, in words."""


class Login(Protocol):
    """Where the Authorization header of a connection comes from."""

    def header(self) -> str:
        """A header that is good for the next minutes; refreshes early. May raise ReconnectRequired."""

    def renew(self, refused: str) -> str:
        """A new header after `refused` was refused. Raises ReconnectRequired when there is none."""


@dataclass
class Session:
    """One connection, ready to be spoken to."""

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
class _Task:
    """Steps under way. `tries` counts the tries of the present call."""

    key: Any
    steps: Steps[Any]
    call: Call[Any] | None = None
    tries: int = 0
    not_before: float = 0.0
    renewals: int = 0
    sent_with: str = ""
    calls: list[Json] = field(default_factory=list)


@dataclass
class _Round:
    """The tasks of one `run`: not begun, waiting for their turn, under way. `broken` is what ends it early."""

    source: Iterator[tuple[Any, Steps[Any]]]
    waiting: deque[_Task] = field(default_factory=deque)
    flying: dict[Future[Answered], _Task] = field(default_factory=dict)
    exhausted: bool = False
    broken: ProviderError | None = None

    @property
    def is_over(self) -> bool:
        return self.exhausted and not self.waiting and not self.flying


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
    made: Counter[str] = field(default_factory=Counter)
    """Calls made so far, per provider."""
    denied: dict[str, MissingScope] = field(default_factory=dict)
    """Operations that the login does not allow, by key: they are not sent a second time."""
    _pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True)
            self._pool = None
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
        round_ = _Round(iter(tasks))
        try:
            while True:
                yield from self._fill(round_)
                if round_.is_over:
                    break
                pause = self._guarded(round_, self._launch, round_) or 0.0
                self.on_tick()
                for done in self._landed(round_.flying, pause):
                    task = round_.flying.pop(done)
                    if finished := self._guarded(round_, self._handle, task, done.result()):
                        yield finished
                    elif not round_.broken:
                        round_.waiting.append(task)
        finally:
            if round_.flying:
                wait(round_.flying)
            for session in self.sessions.values():
                session.permits = 0
        if round_.broken:
            raise round_.broken

    def _fill(self, round_: "_Round") -> Iterator[Result[Any, Any]]:
        """Take up tasks while there is room; those that end without a call are finished at once."""
        while not round_.exhausted and len(round_.waiting) + len(round_.flying) < self.concurrency * 2:
            try:
                key, steps = next(round_.source)
            except StopIteration:
                round_.exhausted = True
                return
            task = _Task(key, steps)
            if finished := self._advance(task, None):
                yield finished
            else:
                round_.waiting.append(task)

    @staticmethod
    def _guarded(round_: "_Round", step: Callable[..., R], *args: Any) -> R | None:
        """What ends the round does so only once the answers under way were taken in: they were carried out."""
        try:
            return step(*args)
        except (ReconnectRequired, Retryable) as end:
            round_.broken = round_.broken or end
            round_.exhausted = True
            round_.waiting.clear()
            return None

    # One round ----------------------------------------------------------------------------------------

    def _launch(self, round_: "_Round") -> float:
        """Send what may be sent now. Returns seconds until something more may be."""
        waiting, flying = round_.waiting, round_.flying
        now, pause = time.monotonic(), LONGEST_NAP
        for _ in range(len(waiting)):
            if len(flying) >= self.concurrency or not waiting:
                break
            task = waiting.popleft()
            assert task.call
            session = self.sessions[task.call.provider]
            due = max(task.not_before, session.ready_at)
            if due <= now and self._permit(session, task.call.provider, waiting):
                flying[self._submit(session, task)] = task
            else:
                waiting.append(task)
                pause = min(pause, max(task.not_before, session.ready_at) - now)
        return max(0.0, pause)

    def _permit(self, session: Session, provider: str, waiting: Iterable[_Task]) -> bool:
        if session.permits == 0:
            wanted = 1 + sum(1 for task in waiting if task.call and task.call.provider == provider)
            grant = session.budget.take(min(wanted, self.concurrency * 2))
            session.permits = grant.permits
            session.waiting_for = "" if grant.permits else grant.reason
            if not grant.permits:
                self._check_patience(session, grant.wait)
                session.free_at = time.monotonic() + grant.wait
                session.ready_at = time.monotonic() + min(grant.wait, LONGEST_NAP)
                return False
        session.permits -= 1
        return True

    def _check_patience(self, session: Session, seconds: float) -> None:
        if self.patience is not None and seconds > self.patience:
            why = WAITS.get(session.waiting_for, WAITS["limit"])
            raise RateLimited(
                f"{session.wire.name} takes no more calls for {seconds:.0f} s: {why}.",
                wait=seconds,
                provider=session.wire.provider,
            )

    def _submit(self, session: Session, task: _Task) -> "Future[Answered]":
        assert task.call
        task.tries += 1
        task.sent_with = session.login.header()
        if not task.call.operation.repeatable:
            self.on_unrepeatable(task.key)
        self.made[task.call.provider] += 1
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="call")
        return self._pool.submit(session.wire.try_once, task.call, task.sent_with)

    def _landed(self, flying: Mapping["Future[Answered]", _Task], pause: float) -> "list[Future[Answered]]":
        if not flying:
            time.sleep(pause)
            return []
        full = len(flying) >= self.concurrency
        done, _ = wait(flying, timeout=LONGEST_NAP if full else pause, return_when=FIRST_COMPLETED)
        return list(done)

    # What became of a try -----------------------------------------------------------------------------

    def _handle(self, task: _Task, answered: Answered) -> Result[Any, Any] | None:
        """The task's result when it is finished, None while it goes on."""
        assert task.call
        session = self.sessions[task.call.provider]
        session.budget.answered(answered.limits)
        task.calls.append(answered.attempt.as_json())
        error = answered.error
        if error is None:
            return self._advance(task, answered.value)
        if not task.call.operation.repeatable and not isinstance(error, LostAnswer):
            self.on_refused(task.key)
        if isinstance(error, TokenExpired) and task.renewals < RENEWALS:
            session.login.renew(task.sent_with)
            task.renewals += 1
            return None
        if isinstance(error, ReconnectRequired):
            raise error
        if isinstance(error, MissingScope):
            self.denied[task.call.operation.key] = error
        if self._again(task, error):
            self._back_off(session, task, error, answered)
            return None
        return self._advance(task, None, error)

    @staticmethod
    def _again(task: _Task, error: ProviderError) -> bool:
        assert task.call
        if isinstance(error, RateLimited):
            return task.tries < LIMIT_TRIES
        if isinstance(error, LostAnswer) and not task.call.operation.repeatable:
            return False  # The steps look first whether it was carried out.
        return isinstance(error, Retryable) and task.tries < TRIES

    @staticmethod
    def _back_off(session: Session, task: _Task, error: ProviderError, answered: Answered) -> None:
        # Jitter spreads what failed together, so that it does not come back together.
        delay = min(30.0, 0.5 * 2 ** (task.tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
        if isinstance(error, RateLimited):
            if error.wait is not None:
                session.budget.refused(error.wait)
                session.permits, delay = 0, error.wait + random.uniform(0, 0.25)  # noqa: S311
            elif answered.limits.remaining == 0:
                session.budget.refused(session.budget.rate.seconds)
                session.permits = 0
        task.not_before = time.monotonic() + delay

    def _advance(self, task: _Task, answer: Any, error: ProviderError | None = None) -> Result[Any, Any] | None:
        """Hand the steps their answer. Their result when they end, None when they yield another call."""
        try:
            task.call = task.steps.throw(error) if error else task.steps.send(answer)
            while denied := self.denied.get(task.call.operation.key):
                task.call = task.steps.throw(denied)
        except StopIteration as end:
            return Result(task.key, value=end.value, calls=task.calls)
        except ReconnectRequired:
            raise
        except ProviderError as problem:
            return Result(task.key, error=problem, calls=task.calls)
        task.tries, task.not_before, task.renewals = 0, 0.0, 0
        return None


def look_before_resend(send: Call[A], look: Callable[[], Steps[A | None]], tries: int = 4) -> Steps[A]:
    """Send a call that must not be carried out twice: after a lost answer, `look` whether it was.

    `look` gives what the call would have answered when it was carried out, None when it was not.
    """
    for attempt in range(tries):
        try:
            answer: A = yield send
            return answer
        except LostAnswer:
            found = yield from look()
            if found is not None:
                return found
            if attempt == tries - 1:
                raise
    raise AssertionError("unreachable")
