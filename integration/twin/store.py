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

# `seq` is the order in which documents were made, by which lists go that name no other. `totals` is kept by triggers,
# because a list of GHL answers its total on every page. `hits` holds the calls of the present window, one row each.
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
# Added later than SCHEMA and kept apart from it: a file from before gets these tables and keeps its people. Its
# indexes cover waiting events only, since delivered ones stay in the table until a reset.
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
# A file keeps in `user_version` how many of the parts it has.
VERSION = len(PARTS)
TABLES = ("documents", "totals", "ghosts", "counters", "control", "calls", "hits", "windows", "outbox")
COLUMNS = ("parent", "email", "phone", "ext", "name", "added", "updated")
UPSERT = (
    "INSERT INTO documents (kind, account, id, parent, email, phone, ext, name, added, updated, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (kind, account, id) DO UPDATE SET parent=excluded.parent, email=excluded.email,"
    " phone=excluded.phone, ext=excluded.ext, name=excluded.name, added=excluded.added, updated=excluded.updated,"
    " body=excluded.body"
)


# Called with kind, account and id of a document, its body before and its body after; None stands for no document.
Witness = Callable[[str, str, str, Doc | None, Doc | None], None]


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

    def column_values(self) -> tuple[Any, ...]:
        columns = (getattr(self, column) for column in COLUMNS)
        return (self.kind, self.account, self.id, *columns, json.dumps(self.body, ensure_ascii=False))


class Store:
    """One thread's connection to the file. Get it with `current_store()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # SQLite makes a second writer poll until the first is done; threads that queue at a lock go on at once.
        self._lock = _write_lock(path)
        self._depth = 0
        self._lag = 0.0
        self._control: Doc | None = None
        self._witness: Witness | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without isolation level sqlite3 opens no transactions of its own beside those of `transaction()`.
        self.sql = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        # Set before the journal mode, because switching a new file to WAL writes it, and with any other value also
        # flushes it to the disk. What a power cut would lose here is a sandbox, which can be filled again.
        self.sql.execute("PRAGMA synchronous=OFF")
        self.sql.execute("PRAGMA journal_mode=WAL")

    def _schema_version(self) -> int:
        return int(self.sql.execute("PRAGMA user_version").fetchone()[0])

    def set_up(self) -> None:
        """Make the tables the file lacks, and the demo world when it is new."""
        from integration.twin.worlds import seed_world

        if self._schema_version() == VERSION:
            return
        with self.transaction():
            known = self._schema_version()  # Another thread or process may have been first.
            for script in PARTS[known:]:
                # Triggers hold semicolons of their own, so statements are told apart by the blank line between them.
                for statement in script.split(";\n\n"):
                    self.sql.execute(statement)
            self.sql.execute(f"PRAGMA user_version = {VERSION}")
            if known == 0:
                seed_world(self, "demo")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One writer at a time: threads queue at a lock, processes at SQLite's. Nested ones join the outer one."""
        if self._depth:
            yield
            return
        with self._lock:
            # Takes the write lock at once. A transaction that began by reading could not take it any more once
            # another process has written, and SQLite refuses then without waiting.
            self.sql.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            # KeyboardInterrupt too: a transaction left open would lock every other writer out.
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

    def find(self, kind: str, account: str, column: str, value: str | int) -> list[Doc]:
        """The documents whose `column` is `value`, oldest first."""
        sql = f"SELECT body FROM documents WHERE kind=? AND account=? AND {_check_column(column)}=? ORDER BY seq"  # noqa: S608
        return [json.loads(row[0]) for row in self.run(sql, (kind, account, value))]

    def all(self, kind: str, account: str) -> list[Doc]:
        sql = "SELECT body FROM documents WHERE kind=? AND account=? ORDER BY seq"
        return [json.loads(row[0]) for row in self.run(sql, (kind, account))]

    def find_anywhere(self, kind: str, id: str | int) -> tuple[str, Doc] | None:  # noqa: A002
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
            # Reading the former document costs as much as writing the new one, so it is done only when somebody
            # compares.
            before = self.get(row.kind, row.account, row.id) if self._witness else None
            self.sql.execute(UPSERT, row.column_values())
            if self._witness:
                self._witness(row.kind, row.account, row.id, before, row.body)

    @contextmanager
    def call_on_change(self, witness: Witness | None) -> Iterator[None]:
        """`witness` is called for every document that is written or deleted inside, within the same transaction."""
        self._witness = witness
        try:
            yield
        finally:
            self._witness = None

    @contextmanager
    def delay_search(self, seconds: float) -> Iterator[None]:
        """What is written inside shows in `search_source()` only after `seconds`."""
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
        # Ghosts are cleared by the next write, so that reading never has to wait for the write lock.
        self.run("DELETE FROM ghosts WHERE until<=?", (time.time(),))
        self.run(
            # A document written twice within the lag keeps its first ghost: the search shows what stood before both.
            "INSERT INTO ghosts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
            (kind, account, id, until, *before),
        )

    def search_source(self) -> str:
        """What a search reads from: the documents, or what they were while the index lags behind."""
        now = time.time()
        if not self.run("SELECT 1 FROM ghosts WHERE until>? LIMIT 1", (now,)):
            # The plain table lets SQLite walk its indexes, and lets the search take its total from `totals`.
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
                # Nobody compares, so no former document has to be read.
                self.sql.executemany(UPSERT, (row.column_values() for row in rows))
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

    def next_number(self, name: str, step: int = 1) -> int:
        """The next value of the counter `name`, unique over all processes. A `step` of 0 reads it as it is."""
        with self.transaction():
            sql = (
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
                " RETURNING value"
            )
            return int(self.run(sql, (name, step))[0][0])

    def control(self, name: str, default: Any) -> Any:
        """A setting of the sandbox, as it was when this thread last called `refresh`."""
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


def _check_column(column: str) -> str:
    if column not in COLUMNS:
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


def current_store() -> Store:
    """This thread's store for the DATA_DIR of the moment."""
    key = (os.getpid(), settings.DATA_DIR)
    store: Store | None = getattr(_here, "store", None)
    if store is None or _here.key != key:
        # A connection must not cross a fork, not even to be closed: the parent goes on using it. Within one process
        # the data directory may change under a thread, as it does between tests.
        if store is not None and _here.key[0] == key[0]:
            store.close()
        # Known before it is set up: what seeds the demo world asks for the current store, too.
        _here.store = store = Store(path_of_the_moment())
        _here.key = key
        try:
            store.set_up()
        except BaseException:
            _here.store = None
            raise
    return store
