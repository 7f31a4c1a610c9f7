"""Workflows in the setup file: made once, changed and switched as it says, and printed so that it says the same."""

import json
from typing import Any

import pytest

from integration.errors import SetupError
from integration.models import Workflow
from integration.setup_file.changes import apply_document
from integration.setup_file.exporting import export_document
from integration.workflows import versions
from integration.workflows.templates import TEMPLATES

pytestmark = pytest.mark.django_db

WELCOME = {
    "template": "welcome_new_contact",
    "enabled": True,
    "tags": ["from-gist", "new"],
    "tasks": [{"title": "Call {{ contact.name }}", "due_in_days": 2, "assigned_to": "user1"}, {"title": "Send it"}],
    "notes": [{"body": "Came from Gist"}],
    "assigned_to": "user1",
}
OWN = {
    "triggers": [{"on": "gist.event", "name": "bought"}],
    "match": "any",
    "conditions": [{"field": "contact.email", "op": "ends_with", "value": "@acme.com"}],
    "actions": [{"do": "task.create", "values": {"title": "Thank them", "due_at": {"from": "now", "at": "9:00"}}}],
}


def document(link, *workflows: dict[str, Any]) -> dict[str, Any]:
    entry = {"key": link.key, "gist": link.gist.key, "ghl": link.ghl.key, "workflows": list(workflows)}
    return {"version": 1, "links": [entry]}


def apply(link, *workflows: dict[str, Any]) -> list[str]:
    return apply_document(json.dumps(document(link, *workflows)), {}).changed


def refusal(link, *workflows: dict[str, Any]) -> SetupError:
    with pytest.raises(SetupError) as refused:
        apply(link, *workflows)
    assert not Workflow.objects.exists()
    return refused.value


def test_a_workflow_is_made_with_what_the_file_names_in_order(link):
    assert apply(link, WELCOME) == ["link alder: workflow “Welcome new contact” created, on"]
    made = Workflow.objects.get()
    done = [action["do"] for action in made.definition["actions"]]
    assert done == ["contact.assign", "task.create", "task.create", "note.create", "ghl.tags.add"]
    assert (made.enabled, made.version) == (True, 1)


def test_the_second_time_nothing_changes(link):
    apply(link, WELCOME)
    assert apply(link, WELCOME) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_only_enabled_gives_the_template_as_it_is(link, template):
    apply(link, {"template": template, "enabled": False})
    made = Workflow.objects.get()
    assert (made.enabled, made.name) == (False, TEMPLATES[template].title)
    assert [one["do"] for one in made.definition["actions"]] == [
        one["do"] for one in TEMPLATES[template].definition["actions"]
    ]


def test_what_changed_is_said_and_made_a_version(link):
    apply(link, WELCOME)
    changed = apply(link, WELCOME | {"notes": [{"body": "Another"}], "enabled": False})
    assert changed == [
        "link alder: workflow “Welcome new contact”: version 2 saved",
        "link alder: workflow “Welcome new contact”: switched off",
    ]


def test_what_the_file_leaves_out_stays_as_an_operator_made_it(link):
    made = versions.create_workflow(link, "task_done", definition=OWN, enabled=True)
    assert apply(link, {"template": "task_done"}) == []
    made.refresh_from_db()
    assert (made.enabled, made.definition["triggers"]) == (True, OWN["triggers"])


def test_workflows_that_the_file_does_not_name_stay(link):
    versions.create_workflow(link, "tag_bridge", enabled=True)
    apply(link, WELCOME)
    assert Workflow.objects.count() == 2


def test_a_renamed_workflow_is_not_made_again_by_a_file_without_names(link):
    apply(link, WELCOME)
    versions.rename_workflow(Workflow.objects.get(), "Greet people")
    assert apply(link, WELCOME) == []


def test_one_template_serves_several_workflows_told_apart_by_name(link):
    entries = [WELCOME, WELCOME | {"name": "For plumbers", "tags": ["plumber"]}]
    assert len(apply(link, *entries)) == 2
    assert apply(link, *entries) == []
    assert sorted(Workflow.objects.values_list("name", flat=True)) == ["For plumbers", "Welcome new contact"]


def test_what_parts_cannot_say_is_given_as_a_definition(link):
    entry = {"template": "task_done", "name": "Buyers", "definition": OWN}
    assert apply(link, entry) == ["link alder: workflow “Buyers” created, on"]
    assert apply(link, entry) == []
    assert Workflow.objects.get().definition["match"] == "any"


TASK = {"title": "Call", "due_in_days": 1}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a placeholder that names nothing": (
        {"tasks": [TASK, {"title": "{{ nothing }}"}]},
        "tasks[1].title",
        "names no field",
    ),
    "one in a note": ({"assigned_to": "u", "notes": [{"body": "{{ event.tag }}"}]}, "notes[0].body", "is not given"),
    "one in tags": ({"tags": ["{{ x }}"]}, "tags", "names no field"),
    "one in an owner": ({"assigned_to": "{{ x }}"}, "assigned_to", "names no field"),
    "no trigger": ({"definition": OWN | {"triggers": []}}, "definition.triggers", "at least one trigger"),
    "an unknown action": ({"definition": OWN | {"actions": [{"do": "x"}]}}, "definition.actions[0]", "not an action"),
    "a value that is missing": (
        {"definition": OWN | {"actions": [OWN["actions"][0], {"do": "note.create", "values": {}}]}},
        "definition.actions[1].body",
        "needs text",
    ),
    "an unknown operator": (
        {"definition": OWN | {"conditions": [{"field": "contact.email", "op": "is like"}]}},
        "definition.conditions[0]",
        "not an operator",
    ),
    "both": ({"definition": OWN, "tags": ["x"]}, "tags", "beside definition"),
    "no object": ({"definition": []}, "definition", "dictionary"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_names_the_place_and_writes_nothing(link, case):
    more, where, words = REFUSED[case]
    refused = refusal(link, {"template": "welcome_new_contact", **more})
    assert refused.where == f"links[0].workflows[0].{where}"
    assert words in refused.problem


def test_the_same_name_twice_is_refused(link):
    assert refusal(link, WELCOME, WELCOME).where == "links[0].workflows[1].name"


# Exporting ----------------------------------------------------------------------------------------------


def exported() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = export_document()["links"][0]["workflows"]
    return found


def test_what_parts_can_say_is_printed_in_parts(link):
    apply(link, WELCOME)
    assert exported() == [
        {
            "name": "Welcome new contact",
            **WELCOME,
            "tasks": [WELCOME["tasks"][0], {"title": "Send it", "due_in_days": 1}],
        }
    ]


def test_a_template_as_it_is_needs_no_words(link):
    versions.create_workflow(link, "tag_bridge")
    assert exported() == [{"template": "tag_bridge", "name": "Tag bridge", "enabled": False}]


def test_what_was_edited_further_is_printed_as_a_definition(link):
    versions.create_workflow(link, "task_done", name="Buyers", definition=OWN, enabled=True)
    (entry,) = exported()
    assert set(entry) == {"template", "name", "enabled", "definition"}


@pytest.mark.parametrize(
    "due",
    [None, {"from": "now", "days": 1.5}, {"from": "now", "days": -2}, {"from": "event.name", "days": 1}, "2030-01-01"],
)
def test_the_export_applied_again_changes_nothing_and_makes_the_same(link, due):
    values = {"title": "Call, please", **({"due_at": due} if due else {})}
    tags = {"do": "ghl.tags.add", "values": {"tags": "a,b , c"}}
    actions = [tags, {"do": "task.create", "values": values}]
    trigger = {"on": "gist.event", "name": "x"}
    versions.create_workflow(link, "welcome_new_contact", definition={"triggers": [trigger], "actions": actions})
    versions.create_workflow(link, "keep_in_step", enabled=True)
    before, entries = export_document(), exported()
    assert apply(link, *entries) == []
    Workflow.objects.all().delete()
    apply(link, *entries)
    assert export_document() == before
