"""The views that reports read: as docs/reports.md has them, on both databases, and in nobody's way."""

import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from integration.models import Change
from integration.privacy.erase import erase
from integration.report_views import VIEWS, after_migrations, make_views, release_tables
from tests.dashboard import things
from tests.privacy.test_erase import MARKS, THEO, store_everything
from tests.world import sync

DOCUMENT = (Path(__file__).parent.parent / "docs" / "reports.md").read_text()
NAMES = ["report_runs", "report_log", "report_changes", "report_pairs"]


def documented():
    """`{view: [(column, type)]}` of the tables under each heading."""
    parts = re.split(r"^## `(\w+)`$", DOCUMENT, flags=re.MULTILINE)
    rows = r"^\| `(\w+)` \| (\w+) \|"
    return {name: re.findall(rows, text, re.MULTILINE) for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def rows(view):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view}")  # noqa: S608 -- one of NAMES
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def kinds(view):
    """Types of the columns, where the database has types of columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = current_schema() ORDER BY ordinal_position",
            [view],
        )
        return [(name, {"int8": "bigint", "bool": "boolean"}.get(kind, kind)) for name, kind in cursor.fetchall()]


@pytest.mark.django_db
def test_each_view_has_the_columns_that_are_documented():
    assert list(documented()) == NAMES
    for view in VIEWS:
        assert documented()[view.name] == [(column.name, column.type) for column in view.columns]
        if connection.vendor == "postgresql":
            assert kinds(view.name) == documented()[view.name]


@pytest.mark.django_db
def test_a_run_its_log_its_changes_and_its_pairs_are_told(ann):
    (run,) = [one for one in rows("report_runs") if one["created"]]
    assert (run["link"], run["examined"], run["status"], bool(run["dry_run"])) == ("alder", 1, "succeeded", False)
    assert run["ghl_calls"] > 0
    (pair,) = rows("report_pairs")
    assert (pair["link"], pair["ghl_id"], pair["label"]) == ("alder", ann.ghl_id, "Ann Lee")
    (change,) = [one for one in rows("report_changes") if one["action"] == "create"]
    assert (change["ghl_id"], change["side"], "ann@example.test" in str(change["after"])) == (ann.ghl_id, "ghl", True)
    entry = next(one for one in rows("report_log") if one["entry"] == change["entry"])
    assert (entry["outcome"], entry["run"], entry["label"]) == ("created", run["run"], "Ann Lee")
    assert len(rows("report_changes")) == Change.objects.count()


@pytest.mark.django_db
def test_every_example_of_the_documentation_runs(ann):
    things.failure(things.finished_run(ann.link, status="partial", failed=1))
    found = re.findall(r"```sql\n(SELECT.*?)```", DOCUMENT, re.DOTALL)
    assert len(found) >= 4
    for query in found:
        with connection.cursor() as cursor:
            cursor.execute(query)
            assert cursor.fetchall(), query


@pytest.mark.django_db(transaction=True)
def test_nobody_who_was_erased_appears_with_a_value(world, link):
    made = world.gist_contact(**THEO, custom_properties={"plan": "MARKED-PLAN"})
    sync(link)
    store_everything(link, link.pairs.get(gist_id=str(made["id"])))
    told = repr([rows(name) for name in NAMES])
    assert "Marshwiggle" in told
    erase(link, email=THEO["email"])
    told = repr([rows(name) for name in NAMES])
    # An address and a name of somebody else, in which Theo's stand.
    assert "Marshwigglesworth" in told
    told = told.replace("xtheo.marsh@example.test", "").replace("Marshwigglesworth", "")
    assert [mark for mark in MARKS if mark in told] == []


# Migrations ----------------------------------------------------------------------------------------------------


@contextmanager
def longer_label():
    """A migration that alters a column which three of the views read, and its way back."""
    state = ProjectState.from_apps(apps)
    field = models.CharField("who, in words", max_length=250, blank=True)
    operation = migrations.AlterField("logentry", "label", field)
    later = state.clone()
    operation.state_forwards("integration", later)

    def run(move, before, after):
        # Without it SQLite could not rebuild a table that others name.
        with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
            move("integration", editor, before, after)

    yield lambda: run(operation.database_forwards, state, later)
    run(operation.database_backwards, later, state)


@pytest.mark.django_db(transaction=True)
def test_a_later_migration_may_alter_a_column_that_a_view_reads(ann):
    before = rows("report_log")
    try:
        with longer_label() as alter:
            release_tables()
            alter()
            make_views()
            assert rows("report_log") == before
            release_tables()
    finally:
        make_views()
    assert rows("report_log") == before


@pytest.mark.django_db(transaction=True)
def test_while_the_tables_are_changed_nobody_is_told_that_there_is_nothing(ann):
    release_tables()
    try:
        for name in NAMES:
            with pytest.raises(DatabaseError), transaction.atomic():
                rows(name)
    finally:
        make_views()
    assert rows("report_pairs")


@pytest.mark.django_db(transaction=True)
def test_migrating_back_and_forth_leaves_the_views_standing(ann):
    before = [rows(name) for name in NAMES]
    try:
        for target in ("0028_trace", "0029_report_views"):
            call_command("migrate", "integration", target, verbosity=0)
            assert [rows(name) for name in NAMES] == before
    finally:
        # Whatever fails here, the tests that follow find the tables of today.
        call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_tables_of_an_older_version_get_no_views_of_this_one(ann):
    older = MigrationLoader(connection).project_state(("integration", "0019_match")).apps
    release_tables()
    try:
        after_migrations("default", older, plan=[])
        with pytest.raises(DatabaseError), transaction.atomic():
            rows("report_pairs")
    finally:
        make_views()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no rights")
def test_who_may_read_the_views_may_still_after_a_migration(ann):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE test_reports_reader")
        try:
            cursor.execute("GRANT SELECT ON report_pairs TO test_reports_reader")
            release_tables()
            make_views()
            cursor.execute("SELECT has_table_privilege('test_reports_reader', 'report_pairs', 'SELECT')")
            assert cursor.fetchone() == (True,)
            cursor.execute("SELECT has_table_privilege('test_reports_reader', 'integration_pair', 'SELECT')")
            assert cursor.fetchone() == (False,)
        finally:
            cursor.execute("DROP OWNED BY test_reports_reader")
            cursor.execute("DROP ROLE test_reports_reader")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a server has no file to open")
def test_a_file_of_sqlite_can_be_read_by_another_program(ann, tmp_path):
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        connection.connection.backup(copy)
        assert copy.execute("SELECT label FROM report_pairs").fetchall() == [("Ann Lee",)]
