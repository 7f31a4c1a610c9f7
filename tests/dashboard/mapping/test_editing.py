"""Changing the draft of a mapping by its buttons."""

import json

import pytest

from integration.models import MappingVersion
from tests.dashboard.browser import Form, html
from tests.dashboard.mapping.editor import SAVED, Editor


def test_picking_a_field_on_each_side_adds_a_row(editor):
    editor.press("add", **{"new-gist": "custom_properties.city", "new-ghl": "city"})
    assert editor.rows == [*SAVED, "custom_properties.city"]


def test_half_a_pick_is_kept_and_adds_nothing(editor):
    editor.press("", **{"new-gist": "name"})
    assert editor.rows == SAVED
    assert editor.value("new-gist") == "name"


def test_a_new_pair_begins_with_its_usual_steps(editor):
    editor.press("add", **{"new-gist": "name", "new-ghl": "firstName"})
    assert editor.value("step-name-6-0") == "first_name"


def test_a_row_is_removed(editor):
    assert editor.press("remove:2").rows == ["email", "phone", "tags", "custom_properties.plan"]


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("up:2", ["name", "email", "phone"]),
        ("down:1", ["name", "email", "phone"]),
        ("up:1", ["email", "name", "phone"]),
        ("down:2", ["email", "phone", "name"]),
    ],
)
def test_a_row_moves(editor, button, expected):
    assert editor.press(button).rows[:3] == expected


def test_a_row_turns_from_both_ways_to_one_and_the_other(editor):
    directions = [editor.press("direction:2").value("direction-2") for _ in range(3)]
    assert directions == ["gist_to_ghl", "ghl_to_gist", "two_way"]


def test_values_never_flow_into_a_field_that_cannot_be_written(editor):
    editor.press("add", **{"new-gist": "created_at", "new-ghl": "city"})
    assert editor.value("direction-6") == "gist_to_ghl"


def test_steps_are_added_set_and_removed(editor):
    editor.press("open:2").press("add-step", **{"add-step": "upper"})
    assert editor.value("step-name-2-0") == "upper"
    assert "ANN LEE" in editor.words
    editor.press("step-remove:2:0")
    assert "ANN LEE" not in editor.words


def test_a_step_shows_what_it_does_to_the_sample(editor):
    assert "+14155552671" in editor.press("open:3").words


def test_the_lines_of_a_value_table_are_kept_while_other_rows_are_open(editor):
    editor.press("open:5").press("add-step", **{"add-step": "table"})
    editor.press("look", **{"left-5-0-table": ["p"], "right-5-0-table": ["Pro"]})
    assert "Pro" in editor.words
    editor.press("open:1")
    assert json.loads(editor.value("steps-5")) == [{"name": "table", "table": {"p": "Pro"}, "otherwise": "keep"}]
    assert dict(Form(editor.press("open:5").page, "editor").fields)["option-5-0-otherwise"] == "keep"


def test_the_draft_says_what_differs_and_can_be_thrown_away(editor):
    assert "Draft, 1 change since version 1" in editor.press("remove:2").words
    assert editor.press("discard").rows == SAVED
    assert Editor(editor.browser).rows == SAVED


@pytest.mark.parametrize(
    "button", ["", "nonsense", "remove:", "remove:99", "up:x", "direction", "step-remove:1", "save:1", "open:²", ":::"]
)
def test_a_button_that_does_not_exist_changes_nothing(editor, button):
    assert editor.press(button).rows == SAVED
    assert MappingVersion.objects.count() == 1


def test_a_text_that_a_step_takes_is_kept_as_it_is_typed(editor, as_owner):
    editor.press("open:2").press("", **{"add-step": "fixed"})
    editor.browser.client.defaults["HTTP_HX_REQUEST"] = "true"
    answer = editor.press("keep", **{"option-2-0-value": "Ann"}).words
    assert "Draft, 1 change since version 1" in answer
    assert "Steps" not in answer
    assert json.loads(Editor(as_owner).value("steps-2")) == [{"name": "fixed", "value": "Ann"}]


# Connecting ----------------------------------------------------------------------------------------------


def test_a_field_dropped_onto_a_field_makes_a_row(editor):
    assert editor.connect("custom_properties.town", "city").rows == [*SAVED, "custom_properties.town"]


def test_a_field_dropped_onto_the_end_of_a_row_takes_its_place(editor):
    editor.connect("custom_properties.town", "name", row="2")
    assert editor.rows == ["email", "custom_properties.town", "phone", "tags", "custom_properties.plan"]


def test_a_row_that_fits_one_way_only_goes_that_way(editor):
    assert editor.connect("created_at", "city").value("direction-6") == "gist_to_ghl"


def test_two_rows_that_write_one_field_are_told_before_anybody_publishes(editor):
    assert "Row 2 writes GHL's Full name too." in editor.connect("custom_properties.town", "name").words


def test_a_mapping_that_creates_nobody_says_so_while_it_is_edited(editor):
    assert "to Gist: who is new is known there by name only." in editor.press("remove:1").press("remove:3").words


# Samples and suggestions ---------------------------------------------------------------------------------


def test_samples_of_both_sides_are_of_one_person(world, as_operator, ann):
    world.ghl_contact(email="bob@example.test", firstName="Bob", lastName="Far")
    editor = Editor(as_operator)
    assert editor.words.count("ann@example.test") == 2


def test_somebody_is_chosen_by_their_address(editor, world):
    world.gist_contact(email="zoe@example.test", name="Zoe Fay")
    assert "zoe@example.test" in editor.press("choose-person", **{"sample-email": "zoe@example.test"}).words
    editor.press("choose-person", **{"sample-email": "nobody@example.test"})
    assert "Nobody has the address nobody@example.test on either side." in editor.words


def test_a_suggestion_becomes_a_row_or_is_not_made_again(editor, as_owner):
    assert "Suggested" in editor.words
    editor.press("", use='["website_url", "website"]')
    assert editor.rows[-1] == "website_url"
    editor.press("", dismiss='["gender", "gender"]')
    assert "Dismiss the suggestion Gender" not in html(Editor(as_owner).page)


def test_values_without_a_counterpart_are_counted_and_get_a_table(world, link, as_operator):
    offers = {"name": "Kind", "dataType": "SINGLE_OPTIONS", "model": "contact", "textBoxListOptions": ["SMS", "Post"]}
    world.ghl("POST", f"/locations/{world.location}/customFields", json=offers)
    for number in range(3):
        world.gist_contact(email=f"{number}@example.test", custom_properties={"kind": "Odd" if number else "SMS"})
    editor = Editor(as_operator).connect("custom_properties.kind", "customFields.kind")
    assert "“Odd” is not among GHL's choices: 2 of 3 people read would be left out." in editor.words
    editor.press("table:6")
    assert 'value="Odd"' in html(editor.page)


# Fields that changed over there --------------------------------------------------------------------------


def test_a_renamed_field_is_told_and_its_row_goes_on_once_taken_over(editor, world):
    field = editor_field(world, "Plan")
    world.ghl("PUT", f"/locations/{world.location}/customFields/{field}", json={"name": "Plan name"})
    editor.press("refresh")
    assert "1 row concerned has stopped; the rest goes on." in editor.words
    editor.press("", agree='["ghl", "customFields.plan"]')
    assert "stopped" not in editor.words
    assert editor.rows == SAVED


def test_the_row_of_a_deleted_field_goes_with_it(editor, world):
    world.ghl("DELETE", f"/locations/{world.location}/customFields/{editor_field(world, 'Plan')}")
    editor.press("refresh").press("", agree='["ghl", "customFields.plan"]')
    assert editor.rows == SAVED[:-1]


def editor_field(world, name):
    found = world.ghl("GET", f"/locations/{world.location}/customFields")["customFields"]
    return next(one["id"] for one in found if one["name"] == name)


@pytest.mark.parametrize("sent", ["", "x", "[]", '["ghl"]', '["nowhere", "a"]', "[1, 2]", "[" * 99])
def test_what_no_page_sends_is_refused_in_words(editor, sent):
    for name in ("agree", "use", "dismiss"):
        answer = editor.browser.post("mapping", "alder", **editor.form() | {name: sent})
        assert answer.status_code in (200, 400)
