"""What stands of a person outside the domain's tables: webhooks on disk, sessions, cache, finished jobs, free pages."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError, connection

from integration.privacy.scrub import read_stored
from integration.queue import forget_results
from integration.webhooks import spool

Mentions = Callable[[Any], bool]
# A database up to this size is written anew whole, which also clears what versions before this one left in free pages.
SMALL_BYTES = 1024**3
BUSY = (
    "The database was in use, so its write-ahead log could not be emptied: it may hold old values until the next "
    "checkpoint. Run this again in a quiet moment, or restart Gistline."
)
POSTGRES = (
    "PostgreSQL: VACUUM ran, so no query finds the old rows. Their bytes may stay in free space of its files, in its "
    "write-ahead log and in its backups until they are overwritten; VACUUM FULL writes a table anew."
)


def count_spooled(is_about: Callable[[Any], bool]) -> int:
    return sum(1 for _ in spool.deliveries(is_about))


def forget_spooled(is_about: Callable[[Any], bool]) -> None:
    for path in spool.deliveries(is_about):
        path.unlink(missing_ok=True)


def forget_volatile(mentions: Mentions) -> None:
    """Messages and drafts in sessions, answers in the cache, results of jobs. `mentions` takes any value."""
    for session in Session.objects.iterator():
        _clean_session(session, mentions)
    _forget_cached(mentions)
    forget_results(mentions)


def _clean_session(session: Session, mentions: Mentions) -> None:
    data = session.get_decoded()
    kept = {name: value for name, value in data.items() if not mentions(value)}
    if len(kept) < len(data):
        store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
        Session.objects.filter(pk=session.pk).update(session_data=store.encode(kept))


def _forget_cached(mentions: Mentions) -> None:
    if settings.REDIS_URL:
        _forget_in_redis(mentions)
        return
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT cache_key, value FROM {table}")  # noqa: S608 -- a table of ours
        gone = [key for key, value in cursor.fetchall() if mentions(read_stored(value))]
        for key in gone:
            cursor.execute(f"DELETE FROM {table} WHERE cache_key = %s", [key])  # noqa: S608


def _forget_in_redis(mentions: Mentions) -> None:
    client: Any = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
    for key in client.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*"):
        if client.type(key) == b"string" and mentions(read_stored((client.get(key) or b"").decode(errors="replace"))):
            client.unlink(key)


# Free pages ----------------------------------------------------------------------------------------------


def empty_free_pages() -> list[str]:
    """Have nothing of deleted rows left in the database's own files; sentences about what cannot be cleared.

    Nothing inside a transaction: neither database can then.
    """
    if connection.in_atomic_block:
        return []
    if connection.vendor == "sqlite":
        return list(_clear_sqlite())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    return [POSTGRES]


def _clear_sqlite() -> Iterator[str]:
    with connection.cursor() as cursor:
        # New rows have been overwritten when they were deleted, by `secure_delete` (settings.py); older ones were not.
        if _database_size() <= SMALL_BYTES:
            try:
                cursor.execute("VACUUM")
            except OperationalError:
                yield BUSY
                return
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone()[0]:
            yield BUSY


def _database_size() -> int:
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    return path.stat().st_size if path.is_file() else 0
