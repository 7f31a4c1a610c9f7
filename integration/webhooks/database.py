"""How the inbox asks the database: briefly, durably, and one thread after the other where there is one writer."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from integration.webhooks.memory import memory

UNAVAILABLE = (DatabaseError, InterfaceError)
PATIENCE_SECONDS = 2
SQLITE_WAIT_MS = 20
"""SQLite tries after 1, 2, 5, 10 and more milliseconds, up to 100: see `persistently`."""


def has_one_writer() -> bool:
    return connection.vendor == "sqlite"


def unspoilt() -> AbstractContextManager[Any]:
    """An insert that is refused must not spoil a transaction around it. Alone it needs none: it is one statement."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


@contextmanager
def in_turn() -> Iterator[None]:
    """The threads of this process write to SQLite one after the other. Left to SQLite, which has them all sleep and
    try again with growing pauses, some wait for seconds in a burst.
    """
    if not has_one_writer():
        yield
        return
    if not memory().turn.acquire(timeout=PATIENCE_SECONDS):
        raise OperationalError("the database is busy with other webhooks")
    try:
        yield
    finally:
        memory().turn.release()


@contextmanager
def impatient() -> Iterator[None]:
    """Wait for a lock at most PATIENCE_SECONDS, or SQLITE_WAIT_MS: the sender does not wait for long either."""
    if has_one_writer():
        with _pragma("busy_timeout", SQLITE_WAIT_MS):
            yield
    elif connection.in_atomic_block:
        yield
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
        try:
            yield
        finally:
            _reset_lock_timeout()


def _reset_lock_timeout() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    except UNAVAILABLE:
        connection.close()


def persistently(write: Callable[[], None]) -> None:
    """Try for PATIENCE_SECONDS while SQLite is locked. Begun anew each time, its pauses stay short: workers that write
    all the time cannot keep the door waiting.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except OperationalError as error:
            if not has_one_writer() or "locked" not in str(error) or time.monotonic() > deadline:
                raise


@contextmanager
def durably() -> Iterator[None]:
    """Have the commit reach the disk. SQLite's other writers leave that to the next checkpoint, PostgreSQL never."""
    if has_one_writer() and not connection.in_atomic_block:
        with _pragma("synchronous", 2):
            yield
    else:
        yield


@contextmanager
def _pragma(name: str, value: int) -> Iterator[None]:
    """A setting of this SQLite connection for a while."""
    connection.ensure_connection()
    wire = connection.connection
    before = wire.execute(f"PRAGMA {name}").fetchone()[0]
    wire.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        if connection.connection is wire:
            wire.execute(f"PRAGMA {name}={before}")
