"""The workflow editor: a draft in a form, changed by its buttons, tried on one person, saved as a version."""

import re

import pytest
from django.urls import reverse

from integration.connections.fields import fields_of
from integration.models import WorkflowVersion
from integration.workflows.actions import ACTIONS
from tests.dashboard import things
from tests.dashboard.browser import html, words
from tests.dashboard.things import MARKUP
from tests.dashboard.workflows.editor_form import Editor

TASK = {"title": "Call {{ contact.name }}", "due_at": {"from": "now", "days": 2.0, "hours": 0.0, "at": "17:00"}}


def saved(workflow):
    workflow.refresh_from_db()
    return workflow.definition


# Triggers ------------------------------------------------------------------------------------------------


def test_picking_a_trigger_adds_it(editor, workflow):
    editor.press(**{"new-trigger": "gist.tag_added"}).press("save", **{"option-2-tag": "vip*"})
    assert saved(workflow)["triggers"][1] == {"on": "gist.tag_added", "tag": "vip*"}


def test_a_trigger_is_changed_and_asks_what_narrows_it(editor):
    editor.press(**{"on-1": "gist.event"})
    assert "Which event? Leave it empty for any." in editor.words


def test_a_trigger_is_removed(editor):
    editor.press(**{"new-trigger": "ghl.note_added"}).press("remove-trigger:1")
    assert editor.all("on") == ["ghl.note_added"]


# Conditions ----------------------------------------------------------------------------------------------


def test_conditions_are_added_filled_in_and_removed(editor, workflow):
    editor.press("add-condition").press("add-condition").press("remove-condition:1")
    editor.press("save", **{"field-2": "ghl.city", "op-2": "is", "value-2": "Austin"})
    assert saved(workflow)["conditions"] == [{"field": "ghl.city", "op": "is", "value": "Austin"}]


def test_all_or_any_is_asked_once_there_are_two(editor, workflow):
    assert "all of these hold" not in editor.press("add-condition").words
    editor.press("add-condition").press("save", match="any")
    assert saved(workflow)["match"] == "any"


def test_an_operator_without_a_value_asks_for_none(editor):
    assert "value-1" not in editor.press("add-condition").names
    assert "value-1" in editor.press(**{"op-1": "contains"}).names


def test_fields_of_both_sides_and_of_the_event_are_suggested(editor, world, link):
    world.gist_contact(email="a@example.test", custom_properties={"plan": "gold"})
    fields_of(link.gist)
    editor.press(**{"new-trigger": "gist.tag_added"})
    names = re.findall(
        r'<option value="([^"]+)">', editor.html.split('<datalist id="fields">')[1].split("</datalist>")[0]
    )
    assert {"contact.name", "gist.custom_properties.plan", "ghl.city", "event.tag"} <= set(names)


# Actions -------------------------------------------------------------------------------------------------


def test_every_action_of_the_catalogue_can_be_added(editor):
    assert all(f'value="add:{key}"' in editor.html for key in ACTIONS)
    editor.press("add:ghl.tags.add")
    assert editor.all("do") == ["task.create", "note.create", "ghl.tags.add"]


def test_an_added_action_is_open_and_has_the_cursor(editor):
    editor.press("add:ghl.tags.add")
    assert re.search(r'name="value-3-tags" autofocus', editor.html)


@pytest.mark.parametrize(
    ("button", "expected"),
    [("up:2", ["note.create", "task.create"]), ("down:1", ["note.create", "task.create"]),
     ("up:1", ["task.create", "note.create"]), ("remove:1", ["note.create"])],
)  # fmt: skip
def test_actions_move_and_go(editor, button, expected):
    assert editor.press(button).all("do") == expected


def test_the_order_is_the_one_in_which_they_stand(editor, workflow):
    editor.press("save", action=["2", "1"])
    assert [one["do"] for one in saved(workflow)["actions"]] == ["note.create", "task.create"]


def test_values_are_edited_in_place_and_kept_while_others_are_open(editor, workflow):
    editor.press("open:1").press(
        "open:2", **{"value-1-title": TASK["title"], "days-1-due_at": "2", "at-1-due_at": "17:00"}
    )
    assert "“Call {{ contact.name }}”, due in 2 days at 17:00" in editor.words
    editor.press("save", **{"value-2-body": "Hi"})
    assert [one["values"] for one in saved(workflow)["actions"]] == [TASK, {"body": "Hi"}]


def test_a_moment_can_hang_on_a_field_and_names_the_zone(editor, workflow, link):
    link.ghl.settings |= {"timezone": "America/Chicago"}
    link.ghl.save()
    editor.press("open:1", **{"new-trigger": "gist.meeting_scheduled"})
    assert "The time of day is in the location’s zone, America/Chicago." in editor.words
    editor.press("save", **{"from-1-due_at": "event.start_at", "days-1-due_at": "-1"})
    due = {"from": "event.start_at", "days": -1.0, "hours": 0.0}
    assert saved(workflow)["actions"][0]["values"]["due_at"] == due


def test_the_zone_is_asked_for_once_where_nobody_knew_it(editor, world, link):
    world.forget_calls()
    assert "is in the location’s zone, America/" in editor.press("open:1").words
    asked = world.calls()["ghl"]
    editor.press("close").press("open:1")
    assert world.calls()["ghl"] == asked


def test_a_moment_can_be_taken_off(editor, workflow):
    editor.press("open:1").press("save", **{"from-1-due_at": ""})
    assert "due_at" not in saved(workflow)["actions"][0]["values"]


def test_a_moment_that_a_setup_file_wrote_as_text_stays(as_operator, link, world):
    action = {"do": "task.create", "values": {"title": "Call", "due_at": "2030-01-01"}}
    flow = things.workflow(link, definition={"triggers": [{"on": "gist.contact_created"}], "actions": [action]})
    editor = Editor(as_operator, flow).press("open:1")
    assert "As written: 2030-01-01" in editor.words
    editor.press("save")
    assert saved(flow)["actions"] == [action]


def test_users_and_calendars_are_picked_from_what_ghl_has(editor, workflow, world, link):
    editor.press("open:1")
    user, name = re.findall(
        r'<option value="(\w{10,})">([^<]+)</option>', editor.html.split('name="value-1-assigned_to"')[1]
    )[0]
    editor.press("close", **{"value-1-assigned_to": user})
    assert f"assigned to {name}" in editor.words
    world.forget_calls()
    editor.press("open:1").press("close")
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_users_that_cannot_be_read_are_told_and_the_value_stays(editor, workflow, world):
    world.fault({"side": "ghl", "kind": "expired_token"})
    editor.press("open:1")
    assert "The list could not be read:" in editor.words
    editor.press("save", **{"value-1-assigned_to": "user9"})
    assert saved(workflow)["actions"][0]["values"]["assigned_to"] == "user9"


def test_the_contacts_owner_can_be_picked(editor, workflow):
    editor.press("open:1").press("save", **{"value-1-assigned_to": "{{ contact.owner }}"})
    assert saved(workflow)["actions"][0]["values"]["assigned_to"] == "{{ contact.owner }}"


def test_a_flag_is_set_and_taken_back(as_operator, link, world):
    editor = Editor(as_operator, flow := things.workflow(link, "keep_in_step")).press("open:1")
    assert 'name="value-1-rename" autofocus checked' in editor.at_once
    editor.press("save", drop=["value-1-rename"], **{"value-1-title": "New"})
    assert saved(flow)["actions"][0]["values"]["rename"] is False


AS_LINES, AS_JSON = "id = 30\nemail = {{ contact.email }}", '{"id": "30", "email": "{{ contact.email }}"}'


@pytest.mark.parametrize("body", [AS_LINES, AS_JSON], ids=["lines", "JSON"])
def test_a_body_is_typed_as_lines_and_shown_so_again(editor, workflow, body):
    editor.press("add:gist.campaigns.set").press("save", **{"value-3-body_json": body})
    assert saved(workflow)["actions"][2]["values"]["body_json"] == {"id": "30", "email": "{{ contact.email }}"}
    assert "id = 30\nemail = {{ contact.email }}" in Editor(editor.browser, workflow).press("open:3").html


def test_an_action_opens_without_a_call_and_its_lists_are_read_afterwards(as_operator, workflow, world):
    world.fault({"side": "ghl", "kind": "hang", "seconds": 0})
    editor = Editor(as_operator, workflow)
    world.forget_calls()
    address = reverse("workflow", args=[workflow.pk])
    page = html(as_operator.client.post(address, editor.form({"do": "open:1"})))
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Reading the list now…" in page
    assert f'hx-post="{address}?read=user" hx-trigger="load" hx-select="#field-1-assigned_to"' in page


# Saving --------------------------------------------------------------------------------------------------


def test_saving_makes_a_version_and_leaves_the_old_one_as_it_was(editor, operator, workflow):
    editor.press("remove:2").press("save")
    newest = workflow.versions.first()
    assert (newest.number, newest.created_by, len(newest.definition["actions"])) == (2, operator, 1)
    assert len(workflow.versions.get(number=1).definition["actions"]) == 2
    assert "Version 2 is saved." in words(editor.browser.go(editor.page))


def test_saving_what_stands_makes_no_version(editor, workflow):
    page = editor.browser.go(editor.press("save").page)
    assert "Nothing has changed since version 1." in words(page)
    assert WorkflowVersion.objects.count() == 1


def test_the_draft_says_how_much_it_changes_and_can_be_thrown_away(editor, workflow):
    assert "Draft, 2 changes since version 1" in editor.press("remove:2").press("add-condition").words
    assert "Discard" in editor.words
    assert len(Editor(editor.browser, workflow).all("do")) == 2


def test_htmx_gets_the_editor_alone_and_the_whole_page_after_saving(editor, workflow):
    editor.browser.client.defaults["HTTP_HX_REQUEST"] = "true"
    assert "<html" not in editor.press("remove:2").html
    assert editor.press("save").page["HX-Redirect"] == f"/workflows/{workflow.pk}/"


FIFTY_ONE = {"action": [str(number) for number in range(1, 52)]}
FIFTY_ONE |= {f"do-{number}": "tag.mirror" for number in range(3, 52)}

REFUSED = {
    "no trigger": (["remove-trigger:1"], {}, "Choose at least one trigger."),
    "no action": (["remove:1", "remove:2"], {}, "Add at least one action."),
    "an unknown trigger": ([], {"on-1": "gist.x"}, "“gist.x” is not a trigger"),
    "a condition without a field": (["add-condition"], {"field-1": " "}, "Needs a field."),
    "an unknown operator": (["add-condition"], {"op-1": "like"}, "“like” is not an operator"),
    "a condition on nothing": (["add-condition"], {"field-1": "nothing"}, "“{{ nothing }}” names no field."),
    "a condition on what is not told": (["add-condition"], {"field-1": "event.tag"}, "is not given by this workflow"),
    "a value that is missing": (["open:1"], {"value-1-title": " "}, "“Create a task” needs title."),
    "a placeholder that names nothing": (["open:1"], {"value-1-title": "{{ 7*7 }}"}, "“{{ 7*7 }}” names no field."),
    "days that are no number": (["open:1"], {"days-1-due_at": "soon"}, "Days and hours must be numbers."),
    "days without end": (["open:1"], {"days-1-due_at": "nan"}, "Lies more than ten years away."),
    "a time that is none": (["open:1"], {"at-1-due_at": "25:00"}, "“25:00” is no time of day"),
    "a moment of what is not told": (["open:1"], {"from-1-due_at": "event.start_at"}, "is not given by this workflow"),
    "JSON that is none": (["add:gist.campaigns.set"], {"value-3-body_json": "{"}, "Is not readable JSON"),
    "a line that is no pair": (["add:gist.campaigns.set"], {"value-3-body_json": "[1]"}, "“[1]” is no name and value"),
    "too many actions": ([], FIFTY_ONE, "Has 51 actions; 50 is the most."),
    "a value that is no text": ([], {"values-2": '{"body": {"a": 1}}'}, "Must be a text."),
    "a value of another action": ([], {"values-2": '{"x": 1}'}, "“x” is not a value of “Add a note”"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_said_at_its_place_and_nothing_is_saved(editor, workflow, case):
    buttons, changes, said = REFUSED[case]
    for button in buttons:
        editor.press(button)
    before = dict(workflow.definition)
    editor.press("save", **changes)
    assert "Not saved." in editor.words
    assert said in editor.words
    assert re.search(rf'class="(error|note-line is-bad)".*?{re.escape(said)}', editor.plain, re.DOTALL)
    assert (saved(workflow), WorkflowVersion.objects.count()) == (before, 1)


def test_a_refused_draft_is_kept_to_be_mended(editor, workflow):
    editor.press("open:1").press("save", **{"value-1-title": ""}).press("save", **{"value-1-title": "Call"})
    assert saved(workflow)["actions"][0]["values"]["title"] == "Call"


NONSENSE = {
    "numbers of any length": {"action": ["9" * 5000], "trigger": ["²"], "condition": ["-1"]},
    "values that are no JSON": {"values-1": "{"},
    "values that are no object": {"values-1": "[1, 2]"},
    "values nested too deep": {"values-1": "[" * 100_000},
    "an action that does not exist": {"do-1": "nothing"},
    "a match that is none": {"match": "sometimes"},
    "an open action that is none": {"chosen": "9" * 30},
    "a moment of a list": {"values-1": '{"due_at": {"from": [], "days": [], "at": {}}}'},
    "a user that is an object": {"values-1": '{"assigned_to": {"a": 1}}', "chosen": "1"},
}


@pytest.mark.parametrize("case", NONSENSE)
@pytest.mark.parametrize("button", ["", "save", "up:1", "remove:99", "add:nothing", "open:²", ":::"])
def test_a_form_that_no_page_sends_breaks_nothing(editor, case, button):
    assert editor.press(button, **NONSENSE[case]).page.status_code in (200, 302, 400)


def test_markup_in_values_is_shown_as_text(editor, workflow):
    editor.press("open:1").press("open:1", **{"value-1-title": MARKUP, "value-1-body": MARKUP, "contact": MARKUP})
    assert MARKUP not in editor.html
    editor.press("close").press("save")
    assert MARKUP not in Editor(editor.browser, workflow).html


@pytest.mark.parametrize("key", ["task.create", "gist.conversation_note", "appointment.follow_meeting"])
def test_markup_in_names_that_providers_tell_is_shown_as_text(as_operator, link, key, monkeypatch):
    monkeypatch.setattr("dashboard.workflows.fields._read_sorted", lambda *args: [("id", MARKUP)])
    page = Editor(as_operator, things.workflow(link)).press(f"add:{key}").html
    assert "&lt;script&gt;" in page
    assert MARKUP not in page


# Two people at once --------------------------------------------------------------------------------------


@pytest.fixture
def overtaken(editor, workflow, as_owner):
    """Somebody else saves version 2 while the draft is open, and removes the first action."""
    Editor(as_owner, workflow).press("remove:1").press("save")
    return editor.press("remove:2")


def test_a_draft_made_from_an_older_version_is_not_saved_over_a_newer_one(overtaken, workflow):
    theirs = saved(workflow)
    overtaken.press("save")
    assert saved(workflow) == theirs
    assert "Not saved. owner@gistline.example saved version 2" in overtaken.words
    assert "Create a task removed:" in overtaken.words
    assert overtaken.all("do") == ["task.create"]


def test_a_person_who_saw_what_the_other_changed_can_save_over_it(overtaken, workflow):
    assert "There is a newer version." in overtaken.words
    overtaken.press("save-over:2")
    assert [one["do"] for one in saved(workflow)["actions"]] == ["task.create"]
    assert workflow.version == 3
