"""Tables of another version in place of those that stand there: all at once, or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from integration.report_views import release_tables


@contextmanager
def remade_tables() -> Iterator[None]:
    """An empty database within; what was made of it takes the place of the old one at the end. Where something fails,
    or the process is killed, the old one stands as it was.
    """
    if connection.vendor == "sqlite":
        with _scratch_file():
            yield
        return
    with transaction.atomic():
        # Views that reports read stay, with those who may read them.
        release_tables()
        _drop_tables()
        _check_keys("IMMEDIATE")
        yield


@contextmanager
def rows_in_any_order() -> Iterator[None]:
    """Within, a row may name another one that comes later. Raises IntegrityError at the end for one that never came."""
    if connection.vendor == "sqlite":
        yield
        connection.check_constraints()
        return
    _check_keys("DEFERRED")
    yield
    _check_keys("IMMEDIATE")


def _check_keys(when: str) -> None:
    # Immediate but for the loading: PostgreSQL alters no table whose checks wait for the end of the transaction.
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL {when}")


def _drop_tables() -> None:
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")


@contextmanager
def _scratch_file() -> Iterator[None]:
    """Django works on a file of its own meanwhile. Copying that back is one transaction of SQLite."""
    connection.ensure_connection()
    own, name = connection.connection, connection.settings_dict["NAME"]
    with TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restoring-") as folder:
        made = str(Path(folder, "made.sqlite3"))
        _work_on(None, made)
        try:
            yield
        finally:
            connection.close()
            _work_on(own, name)
        with closing(sqlite3.connect(made)) as source:
            source.backup(own)


def _work_on(opened: Any, name: Any) -> None:
    connection.connection, connection.settings_dict["NAME"] = opened, name
