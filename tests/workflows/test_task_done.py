"""Task done: ticked off in Gist in any of four ways, completed in GHL once, and Gist shows how the tasks stand."""

import pytest

from integration.mapping.command_tags import command_tags_of, is_command
from integration.models import Execution, LogEntry, Outcome
from integration.workflows import versions


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


@pytest.fixture
def task(stage, ann):
    made = stage.task(ann[1], "Call back")
    stage.settle()
    stage.workflow("task_done")
    return made


def by_tag(stage, gist_id, task):
    stage.world.gist("POST", "/tags", json={"name": f"task-done:{task['id']}", "contacts": [{"id": int(gist_id)}]})


def by_property(stage, gist_id, task):
    stage.write_in_gist(gist_id, ghl_complete_task=task["title"])


def by_webhook(stage, gist_id, task):
    stage.trigger("workflow", gist_id, action="complete_task", task=task["id"])


def by_title(stage, gist_id, task):
    stage.trigger("workflow", gist_id, action="complete_task", task=" call BACK ")


WAYS = [by_tag, by_property, by_webhook, by_title]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_done_in_gist_is_completed_in_ghl_and_carried_back_once(stage, ann, task, way):
    gist_id, ghl_id = ann
    stage.world.forget_calls()
    way(stage, gist_id, task)
    stage.settle()
    assert [one["completed"] for one in stage.tasks(ghl_id)] == [True]
    assert stage.count("ghl", "PUT /contacts/{contactId}/tasks/{taskId}/completed") == 1
    shown = stage.carried(gist_id)
    assert (shown["ghl_open_tasks"], shown["ghl_last_task_done"]) == (0, "Call back")
    assert stage.count("gist", "POST /events") == 1
    assert not LogEntry.objects.filter(outcome=Outcome.FAILED).exists()


@pytest.mark.parametrize("bridged", [False, True], ids=["synced", "with a tag bridge"])
def test_the_tag_that_asks_for_it_never_reaches_ghl(stage, ann, task, bridged):
    if bridged:
        stage.workflow("tag_bridge")
    stage.world.forget_calls()
    by_tag(stage, ann[0], task)
    stage.settle()
    assert [one["completed"] for one in stage.tasks(ann[1])] == [True]
    assert stage.count("ghl", "POST /contacts/{contactId}/tags") == 0


def test_a_tag_of_ones_own_that_is_taken_back_is_a_command_too(stage, ann, link):
    flow = stage.workflow("task_done")
    triggers = [{"on": "gist.tag_added", "tag": "Please:*"}, {"on": "gist.tag_added"}]
    actions = [{"do": "task.complete"}, {"do": "gist.take_back"}]
    versions.save_workflow_version(flow, {**flow.definition, "triggers": triggers, "actions": actions})
    patterns = command_tags_of(link)
    assert [is_command(tag, patterns) for tag in ("please:call", "task-done:1", "vip")] == [True, True, False]


def test_what_asked_for_it_is_taken_back_in_gist(stage, ann, task):
    by_tag(stage, ann[0], task)
    by_property(stage, ann[0], task)
    stage.settle()
    there = stage.in_gist(ann[0])
    assert not [tag["name"] for tag in there["tags"] if tag["name"].startswith("task-done")]
    assert not there["custom_properties"].get("ghl_complete_task")


def test_done_in_ghl_is_carried_to_gist(stage, ann, task):
    stage.task(ann[1], "Send the offer", "2031-05-05T08:00:00Z")
    stage.settle()
    done = f"/contacts/{ann[1]}/tasks/{task['id']}/completed"
    stage.world.ghl("PUT", done, json={"completed": True})
    stage.settle()
    shown = stage.carried(ann[0])
    assert (shown["ghl_open_tasks"], shown["ghl_next_task"]) == (1, "Send the offer")
    assert stage.count("gist", "POST /events") == 1


def test_a_task_made_in_ghl_is_resolved_although_its_event_names_no_contact(stage, ann):
    made = stage.task(ann[1], "Call back")
    stage.settle()
    entry = LogEntry.objects.get(kind="task")
    assert (entry.external_id, entry.ghl_id, entry.reason) == (made["id"], ann[1], "noticed")


@pytest.mark.parametrize("named", ["no-such-task", "Someone else's"])
def test_a_task_that_is_not_this_contact_s_is_refused_with_words(stage, ann, task, named):
    _, bob = stage.person("Bob Ray")
    stage.task(bob, "Someone else's")
    stage.settle()
    stage.trigger("workflow", ann[0], action="complete_task", task=named)
    stage.settle()
    refused = Execution.objects.get(state="failed")
    assert "no task with the id or title" in refused.message
    assert not any(task["completed"] for task in stage.tasks(bob))


def test_two_open_tasks_of_one_title_are_not_guessed_between(stage, ann, task):
    stage.task(ann[1], "Call back")
    stage.settle()
    stage.trigger("workflow", ann[0], action="complete_task", task="Call back")
    stage.settle()
    assert "2 open tasks are called “Call back”" in Execution.objects.get(state="failed").message
    assert not any(one["completed"] for one in stage.tasks(ann[1]))


def test_a_task_that_is_done_already_is_no_failure(stage, ann, task):
    stage.world.ghl("PUT", f"/contacts/{ann[1]}/tasks/{task['id']}/completed", json={"completed": True})
    stage.trigger("workflow", ann[0], action="complete_task", task=task["id"])
    stage.settle()
    assert not Execution.objects.filter(state="failed").exists()


def test_a_webhook_that_names_a_task_and_nothing_else_completes_it(stage, ann, task):
    stage.trigger("workflow", ann[0], task_id=task["id"])
    stage.settle()
    assert [one["completed"] for one in stage.tasks(ann[1])] == [True]
