"""A limit on the time of everything that is asked of the providers for one person: calls, waits for budgets, retries.

It is set once, around the work, and every exchange made inside keeps to it: several in a row share the time.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# A call is given this long at least (seconds): a time-out of nothing is none to an HTTP client.
SHORTEST_CALL = 0.05


@dataclass(frozen=True)
class TimeLimit:
    """`seconds` in all, until `ends_at` (monotonic)."""

    seconds: float
    ends_at: float

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.ends_at - time.monotonic())

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def shorten(self, seconds: float) -> float:
        """`seconds`, or what is left when that is less."""
        return min(seconds, max(SHORTEST_CALL, self.seconds_left))

    def describe_end(self, name: str) -> str:
        """Why something of `name` is not there when the time is over."""
        return f"{name} did not answer within {self.seconds:g} s."


NO_LIMIT = TimeLimit(math.inf, math.inf)
_limit: ContextVar[TimeLimit] = ContextVar("time_limit", default=NO_LIMIT)


def current_limit() -> TimeLimit:
    """The limit that the present work stands under; none for runs and commands, which wait as long as it takes."""
    return _limit.get()


@contextmanager
def limit_time(seconds: float) -> Iterator[None]:
    """Nothing inside asks a provider for longer than `seconds` in all."""
    token = _limit.set(TimeLimit(seconds, time.monotonic() + seconds))
    try:
        yield
    finally:
        _limit.reset(token)
