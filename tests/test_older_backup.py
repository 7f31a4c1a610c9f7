"""A backup of an older version is restored into today's tables, or leaves everything as it was: on both databases.

`first_version.tar.gz` was made on SQLite by the first version that had backups (22 migrations of `integration`), with
three people, a published workflow, a refused webhook in bytes that are no text, and keys of its own.
"""

import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from integration.backup.restore import restore_backup
from integration.errors import SetupError
from integration.models import Change, Connection, InboxEvent, Link, LogEntry, Pair, Run, Workflow
from tests.backup.archives import change_rows, everything
from tests.dashboard import things

pytestmark = pytest.mark.django_db(transaction=True)
ARCHIVE = Path(__file__).parent / "backup" / "first_version.tar.gz"


def test_a_backup_of_the_first_version_is_upgraded_or_leaves_everything_as_it_was(link, owner, tmp_path, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    Link.objects.update(name="newer")
    broken = shutil.copy(ARCHIVE, tmp_path / "broken.tar.gz")
    change_rows(broken, "integration_connection", lambda line: line if line.startswith(b'["id"') else b"")
    before = everything()
    with pytest.raises(SetupError, match="rows that the database does not take"):
        restore_backup(broken, force=True)
    assert (everything(), reported_runs()) == (before, 0)
    restore_backup(ARCHIVE, force=True)
    assert_it_is_all_there()
    assert Path(settings.DATA_DIR, "spool", "1-event.json").read_text() == "kept"
    # New rows are numbered on from those that were put in.
    newest = Link.objects.get().pk
    assert things.links(1)[0].pk > newest


def assert_it_is_all_there():
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    link = Link.objects.get()
    assert (link.key, link.lease_owner) == ("alder", "")
    assert Connection.objects.get(provider="ghl").credentials["private_token"]
    assert Connection.objects.get(provider="gist").credentials["access_token"]
    assert set(Pair.objects.values_list("label", flat=True)) == {"Ann Lee", "Bea", "Cleo"}
    assert (Change.objects.count(), LogEntry.objects.count(), Workflow.objects.count()) == (3, 3, 1)
    assert bytes(InboxEvent.objects.get().body) == b"\x00\xff{"
    assert reported_runs() == Run.objects.count() == 3


def reported_runs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM report_runs")
        return cursor.fetchone()[0]
