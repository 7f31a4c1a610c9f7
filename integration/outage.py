"""A database that is restarted while something works with it: noticing it, and going on with a new connection."""

import time

from django.db import InterfaceError, OperationalError, connection

DATABASE_ERRORS = (OperationalError, InterfaceError)
"""What a statement raises when its connection broke. Locks and deadlocks raise these too: ask `connection_is_lost`."""


def connection_is_lost() -> bool:
    """After one of DATABASE_ERRORS: whether the connection broke, or there was none to be had."""
    # A transaction that could not be rolled back has closed it already.
    return connection.connection is None or not connection.is_usable()


def wait_for_database(seconds: float) -> bool:
    """Connect anew; whether that succeeded within so long."""
    deadline = time.monotonic() + seconds
    connection.close()
    while True:
        try:
            connection.ensure_connection()
        except DATABASE_ERRORS:
            if time.monotonic() > deadline:
                return False
            time.sleep(min(1.0, seconds))
        else:
            return True
