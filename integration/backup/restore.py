"""Putting a backup back. Everything is checked first; the rows go in in one transaction."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from integration.backup.archive import Archive, open_archive, put_file
from integration.backup.create import KEY_CHECK
from integration.backup.rows import empty_tables, load_lines, models_of, reset_sequences
from integration.errors import SetupError
from integration.models import Connection, InboxEvent, Link
from integration.report_views import release_tables

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


def restore_backup(path: Path, *, force: bool) -> dict[str, int]:
    """Put the archive's rows and files back; how many rows by table. Raises SetupError, before anything is changed."""
    archive = open_archive(path)
    targets = _known_migrations(archive)
    if not force:
        _refuse_unless_empty()
    keys = _usable_keys(archive)
    settings.ENCRYPTION_KEYS = keys
    counts = _restore_rows(archive, targets)
    for name, content in archive.members("data"):
        put_file(Path(settings.DATA_DIR), name, iter(partial(content.read, 1 << 20), b""))
    for name, text in archive.read("keys").items():
        put_file(Path(settings.DATA_DIR), name, [text.encode()])
    return counts


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
    """Keys that open the archive's secrets: those of this installation first, then those it brings along."""
    brought = archive.read("keys").get("encryption_keys", "").split(",")
    keys = [*filter(None, brought), *settings.ENCRYPTION_KEYS]
    if not any(_opens(key, archive.manifest["key_check"]) for key in keys):
        raise SetupError(NO_KEYS, str(archive.path))
    return list(dict.fromkeys(keys))


def _opens(key: str, token: str) -> bool:
    try:
        return Fernet(key).decrypt(token.encode()).decode() == KEY_CHECK
    except (InvalidToken, ValueError):
        return False


# Rows -----------------------------------------------------------------------------------------------------


def _restore_rows(archive: Archive, targets: Nodes) -> dict[str, int]:
    applied = set(MigrationRecorder(connection).applied_migrations())
    wanted = {(app, name) for app, name in archive.manifest["migrations"]}
    if applied != wanted:
        _make_tables(targets)
        state = MigrationExecutor(connection).loader.project_state(targets).apps
    else:
        state = apps  # type: ignore[assignment]
    with transaction.atomic():
        counts = _load_all(archive, models_of(state))
    call_command("migrate", verbosity=0, interactive=False)
    # Whoever held these when the backup was taken does not work here.
    Link.objects.update(lease_owner="", lease_until=None, worker_called=False)
    Connection.objects.update(refreshing_until=None)
    return counts


def _make_tables(targets: Nodes) -> None:
    """Tables as they were in the version of the backup, and no others."""
    release_tables()
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for name in names:
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)}{cascade}")
    MigrationExecutor(connection).migrate(targets)


def _load_all(archive: Archive, models: dict[str, type[Model]]) -> dict[str, int]:
    empty_tables(models.values())
    counts = {}
    for name, content in archive.members("database"):
        table = name.removesuffix(".jsonl")
        if table not in models:
            raise SetupError(f"holds a table “{table}” that this version does not know.", str(archive.path))
        counts[table] = load_lines(models[table], _lines(content))
    reset_sequences(models.values())
    return counts


def _lines(content: Any) -> Iterable[bytes]:
    return iter(content.readline, b"")
