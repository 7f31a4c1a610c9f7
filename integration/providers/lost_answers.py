"""Calls whose answer was lost: whether they were carried out is looked up before they are sent again."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from integration.errors import LostAnswer, RateLimited, Retryable
from integration.providers.exchange import Steps
from integration.providers.operations import Call

A = TypeVar("A", bound=BaseModel)


def look_before_resend(send: Call[A], look: Callable[[], Steps[A | None]], tries: int = 4) -> Steps[A]:
    """Send a call that must not be carried out twice: after a lost answer, `look` whether it was.

    `look` gives what the call would have answered when it was carried out, None when it was not.
    """
    for attempt in range(tries):
        try:
            answer: A = yield send
            return answer
        except LostAnswer as lost:
            found = yield from _look(look, lost)
            if found is not None:
                return found
            if attempt == tries - 1:
                raise
    raise AssertionError("unreachable")


def _look(look: Callable[[], Steps[A | None]], lost: LostAnswer) -> Steps[A | None]:
    try:
        return (yield from look())
    except RateLimited:
        raise  # The caller waits, and looks again.
    except Retryable as problem:
        # That looking failed must not hide that the call itself may have been carried out.
        raise LostAnswer(str(lost), provider=lost.provider, operation=lost.operation) from problem
