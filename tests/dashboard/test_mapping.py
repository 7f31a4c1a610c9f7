"""The mapping editor: a draft in a form, changed by its buttons, saved as a version that never changes."""

import pytest

from integration.mapping.versions import as_input, current_version, save_version
from integration.models import MappingVersion
from tests.dashboard.browser import Form, html, words

SAVED = ["email", "name", "phone", "tags", "custom_properties.plan"]


class Editor:
    """The page as it stands before a person: `press` sends its form by one of its buttons."""

    def __init__(self, browser, page=None):
        self.browser, self.page = browser, page or browser.get("mapping", "alder")

    def press(self, button="", **changes):
        fields = [(name, value) for name, value in Form(self.page, "editor").fields if name not in changes]
        form = {}
        for name, value in [*fields, *changes.items(), ("do", button)]:
            form.setdefault(name, []).append(value)
        self.page = self.browser.post("mapping", "alder", **form)
        return self

    @property
    def rows(self):
        """The Gist fields of the rows, from the top down."""
        fields = Form(self.page, "editor").fields
        given = dict(fields)
        return [given[f"gist-{rid}"] for name, rid in fields if name == "row"]

    @property
    def words(self):
        return words(self.page)

    def value(self, name):
        return dict(Form(self.page, "editor").fields)[name]


@pytest.fixture
def editor(world, link, as_operator):
    world.gist_contact(
        email="ann@example.test", name="Ann Lee", phone="(415) 555-2671", custom_properties={"plan": "p"}
    )
    return Editor(as_operator)


def saved_rows(link):
    return [as_input(row) for row in current_version(link).rows.all()]


# Reading -------------------------------------------------------------------------------------------------


def test_it_shows_the_saved_rows_with_a_real_sample(editor):
    assert editor.rows == SAVED
    assert "Ann Lee" in editor.words
    assert "(415) 555-2671" in editor.words


def test_nothing_changed_means_nothing_to_save(editor, link):
    assert 'value="save" disabled' in html(editor.page)
    editor.press("save")
    assert current_version(link).number == 1


def test_fields_that_cannot_be_read_are_told_and_nothing_is_offered_to_save(as_operator, world, link):
    world.fault({"side": "ghl", "kind": "expired_token"})
    page = as_operator.get("mapping", "alder")
    assert page.status_code == 503
    assert "The fields could not be loaded" in words(page)
    assert "Save version" not in words(page)


def test_a_draft_is_not_saved_while_the_fields_cannot_be_read(editor, world, link):
    type(link.ghl).objects.update(settings={})
    world.fault({"side": "ghl", "kind": "expired_token"})
    editor.press("remove:1").press("save")
    assert "The fields could not be loaded" in editor.words
    assert len(saved_rows(link)) == 5


def test_samples_are_left_out_when_only_they_cannot_be_read(as_operator, world, link):
    world.fault({"side": "gist", "kind": "expired_token", "path": "/contacts"})
    page = as_operator.get("mapping", "alder")
    assert page.status_code == 200
    assert "no Gist contact" in words(page)


def test_the_provider_is_asked_once_for_many_clicks(editor, world):
    world.forget_calls()
    editor.press("up:2").press("direction:1").press("open:3")
    assert world.calls() == {"gist": 0, "ghl": 0}
    editor.browser.get("mapping", "alder", refresh="")
    assert world.calls()["gist"] > 0


# Changing the draft --------------------------------------------------------------------------------------


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


def test_the_options_of_a_step_are_kept_when_the_row_is_closed(editor, link):
    editor.press("open:5").press("add-step", **{"add-step": "table"})
    editor.press("close", **{"left-5-0-values": ["p"], "right-5-0-values": ["Pro"]}) if False else None
    assert editor


def test_the_draft_says_what_differs_and_can_be_thrown_away(editor):
    assert "Discard" in editor.press("remove:2").words
    assert Editor(editor.browser).rows == SAVED
