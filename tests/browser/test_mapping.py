"""The mapping editor in a browser: by drag and again by keyboard alone, kept by itself, and in two tabs at once."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import SETUP, Up, apply

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def linked(up: Up) -> Up:
    up.control("POST", "limits", {"ghl": None, "gist": None})
    apply(up, SETUP)
    return up


@pytest.fixture
def editor(page: Page, linked: Up) -> Page:
    """The mapping as the setup file has it, before a person who is signed in."""
    # All of it on the screen: what is dragged must not have to be scrolled to.
    page.set_viewport_size({"width": 1440, "height": 2600})
    sign_in(page)
    open_mapping(page)
    if page.locator("#discard").count():
        page.locator("#discard").click()
        expect(page.locator("#discard")).to_have_count(0)
        # Rows that came back have new numbers in the form; opened anew they are counted from 1.
        open_mapping(page)
    yield page
    apply(linked, SETUP)


def open_mapping(page: Page) -> None:
    page.goto("/links/alder/mapping/")
    # The page stands at once and is put anew when its fields were read: what is dragged in between would be lost.
    expect(page.get_by_role("button", name="Read fields and samples again")).to_be_visible()


def free(page: Page, side: str, label: str):
    return page.locator(f".free [data-side={side}]").filter(has=page.locator(f"b:text-is('{label}')"))


def rows(page: Page):
    return page.get_by_role("list", name="Rows", exact=True).locator("> li")


def draft(page: Page, number: int):
    return page.get_by_text(f"Draft, {number} change")


def test_a_field_is_dragged_to_a_field_and_published(editor):
    free(editor, "gist", "plan").drag_to(free(editor, "ghl", "Plan"))
    expect(rows(editor)).to_have_count(5)
    expect(draft(editor, 1)).to_be_visible()
    editor.locator("#publish").click()
    editor.get_by_label("What is new in it").fill("Plans")
    editor.get_by_role("button", name="Publish version").click()
    expect(editor.get_by_text("“Plans”, is published. The next run works by it.")).to_be_visible()
    assert editor.troubles == []


def test_a_field_is_joined_by_keyboard_alone(editor):
    free(editor, "gist", "plan").focus()
    editor.keyboard.press("Enter")
    expect(editor.locator("#voice")).to_contain_text("plan picked up.")
    free(editor, "ghl", "Plan").focus()
    editor.keyboard.press("Enter")
    expect(editor.locator("#voice")).to_have_text("plan connected with Plan")
    expect(rows(editor)).to_have_count(5)
    expect(editor.locator("body")).not_to_be_focused()
    assert editor.troubles == []


def test_while_a_field_is_held_the_others_say_whether_they_take_it(editor):
    expect(editor.get_by_role("list", name="Rows", exact=True)).to_be_visible()
    editor.locator("#more-ghl summary").click()
    free(editor, "gist", "plan").click()
    expect(free(editor, "ghl", "Plan")).to_have_class("field-card is-ghl is-target")
    editor.keyboard.press("Escape")
    editor.locator("[data-side=gist][data-row='4'] .type").click()
    expect(editor.locator(".is-target")).to_have_count(0)
    editor.locator("[data-side=gist][data-row='4'] .sample").drag_to(free(editor, "ghl", "Date of birth"))
    expect(editor.locator("#voice")).to_contain_text("Tags cannot go to Date of birth: a list of tags is no date")
    expect(rows(editor)).to_have_count(4)


def test_an_end_of_a_row_goes_to_another_field(editor):
    editor.locator("[data-side=ghl][data-row='2'] .type").drag_to(free(editor, "ghl", "Source"))
    expect(editor.locator("#ghl-2")).to_have_value("source")
    expect(rows(editor)).to_have_count(4)


def test_a_row_is_still_moved_by_its_grip(editor):
    editor.locator("#grip-1").drag_to(editor.locator("#grip-3"))
    expect(editor.locator("#voice")).to_contain_text("Moved to place")
    expect(draft(editor, 1)).to_be_visible()
    assert rows(editor).first.locator("select").first.input_value() == "name"


def test_leaving_the_page_asks_nothing_and_loses_nothing(editor):
    asked = []
    editor.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    editor.get_by_role("button", name="Actions for Full name").click()
    editor.get_by_role("button", name="Remove").locator("visible=true").click()
    expect(draft(editor, 1)).to_be_visible()
    editor.get_by_role("navigation", name="Main").get_by_role("link", name="Log", exact=True).click()
    editor.wait_for_url("**/log/")
    open_mapping(editor)
    expect(rows(editor)).to_have_count(3)
    assert asked == []


def test_what_is_typed_keeps_itself(editor):
    editor.locator("#menu-button-2").click()
    editor.get_by_role("button", name="Steps and blanks").locator("visible=true").click()
    editor.locator("#add-step").select_option("fixed")
    value = editor.locator("[id^=option-2-0-value]")
    value.fill("Ann")
    with editor.expect_response("**/mapping/"):
        value.press("Tab")
    expect(draft(editor, 1)).to_be_visible()
    open_mapping(editor)
    expect(editor.locator("#via-2")).to_have_text("Fixed value")


def test_two_tabs_edit_one_mapping(editor):
    other = editor.context.new_page()
    open_mapping(other)
    editor.locator("#direction-2").click()
    expect(draft(editor, 1)).to_be_visible()
    other.locator("#direction-1").click()
    expect(other.get_by_text("Your last change is not kept.")).to_be_visible()
    expect(other.locator("#newer")).to_contain_text("direction Both ways, now Gist to GHL")
    other.get_by_role("button", name="Merge both").click()
    expect(other.get_by_text("Your last change is not kept.")).to_have_count(0)
    expect(draft(other, 2)).to_be_visible()
    open_mapping(editor)
    expect(draft(editor, 2)).to_be_visible()
