"""What Gist shows of tasks, notes and appointments follows by the next run, where no webhook comes."""

import pytest

from integration.mapping.carried import NAMES
from integration.mapping.rows import as_input
from integration.mapping.versions import current_rows, save_version
from integration.models import Change, PendingRead
from tests.workflows.test_polling import book, done, soon
from tests.world import sync


@pytest.fixture(autouse=True)
def _carries(link):
    """As a link does that was made on the page."""
    link.mapping_versions.update(carried=list(NAMES))


@pytest.fixture
def ann(stage):
    person = stage.person("Ann Lee")
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    return person


def run(stage, kind="incremental", **options):
    """A run, and the live one that follows it."""
    sync(stage.link, kind, **options)
    stage.settle()


def carry(stage, *names):
    save_version(stage.link, [as_input(row) for row in current_rows(stage.link)], carried=names)


def test_a_task_made_completed_and_deleted_in_ghl_is_followed(stage, ann):
    gist_id, ghl_id = ann
    task, shown = stage.task(ghl_id), []
    run(stage)
    shown.append(stage.carried(gist_id)["ghl_open_tasks"])
    done(stage, ghl_id, task)
    run(stage)
    shown.append(stage.carried(gist_id)["ghl_open_tasks"])
    other = stage.task(ghl_id, "Another")
    run(stage)
    stage.world.ghl("DELETE", f"/contacts/{ghl_id}/tasks/{other['id']}")
    run(stage)
    assert [*shown, stage.carried(gist_id)["ghl_open_tasks"]] == [1, 0, 0]


def test_an_appointment_that_was_moved_is_followed_by_a_full_run(stage, ann):
    _, ghl_id = ann
    booked = book(stage, ghl_id, soon(3))
    run(stage, "full")
    moved = {"startTime": soon(4), "ignoreFreeSlotValidation": True, "ignoreDateRange": True}
    stage.world.ghl("PUT", f"/calendars/events/appointments/{booked['id']}", json=moved)
    run(stage, "full")
    written = Change.objects.filter(field="custom_properties.ghl_next_appointment_at").order_by("pk")
    assert [change.after[:10] for change in written] == [soon(3)[:10], soon(4)[:10]]


def test_a_sweep_finds_a_note_that_no_webhook_told_of(stage, ann):
    gist_id, ghl_id = ann
    stage.world.ghl("POST", f"/contacts/{ghl_id}/notes", json={"body": "Prefers mornings"})
    run(stage, "sweep")
    assert stage.carried(gist_id)["ghl_last_note"] == "Prefers mornings"


def test_what_somebody_wrote_over_in_gist_is_mended_by_a_full_run(stage, ann):
    gist_id, ghl_id = ann
    stage.task(ghl_id)
    run(stage)
    stage.write_in_gist(gist_id, ghl_open_tasks=7)
    run(stage, "full")
    assert stage.carried(gist_id)["ghl_open_tasks"] == 1


def test_a_run_over_unchanged_people_writes_nothing_and_costs_one_call_for_the_tasks(stage, ann):
    stage.task(ann[1])
    run(stage, "full")
    spent = {}
    for names in (("ghl_open_tasks",), ()):
        carry(stage, *names)
        run(stage)
        stage.world.forget_calls()
        run(stage)
        spent[len(names)] = sum(stage.world.calls().values())
    assert spent[1] == spent[0] + 1
    assert stage.count("gist", "POST /contacts") == 0


def test_a_dry_run_takes_note_of_nobody(stage, ann):
    stage.task(ann[1])
    sync(stage.link, "full", dry_run=True)
    assert not PendingRead.objects.exists()


def test_while_a_link_only_watches_gist_is_not_written(stage, ann):
    gist_id, ghl_id = ann
    stage.link.mode = "watch"
    stage.link.save()
    stage.task(ghl_id)
    sync(stage.link, "full")
    assert "ghl_open_tasks" not in stage.carried(gist_id)


def test_what_is_switched_off_is_neither_read_nor_written(stage, ann):
    gist_id, ghl_id = ann
    carry(stage, "ghl_last_note")
    stage.task(ghl_id)
    stage.world.forget_calls()
    run(stage, "full")
    assert "ghl_open_tasks" not in stage.carried(gist_id)
    assert stage.count("ghl", "POST /locations/{locationId}/tasks/search") == 0


def test_links_made_before_carry_what_their_workflows_carry(stage, ann):
    gist_id, ghl_id = ann
    stage.link.mapping_versions.update(carried=None)
    stage.task(ghl_id)
    run(stage, "full")
    assert "ghl_open_tasks" not in stage.carried(gist_id)
    stage.workflow(
        "contact_opened", {"triggers": [{"on": "gist.tag_added", "tag": "show"}], "actions": [{"do": "carry"}]}
    )
    stage.world.gist("POST", "/contacts", json={"id": int(gist_id), "tags": ["show"]})
    run(stage)
    assert stage.carried(gist_id)["ghl_open_tasks"] == 1
