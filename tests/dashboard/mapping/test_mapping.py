"""The mapping editor: a draft in a form, changed by its buttons, saved as a version that never changes."""

import json

import pytest

from integration.mapping.versions import as_input, current_version, save_version
from integration.models import MappingVersion
from tests.dashboard.browser import Form, html, words

SAVED = ["email", "name", "phone", "tags", "custom_properties.plan"]


class Editor:
    """The page as it stands before a person: `press` sends its form by one of its buttons."""

    def __init__(self, browser, page=None):
        self.browser, self.page = browser, page or browser.get("mapping", "alder", read="now")

    def press(self, button="", **changes):
        """`changes` are what was typed or picked before; a list where several fields have one name."""
        self.page = self.browser.post("mapping", "alder", **{"do": [button]} | self.form() | changes)
        return self

    def form(self):
        form = {}
        for name, value in Form(self.page, "editor").fields:
            form.setdefault(name, []).append(value)
        return form

    def load(self):
        """What the page reads by itself once it stands; the draft travels with it."""
        self.page = self.browser.client.post("/links/alder/mapping/?read=now", self.form())
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
    page = as_operator.get("mapping", "alder", read="now")
    assert "The fields could not be loaded" in words(page)
    assert "Save version" not in words(page)


def test_a_draft_is_not_saved_while_the_fields_cannot_be_read(editor, world, link):
    type(link.ghl).objects.update(settings={})
    world.fault({"side": "ghl", "kind": "expired_token"})
    editor.press("remove:1").press("save").load()
    assert "The fields could not be loaded" in editor.words
    assert dict(Form(editor.page, "editor").fields)["gist-2"] == "name"
    assert len(saved_rows(link)) == 5


def test_the_page_stands_without_a_call_and_reads_afterwards(as_operator, world, link, empty_cache):
    page = as_operator.get("mapping", "alder")
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "The fields of both accounts were never read. Reading them now…" in words(page)
    Editor(as_operator)
    world.forget_calls()
    assert 'hx-trigger="load"' not in html(as_operator.get("mapping", "alder"))
    empty_cache()
    world.fault({"side": "ghl", "kind": "expired_token"})
    page = as_operator.get("mapping", "alder")
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Fields as of " in words(page)
    editor = Editor(as_operator, page).load()
    assert "Fields and samples could not be read." in editor.words
    assert editor.rows == SAVED


def test_samples_are_left_out_when_only_they_cannot_be_read(as_operator, world, link):
    world.fault({"side": "ghl", "kind": "expired_token", "path": "/contacts"})
    page = as_operator.get("mapping", "alder", read="now")
    assert page.status_code == 200
    assert "no GHL contact" in words(page)


def test_the_provider_is_asked_once_for_many_clicks(editor, world):
    world.forget_calls()
    editor.press("up:2").press("direction:1").press("open:3")
    assert world.calls() == {"gist": 0, "ghl": 0}
    editor.browser.get("mapping", "alder", read="now")
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


def test_the_lines_of_a_value_table_are_kept_while_other_rows_are_open(editor):
    editor.press("open:5").press("add-step", **{"add-step": "table"})
    editor.press("look", **{"left-5-0-table": ["p"], "right-5-0-table": ["Pro"]})
    assert "Pro" in editor.words
    editor.press("open:1")
    assert json.loads(editor.value("steps-5")) == [{"name": "table", "table": {"p": "Pro"}, "otherwise": "keep"}]
    assert dict(Form(editor.press("open:5").page, "editor").fields)["option-5-0-otherwise"] == "keep"


def test_the_draft_says_what_differs_and_can_be_thrown_away(editor):
    assert "Draft, 1 change since version 1" in editor.press("remove:2").words
    assert "Discard" in editor.words
    assert Editor(editor.browser).rows == SAVED


@pytest.mark.parametrize(
    "button", ["", "nonsense", "remove:", "remove:99", "up:x", "direction", "step-remove:1", "save:1", "open:²", ":::"]
)
def test_a_button_that_does_not_exist_changes_nothing(editor, button):
    assert editor.press(button).rows == SAVED
    assert MappingVersion.objects.count() == 1


# Saving --------------------------------------------------------------------------------------------------


def test_saving_makes_a_version_and_leaves_the_old_one_as_it_was(editor, operator, link):
    editor.press("remove:2").press("direction:1").press("save")
    version = current_version(link)
    assert (version.number, version.created_by) == (2, operator)
    assert [row["gist"] for row in saved_rows(link)] == ["email", "phone", "tags", "custom_properties.plan"]
    assert saved_rows(link)[0]["direction"] == "gist_to_ghl"
    assert link.mapping_versions.get(number=1).rows.count() == 5


def test_all_that_a_row_can_hold_is_saved(editor, link):
    editor.press("open:2").press("add-step", **{"add-step": "upper", "owner-2": "ask", "blank-2": "on"}).press("save")
    assert saved_rows(link)[1] == {
        "gist": "name",
        "ghl": "name",
        "direction": "two_way",
        "owner": "ask",
        "blank_overwrites": True,
        "steps": [{"name": "upper"}],
    }


def test_what_was_saved_is_what_the_page_shows_next(editor, link):
    editor.press("open:2").press("close", **{"owner-2": "gist", "blank-2": "on"}).press("save")
    page = editor.browser.go(editor.page)
    assert "Version 2 is saved. The next run works by it." in words(page)
    again = Editor(editor.browser, page)
    assert (again.rows, again.value("owner-2"), again.value("blank-2")) == (SAVED, "gist", "on")


def test_htmx_is_sent_to_the_whole_page_after_saving(editor):
    editor.press("remove:2")
    editor.browser.client.defaults["HTTP_HX_REQUEST"] = "true"
    assert editor.press("save").page["HX-Redirect"] == "/links/alder/mapping/"


REFUSED = {
    "a field that does not exist": ({"gist-2": "nowhere"}, "Gist has no field “nowhere”."),
    "no field at all": ({"ghl-2": ""}, "Choose a GHL field."),
    "one field written twice": ({"ghl-2": "email", "gist-2": "user_id"}, "Row 1 writes GHL's"),
    "a request to Gistline": ({"gist-2": "custom_properties.ghl_complete_task"}, "leave this row out"),
    "two read-only ends": ({"gist-2": "created_at", "ghl-2": "dateAdded"}, "cannot be written"),
    "an owner that does not exist": ({"owner-2": "nobody"}, "There is no owner rule “nobody”."),
    "steps with wrong options": (
        {"steps-2": '[{"name": "date", "gist": "nonsense", "ghl": "YYYY-MM-DD"}]'},
        "Must be one of YYYY-MM-DD",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_cannot_work_are_marked_and_nothing_is_saved(editor, link, case):
    changes, said = REFUSED[case]
    before = saved_rows(link)
    editor.press("save", **changes)
    assert "Not saved. The rows marked below cannot work. Nothing was changed." in editor.words
    assert said in editor.words
    assert html(editor.page).count("is-wrong") == 1
    assert (saved_rows(link), MappingVersion.objects.count()) == (before, 1)


def test_a_refused_draft_is_kept_to_be_mended(editor, link):
    editor.press("remove:3", **{"gist-2": "nowhere"}).press("save").press("save", **{"gist-2": "name"})
    assert [row["gist"] for row in saved_rows(link)] == ["email", "name", "tags", "custom_properties.plan"]


def test_a_mapping_without_rows_is_not_saved(editor, link):
    for number in range(1, 6):
        editor.press(f"remove:{number}")
    assert "A mapping needs at least one row." in editor.press("save").words
    assert len(saved_rows(link)) == 5


NONSENSE = {
    "row numbers of any length": {"row": ["9" * 5000]},
    "steps named by a list": {"steps-2": '[{"name": []}]'},
    "a table that is none": {"steps-2": '[{"name": "table", "table": "x"}]', "do": "open:2"},
    "row numbers that are none": {"row": ["x", "-1", "²"]},
    "steps that are no JSON": {"steps-2": "["},
    "steps that are no list": {"steps-2": "{}"},
    "steps without a name": {"steps-2": "[{}]"},
    "a direction that is none": {"direction-2": "sideways"},
    "an open row that is none": {"chosen": "9" * 30},
}


@pytest.mark.parametrize("case", NONSENSE)
def test_a_form_that_no_page_sends_breaks_nothing(editor, link, case):
    before = saved_rows(link)
    assert editor.press(**NONSENSE[case]).page.status_code in (200, 400)
    assert (saved_rows(link), MappingVersion.objects.count()) == (before, 1)


# Two people at once --------------------------------------------------------------------------------------


@pytest.fixture
def overtaken(editor, as_owner, link):
    """Somebody else saves version 2 while the draft is open, and removes the row of the phone."""
    Editor(as_owner).press("remove:3").press("save")
    return editor.press("remove:2")


def test_a_draft_made_from_an_older_version_is_not_saved_over_a_newer_one(overtaken, link):
    overtaken.press("save")
    assert [row["gist"] for row in saved_rows(link)] == ["email", "name", "tags", "custom_properties.plan"]
    assert "Not saved. owner@gistline.example saved version 2" in overtaken.words
    assert "phone and phone removed" in overtaken.words
    assert overtaken.rows == ["email", "phone", "tags", "custom_properties.plan"]


def test_a_newer_version_is_told_before_anybody_saves(overtaken):
    assert "There is a newer version." in overtaken.words
    assert "Draft, 1 change since version 1" in overtaken.words


def test_a_person_who_saw_what_the_other_changed_can_save_over_it(overtaken, link):
    overtaken.press("save").press("save-over:2")
    assert [row["gist"] for row in saved_rows(link)] == ["email", "phone", "tags", "custom_properties.plan"]
    assert current_version(link).number == 3


def test_saving_over_names_the_version_that_was_shown(overtaken, as_owner, link):
    overtaken.press("save")
    Editor(as_owner).press("remove:1").press("save")
    overtaken.press("save-over:2")
    assert "saved version 3" in overtaken.words
    assert current_version(link).number == 3


def test_a_version_is_not_restored_over_one_that_the_list_did_not_show(as_operator, second, link, owner):
    save_version(link, [{"gist": "email", "ghl": "email"}], user=owner)
    page = as_operator.go(as_operator.post("mapping_restore", "alder", 1, read=2))
    assert "Version 3 was saved since version 2 was opened. Nothing was changed." in words(page)
    assert current_version(link).number == 3


def test_the_draft_comes_back_with_the_fields(editor, world, link):
    editor.press("remove:2")
    type(link.ghl).objects.update(settings={})
    world.fault({"side": "ghl", "kind": "expired_token"})
    assert "Your draft is kept" in editor.press("open:3").load().words
    world.fault()
    assert editor.press("refresh").rows == ["email", "phone", "tags", "custom_properties.plan"]


def test_reading_the_fields_again_keeps_the_draft(editor, world):
    editor.press("remove:2")
    world.forget_calls()
    assert editor.press("refresh").rows == ["email", "phone", "tags", "custom_properties.plan"]
    assert world.calls()["ghl"] > 0


# Versions ------------------------------------------------------------------------------------------------


@pytest.fixture
def second(link, owner):
    rows = [{"gist": "email", "ghl": "email", "owner": "gist"}, {"gist": "name", "ghl": "name"}]
    return save_version(link, rows, user=owner)


def test_versions_are_listed_and_the_newest_compared_with_the_one_before(as_viewer, second):
    page = words(as_viewer.get("mapping_versions", "alder"))
    assert "Version 2 In use" in page
    assert "From version 1 to version 2:" in page
    assert "email and email owner Link's rule, now Gist" in page
    assert "phone and phone removed" in page


def test_any_two_versions_can_be_compared(as_viewer, second):
    page = words(as_viewer.get("mapping_versions", "alder", **{"from": 2, "to": 1}))
    assert "phone and phone added" in page
    assert "email and email owner Gist, now Link's rule" in page


@pytest.mark.parametrize("number", ["0", "99", "x", "²", "9" * 30])
def test_a_version_that_does_not_exist_is_not_compared(as_viewer, second, number):
    page = as_viewer.get("mapping_versions", "alder", **{"from": number, "to": number})
    assert "From version 1 to version 2:" in words(page)


def test_restoring_saves_the_old_version_anew(as_operator, operator, link, second):
    old = [as_input(row) for row in link.mapping_versions.get(number=1).rows.all()]
    page = as_operator.go(as_operator.post("mapping_restore", "alder", 1, read=2))
    restored = current_version(link)
    assert (restored.number, restored.note, restored.created_by) == (3, "Restored from version 1", operator)
    assert saved_rows(link) == old
    assert "Version 1 is back, as version 3." in words(page)


def test_a_version_of_another_link_cannot_be_restored(as_operator, second):
    assert as_operator.post("mapping_restore", "elsewhere", 1).status_code == 404
    assert as_operator.post("mapping_restore", "alder", 9).status_code == 404


def test_viewers_read_the_mapping_and_are_offered_no_change(as_viewer, world, second):
    editor = Editor(as_viewer)
    assert "email" in editor.words
    assert "Save version" not in editor.words
    assert "Remove" not in editor.words
    assert "Restore" not in words(as_viewer.get("mapping_versions", "alder"))


# E-mail consent --------------------------------------------------------------------------------------------


def test_the_opt_out_stands_above_the_rows_and_is_no_row(editor):
    assert "E-mail opt-out: always carried, opt-outs win." in editor.words
    assert "unsubscribed_from_emails" not in editor.rows


def test_a_saved_row_of_both_sides_consent_is_kept_and_explained(editor, link, as_operator):
    rows = [*saved_rows(link), {"gist": "unsubscribed_from_emails", "ghl": "dnd"}]
    save_version(link, rows)
    page = Editor(as_operator)
    assert "an opt-out is always carried, and only a person lifts one" in page.words
    assert 'value="save" disabled' in html(page.page)
