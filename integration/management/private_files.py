"""Keys, database and webhooks on disk are for the user who runs Gistline, and for nobody else on the machine."""

import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

OTHERS = 0o077
# Webhooks that wait for the database, files that people import, and the sandbox's signing keys.
FOLDERS = ("spool", "imports", "sandbox-webhook-keys")
SQLITE_FILES = ("", "-wal", "-shm", "-journal")

logger = logging.getLogger(__name__)


def close_to_others() -> None:
    """Take away what group and others may do with DATA_DIR and with what we keep in it, and with the SQLite database.

    What is made later is closed from the start, by the umask of manage.py and of dashboard/wsgi.py.
    """
    for path in _private_paths():
        try:
            mode = path.stat().st_mode
            if mode & OTHERS:
                path.chmod(mode & 0o777 & ~OTHERS)
        except FileNotFoundError:
            # Gone since it was listed: webhooks on disk come and go.
            continue
        except OSError as problem:
            logger.warning("%s stays open to others: its rights cannot be changed (%s)", path, problem.strerror)


def open_to_others() -> list[Path]:
    """What others on this machine may read: DATA_DIR, whose own rights close all below it, and files beside it."""
    beside = [path for path in _database_files() if Path(settings.DATA_DIR) not in path.parents]
    found = [path for path in (Path(settings.DATA_DIR), *beside) if path.exists() and path.stat().st_mode & OTHERS]
    environment = Path(settings.BASE_DIR) / ".env"
    # Whoever wrote it may have meant its group to read it.
    return found + ([environment] if environment.exists() and environment.stat().st_mode & 0o007 else [])


def _private_paths() -> Iterator[Path]:
    """Of the folders in DATA_DIR only ours: somebody may have pointed it at a folder that holds other things."""
    data_dir = Path(settings.DATA_DIR)
    yield data_dir
    inside = [path for path in data_dir.glob("*") if path.is_file() or path.name in FOLDERS]
    inside += [path for name in FOLDERS for path in (data_dir / name).rglob("*")]
    # The rights of a link are those of what it leads to, which may be anything.
    yield from (path for path in inside if not path.is_symlink())
    yield from _database_files()


def _database_files() -> Iterator[Path]:
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        yield from (Path(f"{database['NAME']}{suffix}") for suffix in SQLITE_FILES)
