"""Putting a backup back. Everything is checked first, and whatever fails after that leaves the old state."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from integration.backup.archive import ENCRYPTION_KEYS, Archive, Drafts, open_archive
from integration.backup.create import KEY_CHECK
from integration.backup.interrupted import forget_restore, note_restore, replace_private
from integration.backup.rows import empty_tables, load_lines, models_of, reset_sequences
from integration.backup.tables import remade_tables, rows_in_any_order
from integration.errors import SetupError
from integration.models import Connection, InboxEvent, Link
from integration.queue import delete_jobs

Nodes = list[tuple[str, str]]
NOT_EMPTY = (
    "the database holds {} already. Restore into an empty one, or add --force, which replaces everything in it. "
    "Nothing was changed."
)
NEWER = "was made by a newer version of Gistline ({} is unknown here). Upgrade first; nothing was changed."
NO_KEYS = (
    "its secrets were encrypted with keys that are not in ENCRYPTION_KEYS. Set ENCRYPTION_KEYS and SECRET_KEY as they "
    "were, or make the backup with --with-keys; nothing was changed."
)
WRONG_KEYS = "holds keys that are none, or with which its secrets were not encrypted. Nothing was changed."
LACKS_TABLE = "lacks rows of the table {}, which every backup has. Nothing was changed."
CANNOT_LOAD = "holds rows that the database does not take ({}). Nothing was changed."
# What rows that were changed by hand, or a full disk, come to while they are put in.
BROKEN_ROWS = (ValueError, KeyError, TypeError, StopIteration, RecursionError, OverflowError, DatabaseError)
# No row of ours is longer; read whole, a line of a hostile archive would fill the memory.
LONGEST_LINE = 256 * 1024**2


def restore_backup(path: Path, *, force: bool) -> dict[str, int]:
    """Put the archive's rows and files back; how many rows by table. Raises SetupError, and nothing was changed then:
    files are written beside those they replace, and rows are seen only once all of them are in.
    """
    archive = open_archive(path)
    targets = _known_migrations(archive)
    if not force:
        _refuse_unless_empty()
    settings.ENCRYPTION_KEYS = _usable_keys(archive)
    drafts = Drafts(Path(settings.DATA_DIR))
    try:
        _write_drafts(archive, drafts)
        with note_restore(archive.path), _both_keys(archive):
            counts = _restore_rows(archive, targets)
        drafts.put_in_place()
        # Those of before are about rows that are others now; what is left to do, the watchdog finds.
        delete_jobs()
        forget_restore()
    except BROKEN_ROWS as problem:
        raise SetupError(CANNOT_LOAD.format(type(problem).__name__), str(archive.path)) from problem
    finally:
        drafts.discard()
    return counts


def _write_drafts(archive: Archive, drafts: Drafts) -> None:
    for name, content in archive.members("data"):
        drafts.add(name, iter(partial(content.read, 1 << 20), b""))
    for name, text in archive.read_keys().items():
        drafts.add(name, [text.encode()])


@contextmanager
def _both_keys(archive: Archive) -> Iterator[None]:
    """Within, the file of keys holds those of this installation and those that the archive brings: whichever rows are
    there after a kill, they can be decrypted.
    """
    path, brought = Path(settings.DATA_DIR, ENCRYPTION_KEYS), archive.read_keys().get(ENCRYPTION_KEYS)
    if not brought or not path.exists():
        yield
        return
    own = path.read_text().strip()
    try:
        replace_private(path, ",".join(dict.fromkeys([*own.split(","), *brought.split(",")])))
        yield
    except BaseException:
        replace_private(path, own)
        raise


# Before ---------------------------------------------------------------------------------------------------


def _known_migrations(archive: Archive) -> Nodes:
    """The migrations that make the tables as they were. Raises SetupError for those of a later version."""
    applied: Nodes = [(app, name) for app, name in archive.manifest["migrations"]]
    loader = MigrationExecutor(connection).loader
    ours = {label for label, _ in loader.graph.nodes}
    unknown = [f"{app} {name}" for app, name in applied if app in ours and (app, name) not in loader.disk_migrations]
    if unknown:
        raise SetupError(NEWER.format(unknown[0]), str(archive.path))
    known = [node for node in applied if node in loader.graph.nodes]
    return [node for node in known if not any(child in known for child in _children(loader.graph, node))]


def _children(graph: Any, node: tuple[str, str]) -> set[tuple[str, str]]:
    return {child.key for child in graph.node_map[node].children if child.key[0] == node[0]}


def _refuse_unless_empty() -> None:
    tables = connection.introspection.table_names()
    for model in (get_user_model(), Connection, Link, InboxEvent):
        if model._meta.db_table in tables and _has_rows(model):
            raise SetupError(NOT_EMPTY.format(model._meta.verbose_name_plural))


def _has_rows(model: type[Model]) -> bool:
    # By no column: those of an older version are others.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(model._meta.db_table)} LIMIT 1")  # noqa: S608
        return cursor.fetchone() is not None


def _usable_keys(archive: Archive) -> list[str]:
    """Keys that open the archive's secrets: those it brings along first, then those of this installation."""
    brought = _brought_keys(archive)
    keys = [*brought, *settings.ENCRYPTION_KEYS]
    if not any(_opens(key, archive.manifest["key_check"]) for key in keys):
        raise SetupError(NO_KEYS, str(archive.path))
    return list(dict.fromkeys(keys))


def _brought_keys(archive: Archive) -> list[str]:
    """They take the place of those in DATA_DIR: with anything else there, Gistline would not start, or read nothing."""
    try:
        brought = archive.read_keys()
        if not brought:
            return []
        keys = brought[ENCRYPTION_KEYS].split(",")
        usable = [Fernet(key) for key in keys] and brought["secret_key"].isprintable() and brought["secret_key"].strip()
    except (ValueError, KeyError):
        usable = ""
    if not usable or not any(_opens(key, archive.manifest["key_check"]) for key in keys):
        raise SetupError(WRONG_KEYS, str(archive.path))
    return keys


def _opens(key: str, token: str) -> bool:
    try:
        return Fernet(key).decrypt(token.encode()).decode() == KEY_CHECK
    except (InvalidToken, ValueError):
        return False


# Rows -----------------------------------------------------------------------------------------------------


def _restore_rows(archive: Archive, targets: Nodes) -> dict[str, int]:
    applied = set(MigrationRecorder(connection).applied_migrations())
    wanted = {(app, name) for app, name in archive.manifest["migrations"]}
    if applied == wanted:
        with transaction.atomic():
            empty_tables([Session])
            return _load_all(archive, models_of(apps))
    with remade_tables():
        MigrationExecutor(connection).migrate(targets)
        older = MigrationExecutor(connection).loader.project_state(targets).apps
        with rows_in_any_order(), transaction.atomic():
            counts = _load_all(archive, models_of(older))
        call_command("migrate", verbosity=0, interactive=False)
        _free_what_was_held()
    return counts


def _free_what_was_held() -> None:
    """Whoever held these when the backup was taken does not work here."""
    Link.objects.update(lease_owner="", lease_until=None, worker_called=False)
    Connection.objects.update(refreshing_until=None)


def _load_all(archive: Archive, models: dict[str, type[Model]]) -> dict[str, int]:
    empty_tables(models.values())
    counts = {}
    for name, content in archive.members("database"):
        table = name.removesuffix(".jsonl")
        if table not in models:
            raise SetupError(f"holds a table “{table}” that this version does not know.", str(archive.path))
        counts[table] = load_lines(models[table], _lines(content))
    if missing := sorted({*models, Link._meta.db_table} - counts.keys()):
        raise SetupError(LACKS_TABLE.format(missing[0]), str(archive.path))
    reset_sequences(models.values())
    if models.get(Link._meta.db_table) is Link:
        _free_what_was_held()
    return counts


def _lines(content: Any) -> Iterable[bytes]:
    for line in iter(partial(content.readline, LONGEST_LINE), b""):
        if not line.endswith(b"\n"):
            raise ValueError("a line that does not end")
        yield line
