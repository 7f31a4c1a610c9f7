"""The twins' memory: JSON documents in a SQLite file of their own, shared by all threads and processes.

A document has a kind ("ghl.contact"), an account (a location or workspace) and an id; what lists are ordered and
found by stands in columns beside it. Times are integers in the unit the API speaks: milliseconds for GHL, seconds
for Gist.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

Doc = dict[str, Any]

SCHEMA = """
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL,
    parent TEXT, email TEXT, phone TEXT, ext TEXT, name TEXT,
    added INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL,
    UNIQUE (kind, account, id)
);

CREATE INDEX by_added ON documents (kind, account, added, id);

CREATE INDEX by_updated ON documents (kind, account, updated, id);

CREATE INDEX by_email ON documents (kind, account, email) WHERE email IS NOT NULL;

CREATE INDEX by_phone ON documents (kind, account, phone) WHERE phone IS NOT NULL;

CREATE INDEX by_ext ON documents (kind, account, ext) WHERE ext IS NOT NULL;

CREATE INDEX by_parent ON documents (kind, account, parent) WHERE parent IS NOT NULL;

CREATE TABLE ghosts (
    kind TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, until REAL NOT NULL,
    email TEXT, phone TEXT, name TEXT, added INTEGER, updated INTEGER, body TEXT,
    PRIMARY KEY (kind, account, id)
) WITHOUT ROWID;

CREATE TABLE totals (
    kind TEXT, account TEXT, total INTEGER NOT NULL, PRIMARY KEY (kind, account)
) WITHOUT ROWID;

CREATE TRIGGER one_more AFTER INSERT ON documents BEGIN
    INSERT INTO totals VALUES (new.kind, new.account, 1) ON CONFLICT DO UPDATE SET total = total + 1; END;

CREATE TRIGGER one_less AFTER DELETE ON documents BEGIN
    UPDATE totals SET total = total - 1 WHERE kind = old.kind AND account = old.account; END;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE control (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE calls (
    side TEXT, operation TEXT, status INTEGER, total INTEGER NOT NULL, PRIMARY KEY (side, operation, status)
) WITHOUT ROWID;

CREATE TABLE hits (account TEXT, number INTEGER, at REAL, PRIMARY KEY (account, number)) WITHOUT ROWID;

CREATE INDEX hits_at ON hits (account, at, number);

CREATE TABLE windows (account TEXT PRIMARY KEY, day INTEGER, today INTEGER, number INTEGER, peak INTEGER) WITHOUT ROWID
"""
OUTBOX = """
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL, account TEXT NOT NULL, topic TEXT NOT NULL, body TEXT NOT NULL,
    status TEXT NOT NULL, place REAL NOT NULL, due REAL NOT NULL,
    tried REAL NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, held REAL
);

CREATE INDEX outbox_place ON outbox (place, id) WHERE status = 'pending';

CREATE INDEX outbox_due ON outbox (due) WHERE status = 'pending';

CREATE INDEX outbox_held ON outbox (held) WHERE status = 'sending'
"""
PARTS = (SCHEMA, OUTBOX)
VERSION = len(PARTS)
"""A file keeps in `user_version` how many of the parts it has."""
TABLES = ("documents", "totals", "ghosts", "counters", "control", "calls", "hits", "windows", "outbox")
COLUMNS = ("parent", "email", "phone", "ext", "name", "added", "updated")
UPSERT = (
    "INSERT INTO documents (kind, account, id, parent, email, phone, ext, name, added, updated, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (kind, account, id) DO UPDATE SET parent=excluded.parent, email=excluded.email,"
    " phone=excluded.phone, ext=excluded.ext, name=excluded.name, added=excluded.added, updated=excluded.updated,"
    " body=excluded.body"
)


Witness = Callable[[str, str, str, Doc | None, Doc | None], None]
"""Is told kind, account and id of a document, how it was and how it is; None: it is not there."""


@dataclass(frozen=True)
class Row:
    """A document on its way into the store."""

    kind: str
    account: str
    id: str
    body: Doc
    parent: str | None = None
    email: str | None = None
    phone: str | None = None
    ext: str | None = None
    name: str | None = None
    added: int = 0
    updated: int = 0

    def values(self) -> tuple[Any, ...]:
        columns = (getattr(self, column) for column in COLUMNS)
        return (self.kind, self.account, self.id, *columns, json.dumps(self.body, ensure_ascii=False))


class Store:
    """One thread's connection to the file. Get it with `current()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _write_lock(path)
        self._depth = 0
        self._lag = 0.0
        self._control: Doc | None = None
        self._witness: Witness | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self.sql = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self.sql.execute("PRAGMA journal_mode=WAL")
        self.sql.execute("PRAGMA synchronous=OFF")

    def _version(self) -> int:
        return int(self.sql.execute("PRAGMA user_version").fetchone()[0])

    def set_up(self) -> None:
        """Make the tables the file lacks, and the demo world when it is new."""
        from integration.twin.worlds import seed

        if self._version() == VERSION:
            return
        with self.transaction():
            known = self._version()  # Another thread or process may have been first.
            for part in PARTS[known:]:
                for statement in part.split(";\n\n"):
                    self.sql.execute(statement)
            self.sql.execute(f"PRAGMA user_version = {VERSION}")
            if known == 0:
                seed(self, "demo")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One writer at a time: threads queue at a lock, processes at SQLite's. Nested ones join the outer one."""
        if self._depth:
            yield
            return
        with self._lock:
            self.sql.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self.sql.execute("ROLLBACK")
                raise
            else:
                self.sql.execute("COMMIT")
            finally:
                self._depth = 0

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.sql.execute(statement, values).fetchall()

    def get(self, kind: str, account: str, id: str | int) -> Doc | None:  # noqa: A002 -- the word of both APIs
        rows = self.run("SELECT body FROM documents WHERE kind=? AND account=? AND id=?", (kind, account, str(id)))
        return json.loads(rows[0][0]) if rows else None

    def find(self, kind: str, account: str, column: str, value: str | int, order: str = "seq") -> list[Doc]:
        """The documents whose `column` is `value`, oldest first."""
        sql = f"SELECT body FROM documents WHERE kind=? AND account=? AND {_known(column)}=? ORDER BY {_known(order)}"  # noqa: S608
        return [json.loads(row[0]) for row in self.run(sql, (kind, account, value))]

    def all(self, kind: str, account: str) -> list[Doc]:
        sql = "SELECT body FROM documents WHERE kind=? AND account=? ORDER BY seq"
        return [json.loads(row[0]) for row in self.run(sql, (kind, account))]

    def everywhere(self, kind: str, id: str | int) -> tuple[str, Doc] | None:  # noqa: A002
        """Account and document, for ids that are unique over all accounts."""
        rows = self.run("SELECT account, body FROM documents WHERE kind=? AND id=?", (kind, str(id)))
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def count(self, kind: str, account: str) -> int:
        """How many documents; a trigger keeps count, so that this takes no scan."""
        rows = self.run("SELECT total FROM totals WHERE kind=? AND account=?", (kind, account))
        return int(rows[0][0]) if rows else 0

    def put(self, row: Row) -> None:
        with self.transaction():
            if self._lag:
                self._leave_ghost(row.kind, row.account, row.id)
            before = self.get(row.kind, row.account, row.id) if self._witness else None
            self.sql.execute(UPSERT, row.values())
            if self._witness:
                self._witness(row.kind, row.account, row.id, before, row.body)

    @contextmanager
    def witnessed(self, witness: Witness | None) -> Iterator[None]:
        """`witness` is told of every document that is written or deleted inside, within the same transaction."""
        self._witness = witness
        try:
            yield
        finally:
            self._witness = None

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        """What is written inside shows in `searchable()` only after `seconds`."""
        self._lag = seconds
        try:
            yield
        finally:
            self._lag = 0.0

    def _leave_ghost(self, kind: str, account: str, id: str) -> None:  # noqa: A002
        """Keep what the search shows meanwhile: the document as it was, or no body when there was none."""
        known = "SELECT email, phone, name, added, updated, body FROM documents WHERE kind=? AND account=? AND id=?"
        before = (self.run(known, (kind, account, id)) or [(None,) * 6])[0]
        until = time.time() + self._lag
        self.run("DELETE FROM ghosts WHERE until<=?", (time.time(),))
        self.run(
            "INSERT INTO ghosts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
            (kind, account, id, until, *before),
        )

    def searchable(self) -> str:
        """What a search reads from: the documents, or what they were while the index lags behind."""
        now = time.time()
        if not self.run("SELECT 1 FROM ghosts WHERE until>? LIMIT 1", (now,)):
            return "documents"
        columns = "kind, account, id, email, phone, name, added, updated, body"
        return (
            f"(SELECT {columns} FROM documents d WHERE NOT EXISTS (SELECT 1 FROM ghosts g WHERE g.kind=d.kind"  # noqa: S608
            f" AND g.account=d.account AND g.id=d.id AND g.until>{now})"
            f" UNION ALL SELECT {columns} FROM ghosts WHERE until>{now} AND body IS NOT NULL)"
        )

    def put_all(self, rows: Iterator[Row]) -> None:
        with self.transaction():
            if self._witness is None:
                self.sql.executemany(UPSERT, (row.values() for row in rows))
                return
            for row in rows:
                self.put(row)

    def delete(self, kind: str, account: str, id: str | int) -> bool:  # noqa: A002
        with self.transaction():
            if self._lag:
                self._leave_ghost(kind, account, str(id))
            before = self.get(kind, account, id) if self._witness else None
            sql = "DELETE FROM documents WHERE kind=? AND account=? AND id=?"
            deleted = self.sql.execute(sql, (kind, account, str(id))).rowcount > 0
            if self._witness and deleted:
                self._witness(kind, account, str(id), before, None)
            return deleted

    def number(self, name: str, step: int = 1) -> int:
        """The next number of a row of numbers, unique over all processes."""
        with self.transaction():
            sql = (
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
                " RETURNING value"
            )
            return int(self.run(sql, (name, step))[0][0])

    def control(self, name: str, default: Any) -> Any:
        """A setting of the sandbox, as it was when this thread last said `refresh`."""
        if self._control is None:
            self._control = {key: json.loads(text) for key, text in self.run("SELECT name, value FROM control")}
        return self._control.get(name, default)

    def refresh(self) -> None:
        """Settings are read once per call; another process may have changed them since the last."""
        self._control = None

    def set_control(self, name: str, value: Any) -> None:
        with self.transaction():
            self.run("INSERT OR REPLACE INTO control VALUES (?, ?)", (name, json.dumps(value)))
        self.refresh()

    def clear(self) -> None:
        with self.transaction():
            for table in TABLES:
                self.sql.execute(f"DELETE FROM {table}")  # noqa: S608 -- a constant of this file
        self.refresh()

    def close(self) -> None:
        self.sql.close()


def _known(column: str) -> str:
    if column not in (*COLUMNS, "seq", "id"):
        raise ValueError(f"{column} is no column")
    return column


_locks: dict[Path, threading.Lock] = {}
_locks_guard = threading.Lock()
_here = threading.local()


def _write_lock(path: Path) -> threading.Lock:
    with _locks_guard:
        return _locks.setdefault(path, threading.Lock())


def path_of_the_moment() -> Path:
    return Path(settings.DATA_DIR) / "sandbox.sqlite3"


def current() -> Store:
    """This thread's store for the DATA_DIR of the moment."""
    key = (os.getpid(), path_of_the_moment())
    store: Store | None = getattr(_here, "store", None)
    if store is None or _here.key != key:
        if store is not None and _here.key[0] == key[0]:
            store.close()
        # Known before it is set up: what seeds the demo world asks for the current store, too.
        _here.store = store = Store(key[1])
        _here.key = key
        try:
            store.set_up()
        except BaseException:
            _here.store = None
            raise
    return store
