"""A database of the version before the present names, with every kind of row, is upgraded without losing any.

And one of today is taken back to that version, once for all, because each way takes its time.
"""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from integration.models import (
    Change,
    Connection,
    Execution,
    Link,
    LogEntry,
    PendingRead,
    Question,
    Run,
    Snapshot,
    Workflow,
)
from integration.report_views import make_views, release_tables

BEFORE = [("integration", "0003_workflows")]
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def migrate(targets):
    """As `manage.py migrate` does, for several targets at once."""
    release_tables()
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    executor.loader.build_graph()
    return executor.loader.project_state(targets).apps


def upgrade():
    """The newest tables of every app: going back takes along what other apps built on these."""
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    make_views()


@pytest.fixture(scope="module")
def upgraded(django_db_setup, django_db_blocker):
    """The rows of the old version in the tables of today; for all tests that only read, because it takes its time.

    What it gives is what the old version found of an entry of today.
    """
    with django_db_blocker.unblock():
        write_entry_of_today()
        try:
            apps = migrate(BEFORE)
            found = list(apps.get_model("integration", "LogEntry").objects.values_list("changes", flat=True))
            for name in ("LogEntry", "Run", "Link", "Connection"):
                apps.get_model("integration", name).objects.all().delete()
            link = link_in(apps)
            make_people(apps, link)
            make_log(apps, link)
            make_workflows(apps, link)
        finally:
            upgrade()
        yield found
        call_command("flush", verbosity=0, interactive=False)


def write_entry_of_today():
    gist = Connection.objects.create(key="g", name="G", provider="gist")
    ghl = Connection.objects.create(key="h", name="H", provider="ghl")
    link = Link.objects.create(key="acme", name="Acme", gist=gist, ghl=ghl)
    run = Run.objects.create(link=link, kind="full", status="succeeded")
    entry = LogEntry.objects.create(link=link, run=run, outcome="updated", reason="changed", ghl_id="h1")
    Change.objects.create(
        link=link, run=run, entry=entry, action="update", external_id="h1", state="applied",
        **change("ghl", "name", "Ann", "Anna"),
    )  # fmt: skip


def make(apps, model, /, **values):
    return apps.get_model("integration", model).objects.create(**values)


def link_in(apps):
    gist = make(apps, "Connection", key="g", name="G", provider="gist", credentials={"access_token": "secret"})
    ghl = make(apps, "Connection", key="h", name="H", provider="ghl", account_id="loc", status="ok")
    cursors = {"gist": "2026-05-01", "rules": "abc", "around_task": "2026-05-02", "around_appointment": ""}
    return make(
        apps, "Link", key="acme", name="Acme", gist=gist, ghl=ghl, cursors=cursors, settle_seconds=0.7, change_cap=9,
        live_rung=True,
    )  # fmt: skip


def change(side, field, before, after):
    return {"side": side, "field": field, "before": before, "after": after}


def make_people(old, link):
    version = make(old, "MappingVersion", link=link, number=3)
    make(old, "Mapping", version=version, position=0, gist_field="name", ghl_field="name")
    pair = make(old, "Pair", link=link, gist_id="1", ghl_id="h1", label="Ann", state="held")
    told = {"changes": [change("ghl", "name", "Ann", "Anna")], "held": {}}
    make(
        old, "Snapshot", link=link, pair=pair, side="gist", external_id="1", base={"name": "Ann"},
        fresh={"name": "Anna"}, intent=True, sent=told, tries=2, parked=True,
    )  # fmt: skip
    make(old, "Snapshot", link=link, side="ghl", external_id="h9", base={"name": "Bo"})
    make(
        old, "Hint", link=link, side="ghl", external_id="t1", kind="task", contact_id="h1", born=True, events=4,
        taken_run=7, first_at=NOW, due_at=NOW,
    )  # fmt: skip
    make(
        old, "Run", link=link, kind="retry", status="waiting", mapping=version, phase="apply",
        target={"people": [{"gist": "1", "ghl": "h1"}], "entries": [5], "confirmed": "Olga"},
        checkpoint={
            "cursor": {"page": 4}, "began": {"ghl": "b"}, "read": {"ghl": 200}, "stumbles": 2,
            "marks": {"ghl": "m", "seen_ghl": "s", "around_task": "t"},
        },
    )  # fmt: skip
    make(old, "Question", link=link, kind="conflict", about=f"pair:{pair.pk}:name", pair=pair, field="name", options={})


def make_log(old, link):
    run = make(old, "Run", link=link, kind="full", status="succeeded", created=1)
    dry = make(old, "Run", link=link, kind="full", status="succeeded", dry_run=True)
    page = make(old, "Run", link=link, kind="single", status="succeeded", trigger="page")
    common = {"link": link, "gist_id": "1", "ghl_id": "h1", "label": "Ann"}
    name, phone = change("ghl", "name", "Ann", "Anna"), change("gist", "phone", None, "+1")
    make(old, "LogEntry", run=run, outcome="updated", reason="changed", changes=[name, phone], **common)
    new = [change("ghl", "name", None, "Ann"), change("ghl", "email", None, "a@b.c")]
    make(old, "LogEntry", run=run, outcome="created", reason="new_contact", changes=new, **common)
    make(old, "LogEntry", run=run, outcome="failed", reason="temporary", changes=[name], **common)
    make(old, "LogEntry", run=dry, outcome="updated", reason="changed", changes=[name], applied=False, **common)
    make(
        old, "LogEntry", run=page, outcome="unchanged", reason="noticed", kind="task", external_id="t1", changes=SEEN,
        applied=False, **common,
    )  # fmt: skip


def make_workflows(old, link):
    definition = {"triggers": [], "conditions": [], "actions": [{"do": "note.create", "values": {}}]}
    flow = make(old, "Workflow", link=link, template="task_done", name="Done", enabled=True, version=1)
    version = make(old, "WorkflowVersion", workflow=flow, number=1, definition=definition)
    make(old, "Execution", link=link, workflow=flow, version=version, cause="x", trigger="ghl.note_added", intent=True)
    make(old, "Related", link=link, kind="task", ghl_id="t1", contact_id="h1", gist_key="execution:1:0", workflow=flow)


SEEN = [change("ghl", "title", "Call", "Ring")]


@pytest.mark.django_db
def test_whoever_has_to_go_back_finds_the_fields_of_an_entry_in_it(upgraded):
    assert upgraded == [[change("ghl", "name", "Ann", "Anna")]]


@pytest.mark.django_db
def test_people_pending_reads_and_runs_under_way_keep_what_they_hold(upgraded):
    found = Link.objects.get()
    assert (found.merge_seconds, found.change_cap, found.worker_called) == (0.7, 9, True)
    assert (found.default_country, found.mapping_versions.get().rows.get().gist_type) == ("US", "")
    assert found.cursors == {
        "gist": "2026-05-01", "rules": "abc", "related_task": "2026-05-02", "related_appointment": "",
    }  # fmt: skip
    assert found.gist.credentials == {"access_token": "secret"}
    ann, bo = Snapshot.objects.order_by("pk")
    assert (ann.undecided, ann.create_sent) == ({"name": "Anna"}, True)
    assert ann.unconfirmed_writes == {"changes": [change("ghl", "name", "Ann", "Anna")], "held": {}}
    assert (ann.pair.state, ann.tries, ann.parked, bo.base, bo.undecided) == ("held", 2, True, {"name": "Bo"}, None)
    pending = PendingRead.objects.get()
    assert (pending.reported_created, pending.event_count, pending.claimed_by_run) == (True, 4, 7)
    run = Run.objects.get(kind="retry")
    assert (run.target.people, run.target.confirmed) == ([{"gist": "1", "ghl": "h1"}], "Olga")
    assert (run.checkpoint.cursor, run.checkpoint.read, run.checkpoint.stumbles) == ({"page": 4}, {"ghl": 200}, 2)
    assert run.checkpoint.newest == {"ghl": "s"}
    assert run.checkpoint.marks == {"ghl": "m", "related_task": "t"}
    assert Question.objects.get().pair_id == ann.pair_id


@pytest.mark.django_db
def test_the_log_says_in_changes_what_its_entries_said(upgraded):
    def written_fields(entry):
        return [(c.action, c.side, c.external_id, c.field, c.before, c.after, c.state) for c in entry.changes.all()]

    updated, created, failed, planned, noticed = LogEntry.objects.order_by("pk")
    assert written_fields(updated) == [
        ("update", "ghl", "h1", "name", "Ann", "Anna", "applied"),
        ("update", "gist", "1", "phone", None, "+1", "applied"),
    ]
    whole = {"name": "Ann", "email": "a@b.c"}
    assert written_fields(created) == [("create", "ghl", "h1", "", None, whole, "applied")]
    assert [row["field"] for row in created.rows] == ["name", "email"]
    assert written_fields(failed)[0][-1] == "failed"
    assert (written_fields(planned)[0][-1], planned.planned, updated.planned) == ("planned", True, False)
    assert (written_fields(noticed), noticed.noticed) == ([], SEEN)
    assert Change.objects.filter(applied_at=None).count() == 2


@pytest.mark.django_db
def test_workflows_and_what_they_had_begun_go_on(upgraded):
    begun = Execution.objects.get()
    assert (begun.call_sent, begun.actions[0]["do"]) == (True, "note.create")
    assert Workflow.objects.get().enabled
    assert begun.workflow.related_set.get().gist_key == "execution:1:0"
