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
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or os.getpid()
    kept = Path(gettempdir()) / f"gistline-tables-{run}.sqlite3"
    with _one_at_a_time(kept.with_suffix(".lock")):
        atexit.register(kept.unlink, missing_ok=True)
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            kept.write_bytes(made := _make_file())
            return made


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
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
    """A database that stays for as long as this process runs; its name."""
    base, _, own = given.rpartition("/")
    name = f"{own}_up_{os.getpid()}_template"
    on_server(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    on_server(base, f'CREATE DATABASE "{name}"')
    atexit.register(on_server, base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    with TemporaryDirectory() as folder:
        _migrate(folder, f"{base}/{name}")
    return name


def on_server(base: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(statement)


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
