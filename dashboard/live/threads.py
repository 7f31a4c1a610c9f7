"""Work that waits for Gist or GHL on behalf of a request: for half of the web threads at most, and never for long.

The work itself runs in threads of its own. A request that has waited long enough is answered without it, so that
probes, pages and webhooks always find a web thread, whatever the providers do.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections

from integration.errors import ProviderError, Retryable, SetupError
from integration.providers.time_limit import limit_time

logger = logging.getLogger(__name__)
R = TypeVar("R")

# Seconds for which a page reads live, all calls, waits and retries together.
READ_SECONDS = 5.0
# Seconds for which a person waits for what they asked to be written, and for which it then goes on by itself.
COMMAND_WAIT_SECONDS, COMMAND_SECONDS = 5.0, 60.0
# What comes after the last answer, such as keeping what was read, has this many seconds more.
GRACE_SECONDS = 1.0
MOST_WAITING = settings.WEB_THREADS // 2

_waiting = threading.BoundedSemaphore(MOST_WAITING)
# Twice as many, because work goes on after its request was answered. Its threads are ended in order when the server
# stops, so that a write under way is put on record.
_threads = ThreadPoolExecutor(2 * MOST_WAITING, thread_name_prefix="live")


class TooManyWaiting(Retryable):
    """So many requests wait already that this one was not begun: nothing was sent."""

    code = "busy"


class StillUnderWay(Retryable):
    """The request waits no longer; the work goes on."""

    code = "under_way"


def wait_for_reading(work: Callable[[], R]) -> R:
    """What `work` reads from the providers within READ_SECONDS. Raises what it raises, and Retryable."""
    try:
        return _wait_for(work, READ_SECONDS + GRACE_SECONDS, READ_SECONDS)
    except StillUnderWay as slow:
        raise Retryable(f"There was no answer within {READ_SECONDS:g} s.") from slow


def begin_command(work: Callable[[], R]) -> R:
    """What `work` gives, which writes. Raises what it raises, TooManyWaiting and StillUnderWay."""
    return _wait_for(work, COMMAND_WAIT_SECONDS, COMMAND_SECONDS)


def _wait_for(work: Callable[[], R], seconds: float, limit: float) -> R:
    if not _waiting.acquire(blocking=False):
        raise TooManyWaiting(f"{MOST_WAITING} requests wait for Gist or GHL already. Nothing was sent; try again.")
    try:
        future = submit(work, limit)
        wait([future], seconds)
    finally:
        _waiting.release()
    if future.done():
        return future.result()
    # Work that no thread has taken up is certainly not sent.
    if future.cancel():
        raise TooManyWaiting("Everything that reads Gist and GHL is taken. Nothing was sent; try again.")
    future.add_done_callback(_log_fault)
    raise StillUnderWay(f"There was no answer within {seconds:g} s.")


def submit(work: Callable[[], R], limit: float) -> "Future[R]":
    # With the context of the request, in which its time zone stands.
    return _threads.submit(copy_context().run, _run_apart, work, limit)


def _run_apart(work: Callable[[], R], limit: float) -> R:
    try:
        with limit_time(limit):
            return work()
    finally:
        # Django closes the connections of web threads only.
        connections.close_all()


def _log_fault(future: "Future[Any]") -> None:
    """Nobody waits for the answer any more: a fault of ours would go unseen."""
    error = future.exception()
    if error and not isinstance(error, ProviderError | SetupError):
        logger.error("Work behind a request that was answered failed", exc_info=error)
