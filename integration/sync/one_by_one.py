"""Work on many records at once; where one of them makes it fail, on each by itself, so that the others go on."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, transaction

from integration.errors import ProviderError, Unexpected

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# The database is away, or locked by others: no fault of a record, and trying one by one would meet it again.
NOT_OF_A_RECORD = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Outcome(Generic[T, R]):
    """`results` are what the calls returned, one for all items or one for each; `faults` the items that failed."""

    results: list[R] = field(default_factory=list)
    faults: list[tuple[T, Exception]] = field(default_factory=list)


def all_or_each(items: Sequence[T], work: Callable[[Sequence[T]], R]) -> Outcome[T, R]:
    """`work` on all items in one transaction; when that fails, on each in one of its own.

    Raises what concerns more than a record: NOT_OF_A_RECORD.
    """
    if not items:
        return Outcome()
    try:
        with transaction.atomic():
            return Outcome([work(items)])
    except NOT_OF_A_RECORD:
        raise
    except Exception as fault:
        if len(items) == 1:
            logger.exception("one record of many met an unexpected fault")
            return Outcome(faults=[(items[0], fault)])
    singles = [all_or_each([item], work) for item in items]
    return Outcome([one for each in singles for one in each.results], [one for each in singles for one in each.faults])


def as_error(fault: Exception) -> ProviderError:
    """What a log entry says of a fault."""
    if isinstance(fault, ProviderError):
        return fault
    return Unexpected(f"Gistline met a fault of its own ({type(fault).__name__}). Nothing else was held up by it.")
