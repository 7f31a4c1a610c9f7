"""Rows as JSON lines that either database takes: what a table of SQLite held can be put into PostgreSQL, and back."""

import base64
import json
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Field, Model

# Rows that are put in at once, and the bytes of their lines after which no further one is taken.
AT_ONCE, BYTES_AT_ONCE = 500, 16 * 1024**2
# A line from which on is looked, before it is read, whether it is one row: brackets alone take many times their size.
LONG_LINE, MOST_COLUMNS = 1024**2, 1_000
TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"')
# Sessions end with a restore, and jobs are signed with a key that may be another one then; the watchdog job finds what
# they were for. Budgets count calls of the past.
LEFT_OUT = {"django_session", "integration_callbudget", "django_q_ormq", "django_q_task", "django_q_schedule"}


def models_of(apps: Apps) -> dict[str, type[Model]]:
    """Every table that is kept, by its name."""
    found = apps.get_models(include_auto_created=True)
    tables = {one._meta.db_table: one for one in found if one._meta.managed and not one._meta.proxy}
    return {name: one for name, one in sorted(tables.items()) if name not in LEFT_OUT}


@contextmanager
def consistent_rows(folder: Path) -> "Iterator[Any]":
    """A function from a model to the rows of its table, all as they stood at one moment. Nobody waits meanwhile."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(folder / "copy.sqlite3")) as copy:
            connection.ensure_connection()
            # One step, so that no write comes in between: with several it would begin anew after each.
            connection.connection.backup(copy)
            yield lambda model: copy.execute(_select(model))
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield _read_from_server


def _read_from_server(model: type[Model]) -> Iterator[Any]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_select(model))
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def _select(model: type[Model]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(one.column)) for one in model._meta.concrete_fields)
    return f"SELECT {columns} FROM {quote(model._meta.db_table)}"  # noqa: S608 -- names of our own models


def as_lines(model: type[Model], rows: Iterable[Any]) -> Iterator[bytes]:
    """The names of the columns first, then a list of values per row."""
    fields = model._meta.concrete_fields
    kinds = [_kind_of(one) for one in fields]
    yield json.dumps([one.column for one in fields]).encode() + b"\n"
    for row in rows:
        values = [_portable(kind, value) for kind, value in zip(kinds, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False).encode() + b"\n"


def load_lines(model: type[Model], lines: Iterable[bytes]) -> int:
    """Insert rows that `as_lines` gave; how many. To be called in a transaction."""
    given = iter(lines)
    columns = json.loads(next(given))
    fields = {str(one.column): one for one in model._meta.concrete_fields}
    if not isinstance(columns, list) or len(set(columns)) != len(columns):
        raise ValueError("no names of columns")
    kinds = [_kind_of(fields[name]) for name in columns]
    limits = [fields[name].max_length for name in columns]
    quote = connection.ops.quote_name
    names, marks = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    count = 0
    with connection.cursor() as cursor:
        for batch in batches(given):
            read = (_read_row(line) for line in batch)
            rows = [[_native(*one) for one in zip(kinds, limits, row, strict=True)] for row in read]
            cursor.executemany(statement, rows)
            count += len(rows)
    return count


def batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Never so many that they fill the memory."""
    batch, size = list[bytes](), 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_row(line: bytes) -> list[Any]:
    """Raises ValueError for what is no list of single values."""
    if len(line) > LONG_LINE:
        outside = TEXTS.sub(b"", line)
        if outside.count(b"[") != 1 or b"{" in outside or outside.count(b",") > MOST_COLUMNS:
            raise ValueError("no row")
    row = json.loads(line)
    if not isinstance(row, list):
        raise ValueError("no row")
    return row


def empty_tables(models: Iterable[type[Model]]) -> None:
    # Every key is checked at the end of the transaction, so that the order does not matter.
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def reset_sequences(models: Iterable[type[Model]]) -> None:
    """New rows are numbered on from those that were put in."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)


def _kind_of(field: "Field[Any, Any]") -> str:
    """The kind of value that the column holds; of a key of another row, that row's."""
    while field.remote_field:
        field = cast("Field[Any, Any]", field.target_field)  # type: ignore[attr-defined]
    return str(field.get_internal_type())


def _portable(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "BooleanField":
        return bool(value)
    if kind == "DateTimeField":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if kind == "BinaryField":
        return base64.b64encode(bytes(value)).decode()
    if kind == "UUIDField":
        return (value if isinstance(value, UUID) else UUID(value)).hex
    # JSON stays text: null as a value is something else than no value.
    return value if isinstance(value, str | int | float) else str(value)


def _native(kind: str, limit: int | None, value: Any) -> Any:
    """As the database takes it. Raises ValueError, OverflowError or TypeError for a value of another type: SQLite would
    take it, and every page that reads it would fail.
    """
    if value is None:
        return None
    if kind == "BooleanField":
        return _checked(value, isinstance(value, bool))
    if kind == "FloatField":
        return _checked(value, type(value) in (int, float) and math.isfinite(value))
    if "Integer" in kind or kind.endswith("AutoField"):
        return _checked(value, type(value) is int)
    text: str = _checked(value, isinstance(value, str))
    if kind == "DateTimeField":
        # Moments near either end of the calendar PostgreSQL would take, and not give back.
        return connection.ops.adapt_datetimefield_value(datetime.fromisoformat(text).astimezone(UTC))
    if kind == "TimeField":
        return _checked(text, time.fromisoformat(text) is not None)
    if kind == "BinaryField":
        return base64.b64decode(text, validate=True)
    if kind == "JSONField":
        return _checked(text, json.loads(text) is not ...)
    return _checked(text, limit is None or len(text) <= limit)


def _checked(value: Any, is_right: bool) -> Any:
    if not is_right:
        raise ValueError("a value of another type")
    return value
