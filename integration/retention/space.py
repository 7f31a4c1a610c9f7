"""How many rows each kind has and the space it takes, as the database says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Model

from integration.retention.kept import KEPT
from integration.retention.kinds import KINDS
from integration.runs.imports.files import FOLDER

# Counting ten million rows takes seconds: the page asks again after this time at the earliest.
_SECONDS = 600
# SQLite reads the whole file to say what its tables take, so above this size only the file's own size is shown.
_LARGEST_MEASURED = 300 * 1000**2


@dataclass(frozen=True)
class Space:
    """`space` in bytes; None where the database does not say it."""

    rows: int
    space: int | None


def space_by_kind() -> dict[str, Space]:
    """By key of a kind, and of what is kept."""
    kept: dict[str, list[int | None]] = cache.get_or_set("retention-space", _measure, _SECONDS) or {}
    return {key: Space(rows or 0, space) for key, (rows, space) in kept.items()}


def whole_space() -> int:
    """Bytes of the database, files of imports included."""
    return _database_size() + _size_of_files()


def _measure() -> dict[str, list[int | None]]:
    models: Mapping[str, Iterable[type[Model]]] = {
        **{key: kind.models for key, kind in KINDS.items() if kind.models}, **{one.key: one.models for one in KEPT},
    }  # fmt: skip
    sizes = _table_sizes()
    found: dict[str, list[int | None]] = {}
    for key, some in models.items():
        tables = [one._meta.db_table for one in some]
        rows = sum(one._default_manager.count() for one in some)
        space = sum(sizes.get(table, 0) for table in tables) if sizes else None
        found[key] = [rows, space]
    if "files" in found:
        found["files"][1] = _size_of_files()
    return found


def _table_sizes() -> dict[str, int]:
    """Bytes by table, indexes included; empty where the database does not say it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'")
        elif _database_size() < _LARGEST_MEASURED and _has_dbstat():
            cursor.execute(
                "SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name "
                "GROUP BY m.tbl_name"
            )
        else:
            return {}
        return {name: int(size) for name, size in cursor.fetchall()}


def _has_dbstat() -> bool:
    """SQLite has it only when it was built with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'")
        return cursor.fetchone() is not None


def _database_size() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        (size,) = cursor.fetchone()
        return int(size)


def _size_of_files() -> int:
    folder = Path(settings.DATA_DIR) / FOLDER
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
