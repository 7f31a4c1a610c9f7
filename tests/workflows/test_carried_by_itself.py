"""What Gist shows of tasks, notes and appointments follows every change, whoever made it, without any workflow."""

import pytest

from integration.mapping.carried import NAMES
from integration.models import Change, Execution, LogEntry, PendingRead
from integration.people.commands import tick_task
from integration.people.find import find_by_id
from integration.people.pair_commands import hold_person, release_person
from integration.webhooks.unpack import unpack_events
from tests.world import sync


@pytest.fixture(autouse=True)
def _carries(link):
    """As a link does that was made on the page."""
    link.mapping_versions.update(carried=list(NAMES))


def open_tasks(stage, gist_id):
    return stage.carried(gist_id).get("ghl_open_tasks")


def test_a_task_made_by_hand_in_ghl_is_shown(stage):
    gist_id, ghl_id = stage.person()
    stage.task(ghl_id, "Call Ann")
    stage.settle()
    shown = stage.carried(gist_id)
    assert (shown["ghl_open_tasks"], shown["ghl_next_task"]) == (1, "Call Ann")


def test_a_task_deleted_in_ghl_is_shown_no_longer(stage):
    gist_id, ghl_id = stage.person()
    task = stage.task(ghl_id)
    stage.settle()
    stage.world.ghl("DELETE", f"/contacts/{ghl_id}/tasks/{task['id']}")
    stage.settle()
    assert (open_tasks(stage, gist_id), stage.carried(gist_id)["ghl_next_task"]) == (0, "")


def test_a_task_completed_on_the_contact_page_is_shown_as_done(stage, operator):
    gist_id, ghl_id = stage.person()
    task = stage.task(ghl_id, "Call Ann")
    stage.settle()
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    tick_task(find_by_id(stage.link, "ghl", ghl_id), task["id"], True, operator)
    stage.settle()
    shown = stage.carried(gist_id)
    assert (shown["ghl_open_tasks"], shown["ghl_last_task_done"]) == (0, "Call Ann")


def test_what_the_contact_page_finds_done_already_is_shown(stage, operator):
    gist_id, ghl_id = stage.person()
    task = stage.task(ghl_id)
    stage.settle()
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    stage.world.ghl("PUT", f"/contacts/{ghl_id}/tasks/{task['id']}/completed", json={"completed": True})
    tick_task(find_by_id(stage.link, "ghl", ghl_id), task["id"], True, operator)
    stage.settle()
    assert open_tasks(stage, gist_id) == 0


def test_tasks_of_a_welcome_workflow_are_shown(stage):
    made = [{"do": "task.create", "values": {"title": title}} for title in ("First", "Second")]
    on = [{"on": "gist.contact_created"}]
    stage.workflow("welcome_new_contact", {"triggers": on, "actions": made})
    gist_id, _ = stage.person("Bob Ray")
    stage.settle()
    assert open_tasks(stage, gist_id) == 2


def test_a_note_is_shown(stage):
    gist_id, ghl_id = stage.person()
    stage.world.ghl("POST", f"/contacts/{ghl_id}/notes", json={"body": "Prefers mornings"})
    stage.settle()
    assert stage.carried(gist_id)["ghl_last_note"] == "Prefers mornings"


def test_a_change_of_what_is_carried_names_its_rule_and_is_applied(stage):
    gist_id, ghl_id = stage.person()
    stage.task(ghl_id)
    stage.settle()
    found = Change.objects.filter(external_id=gist_id, field="custom_properties.ghl_open_tasks").values("rule", "state")
    assert list(found) == [{"rule": "carried:ghl_open_tasks", "state": "applied"}]


def test_it_comes_to_rest_and_starts_no_workflow(stage):
    on = [{"on": "gist.contact_changed"}]
    does = [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}]
    stage.workflow("contact_opened", {"triggers": on, "actions": does})
    _, ghl_id = stage.person()
    Execution.objects.all().delete()
    stage.task(ghl_id)
    stage.settle()
    stage.world.forget_calls()
    stage.settle()
    assert (stage.world.calls(), Execution.objects.count()) == ({"gist": 0, "ghl": 0}, 0)


def test_several_changes_at_once_cost_one_list_and_one_write(stage):
    _, ghl_id = stage.person()
    for number in range(4):
        stage.task(ghl_id, f"Task {number}")
    stage.world.forget_calls()
    stage.settle()
    assert stage.count("ghl", "GET /contacts/{contactId}/tasks") == 1
    assert LogEntry.objects.filter(kind="carried").count() == 1


def test_somebody_on_hold_is_not_written_and_is_shown_when_released(stage, operator):
    gist_id, ghl_id = stage.person()
    hold_person(find_by_id(stage.link, "ghl", ghl_id), operator)
    stage.task(ghl_id)
    stage.settle()
    assert open_tasks(stage, gist_id) is None
    release_person(find_by_id(stage.link, "ghl", ghl_id), operator)
    stage.settle()
    assert open_tasks(stage, gist_id) == 1


def test_a_contact_of_ghl_that_arrives_in_gist_shows_the_tasks_it_had(stage):
    made = stage.world.ghl_contact(firstName="Eve", lastName="Sun", email="eve@example.test")
    stage.task(made["id"], "Before Gist")
    stage.settle()
    (there,) = (one for one in stage.world.everyone("gist") if one["email"] == "eve@example.test")
    assert stage.carried(str(there["id"]))["ghl_next_task"] == "Before Gist"


def test_what_cannot_be_written_is_open_in_the_log_once_until_a_later_try_succeeds(stage):
    gist_id, ghl_id = stage.person()
    stage.world.fault({"side": "gist", "kind": "500", "path": "/contacts$"})
    stage.task(ghl_id)
    stage.world.control("POST", "deliver", {"ahead": 60})
    unpack_events(stage.link)
    for _ in range(3):
        PendingRead.objects.update(due_at="2020-01-01T00:00:00Z")
        sync(stage.link, "live")
    failed = LogEntry.objects.filter(kind="carried", outcome="failed", resolved_at=None)
    assert failed.count() == 1
    stage.world.fault()
    PendingRead.objects.update(due_at="2020-01-01T00:00:00Z")
    stage.settle()
    assert (failed.count(), open_tasks(stage, gist_id)) == (0, 1)
