"""A rehearsal shows each call it would make, and writes nothing anywhere."""

import json

import pytest
from django.apps import apps

from integration.twin.store import current_store
from integration.workflows.actions import ACTIONS
from integration.workflows.actions.operations import BODY
from integration.workflows.definition import check_definition
from integration.workflows.dry_run import dry_run
from integration.workflows.templates import TEMPLATES

PER_TEST = 12
KEYS = [*ACTIONS]
VALUES = {"pairs": "a = 1", "moment": "2030-01-02T10:00:00Z", "flag": True, "number": 1}


@pytest.fixture
def ann(stage):
    person = stage.person("Ann Lee")
    stage.task(person[1], "Call Ann Lee")
    stage.settle()
    return person


def everything():
    """All that both twins and Gistline keep, but for the counts of calls and budgets."""
    rows = current_store().run("SELECT kind, account, id, body FROM documents ORDER BY kind, id")
    models = [
        model for model in apps.get_app_config("integration").get_models() if "budget" not in model.__name__.lower()
    ]
    return [tuple(row) for row in rows], {model.__name__: model.objects.count() for model in models}


def plausible(key):
    given = {one.name: VALUES.get(one.type, "1") for one in ACTIONS[key].inputs if one.name not in ("contact_id", BODY)}
    return {"do": key, "values": given | ({BODY: {"a": 1}} if any(i.name == BODY for i in ACTIONS[key].inputs) else {})}


def tried(stage, ann, definition):
    before = everything()
    rehearsal = dry_run(stage.link, check_definition(definition), gist_id=ann[0])
    assert everything() == before
    assert rehearsal.problem == ""
    assert len(rehearsal.steps) == len(definition["actions"])
    json.dumps([call.body for step in rehearsal.steps for call in step.calls])
    return rehearsal


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.key)
def test_templates_are_rehearsed_without_a_trace(stage, ann, template):
    rehearsal = tried(stage, ann, template.definition)
    assert rehearsal.person == "Ann Lee"
    assert all(step.outcome for step in rehearsal.steps)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.key)
def test_no_template_is_red_for_somebody_who_has_all_that_it_works_on(stage, ann, template):
    rehearsal = tried(stage, ann, template.definition)
    assert [(step.title, step.outcome) for step in rehearsal.steps if step.tone == "bad"] == []


def test_task_done_is_tried_with_an_open_task_of_the_contact(stage, ann):
    stage.world.ghl(
        "PUT", f"/contacts/{ann[1]}/tasks/{stage.tasks(ann[1])[0]['id']}/completed", json={"completed": True}
    )
    task = stage.task(ann[1], "Send the offer")
    first, *_ = tried(stage, ann, TEMPLATES["task_done"].definition).steps
    assert (first.tone, first.outcome) == ("ok", "Task “Send the offer” would be updated.")
    assert first.calls[-1].path.endswith(f"/tasks/{task['id']}/completed")


def test_task_done_says_that_there_is_no_task_to_try_it_with(stage):
    bob = stage.person("Bob Ray")
    first, *_ = tried(stage, bob, TEMPLATES["task_done"].definition).steps
    assert (first.tone, "has no task in GHL" in first.outcome) == ("idle", True)


@pytest.mark.parametrize("first", range(0, len(KEYS), PER_TEST))
def test_every_action_is_rehearsed_without_a_trace(stage, ann, first):
    actions = [plausible(key) for key in KEYS[first : first + PER_TEST]]
    rehearsal = tried(stage, ann, {"triggers": [{"on": "gist.webhook"}], "actions": actions})
    for step in rehearsal.steps:
        assert step.outcome
        assert step.tone in ("ok", "idle", "bad")


def test_each_call_is_shown_in_order_with_its_body(stage, ann):
    note = {"do": "note.create", "values": {"body": "Hello {{ contact.name }}"}}
    tags = {"do": "ghl.tags.add", "values": {"tags": "new"}}
    rehearsal = tried(stage, ann, {"triggers": [{"on": "gist.webhook"}], "actions": [note, tags]})
    shown = [(call.method, call.path, call.sent) for step in rehearsal.steps for call in step.calls]
    contact = f"/contacts/{ann[1]}"
    assert shown[0] == ("POST", f"{contact}/notes", False)
    assert shown[1] == ("GET", contact, True)
    assert shown[2][2] is False
    assert rehearsal.steps[0].calls[0].body == {"body": "Hello Ann Lee"}
    assert rehearsal.writes == 2


def test_someone_for_whom_a_condition_does_not_hold_is_told_and_shown_all_the_same(stage, ann):
    only = [{"field": "contact.name", "op": "is", "value": "Bob"}]
    note = {"do": "note.create", "values": {"body": "Hello"}}
    rehearsal = tried(stage, ann, {"triggers": [{"on": "gist.webhook"}], "conditions": only, "actions": [note]})
    assert "contact.name is “Bob”" in rehearsal.unmet
    assert rehearsal.writes == 1


def test_someone_unknown_is_told_of(stage, ann):
    definition = check_definition(TEMPLATES["welcome_new_contact"].definition)
    for who in ({"gist_id": "999999"}, {"ghl_id": "nobody"}):
        rehearsal = dry_run(stage.link, definition, **who)
        assert rehearsal.problem == "Neither side has this person."
