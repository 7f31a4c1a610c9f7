"""How the inbox writes to the database: waiting briefly, durably, and one thread at a time where there is one writer.

A sender waits for the answer, and its time-out is not documented (docs/ghl-api.md#webhooks, docs/gist-api.md#webhooks).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from integration.webhooks.memory import memory

UNAVAILABLE = (DatabaseError, InterfaceError)
# How long a webhook waits for a lock; then it goes to the spool.
PATIENCE_SECONDS = 2
# SQLite tries after 1, 2, 5, 10 and more milliseconds, up to 100: see `retry_while_locked`.
SQLITE_WAIT_MS = 20


def has_one_writer() -> bool:
    return connection.vendor == "sqlite"


def protect_transaction() -> AbstractContextManager[Any]:
    """A savepoint for an insert that may be refused, where there is a transaction: PostgreSQL would refuse every later
    statement in it. Alone the insert needs none, being one statement.
    """
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
def limit_lock_wait() -> Iterator[None]:
    """Wait for a lock at most PATIENCE_SECONDS, or SQLITE_WAIT_MS: the sender does not wait for long either."""
    if has_one_writer():
        with _set_pragma("busy_timeout", SQLITE_WAIT_MS):
            yield
    elif connection.in_atomic_block:
        yield
    else:
        # The setting outlives the transaction: the connection is kept for later requests, so it is taken back below.
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
        # A new connection begins with the server's own setting.
        connection.close()


def retry_while_locked(write: Callable[[], None]) -> None:
    """Call `write` again for PATIENCE_SECONDS while SQLite is locked.

    SQLite's own pauses grow, so that workers who write all the time could keep a webhook waiting; a call that begins
    anew has short ones again.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except OperationalError as error:
            if not has_one_writer() or "locked" not in str(error) or time.monotonic() > deadline:
                raise


@contextmanager
def commit_durably() -> Iterator[None]:
    """Have the commit reach the disk. SQLite's other writers leave that to the next checkpoint, PostgreSQL never."""
    if has_one_writer() and not connection.in_atomic_block:
        with _set_pragma("synchronous", 2):  # FULL
            yield
    else:
        yield


@contextmanager
def _set_pragma(name: str, value: int) -> Iterator[None]:
    """A setting of this SQLite connection for a while."""
    connection.ensure_connection()
    wire = connection.connection
    before = wire.execute(f"PRAGMA {name}").fetchone()[0]
    wire.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        # After an error Django may have opened another connection, which never had the setting.
        if connection.connection is wire:
            wire.execute(f"PRAGMA {name}={before}")
