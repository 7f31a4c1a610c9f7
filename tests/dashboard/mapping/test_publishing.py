"""A draft becomes a version by being published: under a name, and only if it can work."""

import pytest

from integration.mapping.versions import current_version
from integration.models import MappingVersion
from tests.dashboard.browser import html, words
from tests.dashboard.mapping.editor import SAVED, Editor, fields_saved, saved_rows
from tests.world import sync


def test_saving_makes_a_version_and_leaves_the_old_one_as_it_was(editor, operator, link):
    editor.press("remove:2").press("direction:1").publish()
    version = current_version(link)
    assert (version.number, version.created_by) == (2, operator)
    assert [row["gist"] for row in saved_rows(link)] == ["email", "phone", "tags", "custom_properties.plan"]
    assert saved_rows(link)[0]["direction"] == "gist_to_ghl"
    assert link.mapping_versions.get(number=1).rows.count() == 5


def test_all_that_a_row_can_hold_is_saved(editor, link):
    editor.press("open:2").press(
        "add-step", **{"add-step": "upper", "owner-2": "ask", "blank-2": "on", "write-2": "if_blank"}
    ).publish()
    assert saved_rows(link)[1] == {
        "gist": "name",
        "ghl": "name",
        "direction": "two_way",
        "owner": "ask",
        "blank_overwrites": True,
        "write_mode": "if_blank",
        "steps": [{"name": "upper"}],
    }


def test_what_was_saved_is_what_the_page_shows_next(editor, link):
    editor.press("open:2").press("close", **{"owner-2": "gist", "blank-2": "on"}).publish()
    page = editor.browser.go(editor.page)
    assert "Version 2, “A new version”, is published. The next run works by it." in words(page)
    again = Editor(editor.browser, page)
    assert (again.rows, again.value("owner-2"), again.value("blank-2")) == (SAVED, "gist", "on")


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
def test_rows_that_cannot_work_are_marked_while_they_are_edited_and_not_published(editor, link, case):
    changes, said = REFUSED[case]
    before = saved_rows(link)
    editor.press(**changes)
    assert said in editor.words
    assert html(editor.page).count("is-wrong") == 1
    assert "Not published. Rows cannot work. The draft is kept. Row 2: " in editor.publish().words
    assert (saved_rows(link), MappingVersion.objects.count()) == (before, 1)


def test_a_refused_draft_is_kept_to_be_mended(editor, link):
    editor.press("remove:3", **{"gist-2": "nowhere"}).publish()
    Editor(editor.browser).press(**{"gist-2": "name"}).publish()
    assert fields_saved(link) == ["email", "name", "tags", "custom_properties.plan"]


def test_a_mapping_without_rows_is_not_published(editor, link):
    for number in range(1, 6):
        editor.press(f"remove:{number}")
    assert "A mapping needs at least one row." in editor.publish().words
    assert len(saved_rows(link)) == 5


def test_a_version_has_a_name_whoever_leaves_the_field_empty(editor, link):
    editor.press("remove:2").publish(name=" ")
    assert current_version(link).name == "Full name: removed"


def test_the_page_says_before_what_changes_and_how_many_people(editor, ann, link):
    Editor(editor.browser).press("remove:2")
    page = words(editor.browser.get("mapping_publish", "alder"))
    assert "Full name removed" in page
    assert "0 of the 1 people looked at would change at the next full sync." in page


def test_people_that_a_new_row_would_change_are_counted_by_the_code_of_the_run(ann, world, as_operator, link):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"city": "Bern"})
    Editor(as_operator).connect("custom_properties.town", "city")
    assert "1 of the 1 people looked at would change" in words(as_operator.get("mapping_publish", "alder"))


def test_a_draft_is_no_business_of_a_run(editor, link):
    editor.press("remove:2")
    sync(link)
    assert "name" in [row["gist"] for row in link.runs.get().rules["rows"]]


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
