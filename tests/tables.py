"""Databases that hold all tables and no rows, for whoever needs one: to migrate takes longer than most tests do.

What is about migrating has it done for real: tests/test_up.py, tests/test_processes.py, tests/test_upgrade.py.
"""

import atexit
import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import environ
import pytest
from django.db import connection
from django.db.backends.signals import connection_created

ROOT = Path(__file__).resolve().parent.parent
SQLITE = "gistline.sqlite3"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
RUN = os.getppid() if IS_WORKER else os.getpid()
"""The process that all workers of a test run were started by."""


def given_server() -> str:
    """The address of the suite's own database on PostgreSQL; "" where the suite runs on SQLite."""
    given = environ.Env().str("DATABASE_URL", "")
    return given if given.startswith("postgres") else ""


def _migrate(folder: str, address: str = "") -> None:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "REDIS_URL")}
    env = {**kept, "DATA_DIR": folder, **({"DATABASE_URL": address} if address else {})}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)


# SQLite --------------------------------------------------------------------------------------------------------


@cache
def migrated_file() -> bytes:
    """A file of SQLite, made by the first of the processes of this test run that asks."""
    kept = Path(gettempdir()) / f"gistline-tables-{RUN}.sqlite3"
    with _one_at_a_time():
        atexit.register(kept.unlink, missing_ok=True)
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            kept.write_bytes(made := _make_file())
            return made


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    path = Path(gettempdir()) / f"gistline-tables-{RUN}.lock"
    atexit.register(path.unlink, missing_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_file() -> bytes:
    with TemporaryDirectory() as folder:
        _migrate(folder)
        assert not list(Path(folder).glob(f"{SQLITE}-*")), "what was written stands beside the file still"
        return (Path(folder) / SQLITE).read_bytes()


def copy_migrated_file(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / SQLITE).write_bytes(migrated_file())


def _fill_memory(connection: Any, **_: Any) -> None:
    connection_created.disconnect(_fill_memory)
    with TemporaryDirectory() as folder:
        copy_migrated_file(Path(folder))
        with closing(sqlite3.connect(Path(folder) / SQLITE)) as tables:
            tables.backup(connection.connection)


# PostgreSQL ----------------------------------------------------------------------------------------------------


@cache
def template_database(given: str) -> str:
    """A database that the first who asks makes, and that stays until the test run is over; its name."""
    base, name = given.rpartition("/")[0], _template_name(given)
    if not IS_WORKER:  # a benchmark runs without pytest
        atexit.register(_drop_template, given)
    with _one_at_a_time():
        if not on_server(base, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            _make_template(base, name)
    return name


def _make_template(base: str, name: str) -> None:
    half = f"{name}_half"
    on_server(base, f'CREATE DATABASE "{half}"')
    with TemporaryDirectory() as folder:
        _migrate(folder, f"{base}/{half}")
    on_server(base, f'ALTER DATABASE "{half}" RENAME TO "{name}"')


def _template_name(given: str) -> str:
    return f"{given.rpartition('/')[2]}_up_{RUN}_template"


def _drop_template(given: str) -> None:
    on_server(given.rpartition("/")[0], f'DROP DATABASE IF EXISTS "{_template_name(given)}" WITH (FORCE)')


def pytest_configure(config: pytest.Config) -> None:
    """Workers may still need it when one of them ends: who started them drops it."""
    if (given := given_server()) and not IS_WORKER:
        atexit.register(_drop_template, given)


def on_server(base: str, statement: str, *values: str) -> list[Any]:
    import psycopg

    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        done = admin.execute(statement, values or None)
        return done.fetchall() if done.description else []


# The database of the tests themselves --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_use_migrations: bool
) -> None:
    """It begins with the tables; Django's `migrate` then finds nothing to do."""
    if not django_db_use_migrations:
        return
    if given := given_server():
        connection.settings_dict["TEST"]["TEMPLATE"] = template_database(given)
    else:
        connection_created.connect(_fill_memory)
