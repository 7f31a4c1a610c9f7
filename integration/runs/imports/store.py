"""What the check made of a file's rows, in a SQLite file beside it: the work list of an import.

Rows that can be taken wait there in their order, with what each gives; those that cannot stand there with their
reason; and the hashes by which doubles are known, which in memory would take hundreds of megabytes.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.records import Value

_TABLES = """
CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, given TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rejected (number INTEGER PRIMARY KEY, reason TEXT NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS key (kind TEXT, hash INTEGER, number INTEGER, PRIMARY KEY (kind, hash)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# The cache, in KiB, is all that SQLite keeps in memory.
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;"
# SQLite's integers have a sign.
_HALF, _WHOLE = 1 << 63, 1 << 64


@dataclass(frozen=True)
class ImportRow:
    """A row that can be taken. `values` by side and field key, without blanks; `tasks` are titles."""

    number: int
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    notes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    due: str = ""
    """When its tasks are due, as due.py keeps it."""
    opts_out: bool = False

    @property
    def name(self) -> str:
        """The full name that the row gives; "" for none."""
        gist, ghl = self.values.get("gist", {}), self.values.get("ghl", {})
        parts = " ".join(str(ghl[key]) for key in ("firstName", "lastName") if ghl.get(key))
        return str(gist.get("name") or ghl.get("name") or parts)

    @property
    def label(self) -> str:
        return (self.name or self.email or self.phone)[:200]


@dataclass(frozen=True)
class Rejection:
    """Why a row is not taken: a key of reasons, and a sentence that may quote its cells."""

    number: int
    reason: str
    sentence: str


class RowStore:
    """A context manager, which closes the file."""

    def __init__(self, path: Path):
        self.path = path
        self._sql = sqlite3.connect(path, timeout=20, isolation_level=None)
        self._sql.executescript(f"{_PRAGMAS} {_TABLES}")

    def __enter__(self) -> "RowStore":
        return self

    def __exit__(self, *exc: object) -> None:
        self._sql.close()

    @contextmanager
    def portion(self) -> Iterator[None]:
        """All of it or nothing, also after a kill; nobody else writes meanwhile."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    def keep_facts(self, **facts: Any) -> None:
        rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in facts.items()]
        self._sql.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", rows)

    def fact(self, name: str, default: Any = None) -> Any:
        found = self._sql.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else default

    # Rows --------------------------------------------------------------------------------------------------

    def add_row(self, row: ImportRow) -> None:
        given = {key: value for key, value in vars(row).items() if value and key != "number"}
        self._sql.execute("INSERT INTO row VALUES (?, ?)", (row.number, json.dumps(given, ensure_ascii=False)))

    def rows_after(self, number: int, limit: int) -> list[ImportRow]:
        """The next rows that can be taken, in their order."""
        found = self._sql.execute(
            "SELECT number, given FROM row WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return [_row_from(number, json.loads(given)) for number, given in found]

    def add_rejection(self, one: Rejection) -> None:
        self._sql.execute("INSERT INTO rejected VALUES (?, ?, ?)", (one.number, one.reason, one.sentence))

    def rejections(self, limit: int = -1) -> Iterator[Rejection]:
        for found in self._sql.execute("SELECT * FROM rejected ORDER BY number LIMIT ?", (limit,)):
            yield Rejection(*found)

    # Doubles (imports/doubles.py) ---------------------------------------------------------------------------

    def get(self, kind: str, key: int) -> int | None:
        query = "SELECT number FROM key WHERE kind = ? AND hash = ?"
        found = self._sql.execute(query, (kind, _signed(key))).fetchone()
        return found[0] if found else None

    def add(self, kind: str, key: int, number: int) -> None:
        self._sql.execute("INSERT OR IGNORE INTO key VALUES (?, ?, ?)", (kind, _signed(key), number))


def _signed(key: int) -> int:
    return key - _WHOLE if key >= _HALF else key


def _row_from(number: int, given: dict[str, Any]) -> ImportRow:
    lists: dict[str, Iterable[str]] = {name: tuple(given.pop(name, ())) for name in ("notes", "tasks")}
    return ImportRow(number, **given, **lists)  # type: ignore[arg-type]
