"""The editors of mappings and workflows in a browser: leaving loses no draft, and everything goes by keyboard."""

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
    """The mapping editor before a person who is signed in; the draft of an earlier test is thrown away."""
    sign_in(page)
    open_mapping(page)
    if page.locator("#discard").count():
        page.locator("#discard").click()
        expect(page.locator("#discard")).to_have_count(0)
        # Rows that came back have new numbers in the form; opened anew they are counted from 1.
        open_mapping(page)
    return page


def open_mapping(page: Page) -> None:
    page.goto("/links/alder/mapping/")
    # The page stands at once and is put anew when its fields were read: a menu opened in between would be closed.
    expect(page.get_by_role("button", name="Read fields and samples again")).to_be_visible()


def asked_on_leaving(page: Page, leave) -> list[str]:
    """The kinds of the questions that the browser asks when a person leaves; each is answered with "leave"."""
    kinds: list[str] = []

    def answer(dialog):
        kinds.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    leave()
    page.wait_for_load_state()
    page.remove_listener("dialog", answer)
    return kinds


def go_to_log(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Log", exact=True).click()
    page.wait_for_url("**/log/")


# Leaving -------------------------------------------------------------------------------------------------


def test_leaving_a_workflow_that_was_only_typed_in_is_asked_about(editor):
    editor.goto("/workflows/new/")
    editor.get_by_text("Welcome new contact", exact=True).click()
    editor.get_by_role("button", name="Create and switch on").click()
    editor.get_by_role("button", name="Edit Create a task").click()
    editor.get_by_label("Title", exact=True).fill("Ring")
    assert asked_on_leaving(editor, lambda: go_to_log(editor)) == ["beforeunload"]


def test_leaving_rules_that_were_changed_is_asked_about(editor):
    editor.goto("/links/alder/")
    editor.get_by_label("Sync every").fill("45")
    assert asked_on_leaving(editor, lambda: go_to_log(editor)) == ["beforeunload"]


# By keyboard ---------------------------------------------------------------------------------------------


def open_menu(page: Page, row: int) -> None:
    page.locator(f"#menu-button-{row}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#menu-{row} :focus")).to_be_visible()


def test_steps_open_with_the_focus_in_them_and_give_it_back(editor):
    editor.set_viewport_size({"width": 390, "height": 800})
    open_menu(editor, 2)
    editor.keyboard.press("Enter")
    close = editor.locator("#drawer-close")
    expect(close).to_be_focused()
    expect(close).to_be_in_viewport()
    editor.keyboard.press("Enter")
    expect(editor.locator("#menu-button-2")).to_be_focused()


def focused(page: Page) -> str:
    """The id, or else the words, of what has the focus."""
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def test_a_menu_passes_over_what_is_disabled_and_knows_its_ends(editor):
    open_menu(editor, 1)
    walked = [focused(editor)]
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End"):
        editor.keyboard.press(key)
        walked.append(focused(editor))
    # The first row cannot move up.
    first, last = "Steps and blanks", "Remove"
    second = "Copy to other links…"
    assert walked == [first, second, "Move down", last, "Move down", first, last]
    editor.keyboard.press("Escape")
    assert focused(editor) == "menu-button-1"


def test_the_focus_stays_where_a_row_was_moved_removed_or_added(editor):
    open_menu(editor, 2)
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("ArrowDown")
    assert focused(editor) == "Move up"
    editor.keyboard.press("Enter")
    expect(editor.locator("#menu-button-2")).to_be_focused()
    open_menu(editor, 2)
    editor.keyboard.press("End")
    editor.keyboard.press("Enter")
    expect(editor.locator(".mapping .grip")).to_have_count(3)
    expect(editor.locator("#grip-1")).to_be_focused()
    editor.locator("#new-gist").select_option("city")
    editor.locator("#new-ghl").focus()
    editor.locator("#new-ghl").select_option("city")
    expect(editor.locator(".mapping .grip")).to_have_count(4)
    expect(editor.locator("#new-ghl")).to_be_focused()


def test_the_actions_of_a_workflow_are_picked_by_keyboard(editor):
    editor.goto("/workflows/new/")
    editor.get_by_text("Welcome new contact", exact=True).click()
    editor.get_by_role("button", name="Create and switch on").click()
    editor.locator("#open-picker").click()
    editor.keyboard.press("ArrowDown")
    first = focused(editor)
    editor.keyboard.press("End")
    last = focused(editor)
    editor.keyboard.press("Home")
    assert (focused(editor) == first, first == last) == (True, False)
    editor.keyboard.press("ArrowUp")
    assert focused(editor) == "pick-action"
    editor.keyboard.press("Escape")
    open_menu(editor, 2)
    editor.keyboard.press("End")
    editor.keyboard.press("Enter")
    expect(editor.locator(".flow .grip")).to_have_count(1)
    expect(editor.locator("body")).not_to_be_focused()
    assert editor.troubles == []
