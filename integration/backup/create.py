"""Taking a backup, while web and worker go on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from integration.backup.archive import Writer, is_kept, write_archive
from integration.backup.rows import as_lines, consistent_rows, models_of
from integration.models.fields import encrypt_text

# Encrypted with the newest key: a restore shows by it whether it has the keys.
KEY_CHECK = "gistline"
SQLITE_HEADER = b"SQLite format 3\0"


def create_backup(path: Path, *, with_keys: bool) -> dict[str, Any]:
    """The database as it stood at one moment, and the files of DATA_DIR. Gives the facts of the archive."""
    path = path.absolute()
    with write_archive(path) as archive, TemporaryDirectory(dir=path.parent, prefix=".gistline-") as folder:
        counts = _add_tables(archive, Path(folder))
        for name, file in _data_files(path):
            _add_data_file(archive, name, file, Path(folder))
        if with_keys:
            archive.add_bytes("keys/encryption_keys", ",".join(settings.ENCRYPTION_KEYS).encode())
            archive.add_bytes("keys/secret_key", settings.SECRET_KEY.encode())
        facts = {
            "created_at": timezone.now().isoformat(),
            "database": connection.vendor,
            "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
            "key_check": encrypt_text(KEY_CHECK),
            "with_keys": with_keys,
            "rows": counts,
        }
        archive.close(facts)
    return facts


def _add_tables(archive: Writer, folder: Path) -> dict[str, int]:
    counts = {}
    with consistent_rows(folder) as rows_of:
        for table, model in models_of(apps).items():
            path, count = folder / "table.jsonl", -1
            # Through a file, since a tar names the size of a member before its content.
            with path.open("wb") as file:
                for count, line in enumerate(as_lines(model, rows_of(model))):  # noqa: B007
                    file.write(line)
            archive.add_file(f"database/{table}.jsonl", path)
            counts[table] = count
    return counts


def _data_files(archive: Path) -> Iterator[tuple[str, Path]]:
    folder, own = Path(settings.DATA_DIR), {archive.name}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and is_kept(name) and path.name not in own:
            yield name.as_posix(), path


def _add_data_file(archive: Writer, name: str, path: Path, folder: Path) -> None:
    if path.name.endswith(("-wal", "-shm", "-journal")):
        return
    try:
        with path.open("rb") as file:
            is_database = file.read(len(SQLITE_HEADER)) == SQLITE_HEADER
        if not is_database:
            archive.add_bytes(f"data/{name}", path.read_bytes())
            return
        copy = folder / "other.sqlite3"
        copy.unlink(missing_ok=True)
        # Its write-ahead log may hold what the file itself does not: only SQLite can copy it whole.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        archive.add_file(f"data/{name}", copy)
    except FileNotFoundError:
        # Webhooks on disk come and go: one that went is in the database.
        return
