"""One contact in a browser, by keyboard: found, opened, a task ticked, a note added; nothing that axe calls serious."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, axe_faults, sign_in
from tests.processes import ACCOUNTS, SETUP, apply, clear

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]

GHL = {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"}


class Twin:
    """A person's own access to GHL's twin."""

    def __init__(self, up):
        self.base = f"{up.url}/sandbox/ghl"

    def __call__(self, method: str, path: str, body=None):
        answer = requests.request(method, self.base + path, headers=GHL, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def tasks(self, contact: str):
        return self("GET", f"/contacts/{contact}/tasks")["tasks"]


@pytest.fixture(scope="module")
def hannah(up):
    """Hannah Osei in GHL, synced to Gist, with a task for each test that ticks one; her id in GHL."""
    clear(up)
    twin = Twin(up)
    body = {"locationId": ACCOUNTS["ghl"], "firstName": "Hannah", "lastName": "Osei", "email": "hannah@example.test"}
    contact = twin("POST", "/contacts/", body)["contact"]["id"]
    for title in ("Call about the plan", "Check papers", "Send the form"):
        due = {"dueDate": "2030-01-02T15:00:00Z", "completed": False}
        twin("POST", f"/contacts/{contact}/tasks", {"title": title, **due})
    apply(up, SETUP)
    up.manage("sync", "alder", "--wait")
    return contact


def test_by_keyboard_from_the_search_to_a_ticked_task_and_a_note(page: Page, up, hannah):
    twin = Twin(up)
    sign_in(page)
    page.goto("/contacts/")
    page.keyboard.press("/")
    page.keyboard.type("hannah@example.test")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=hannah**")
    expect(page.get_by_text("1 person")).to_be_visible()
    # The list is read once more, a moment after the last letter.
    page.wait_for_load_state("networkidle")
    page.locator("body").evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator(".row-link:focus")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/alder/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hannah Osei")

    box = page.get_by_role("checkbox", name="Complete: Call about the plan")
    box.focus()
    page.keyboard.press("Space")
    done = page.get_by_role("checkbox", name="Completed: Call about the plan")
    expect(done).to_be_checked()
    expect(done).to_be_focused()
    assert {task["title"]: task["completed"] for task in twin.tasks(hannah)}["Call about the plan"] is True
    expect(page.locator("#timeline")).to_contain_text("Task “Call about the plan” was completed.")
    left = sum(not task["completed"] for task in twin.tasks(hannah))
    expect(page.locator("#count-task")).to_have_text(re.compile(f"^{left}"))

    page.locator("#card-note summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Prefers mornings")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#card-note .items")).to_contain_text("Prefers mornings")
    assert [note["body"] for note in twin("GET", f"/contacts/{hannah}/notes")["notes"]] == ["Prefers mornings"]
    assert page.troubles == []


def test_the_focus_goes_into_what_is_changed_and_back(page: Page, up, hannah):
    sign_in(page)
    page.goto(f"/contacts/alder/ghl/{hannah}/")
    expect(page.get_by_text("Reading Gist and GHL now…")).to_have_count(0)
    change = page.get_by_label("Change: Check papers")
    change.focus()
    page.keyboard.press("Enter")
    editing = page.locator("li.is-editing")
    expect(editing.get_by_label("Title")).to_be_focused()
    editing.get_by_role("link", name="Change nothing").focus()
    page.keyboard.press("Enter")
    expect(change).to_be_focused()


def test_a_tick_that_is_refused_comes_back_as_it_really_stands(page: Page, up, hannah):
    sign_in(page)
    page.goto(f"/contacts/alder/ghl/{hannah}/")
    fault = {"side": "ghl", "kind": "500", "path": "/completed", "rate": 1}
    up.control("POST", "faults", {"faults": [fault], "seed": 7})
    try:
        page.get_by_role("checkbox", name="Complete: Check papers").click()
        # Tried again for about as long as the page waits: what came of it is said in the row or at the top.
        expect(page.locator("#main").get_by_role("alert")).to_contain_text("500", timeout=60_000)
        expect(page.get_by_role("checkbox", name="Complete: Check papers")).not_to_be_checked()
    finally:
        up.control("POST", "faults", {"faults": [], "seed": 7})


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_axe_finds_nothing_serious(page: Page, up, hannah, width, theme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    sign_in(page)
    for address in ("/contacts/?q=hannah&ask=1", f"/contacts/alder/ghl/{hannah}/"):
        page.goto(address)
        if "alder/ghl" in address:
            # The cards are put anew when both systems were read.
            expect(page.get_by_text("Reading Gist and GHL now…")).to_have_count(0)
            page.locator("#card-task summary").first.click()
            page.get_by_label("Change: Check papers").click()
            expect(page.get_by_role("button", name="Save the task")).to_be_visible()
        assert axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_a_task_is_ticked_and_a_note_added(page: Page, up, hannah):
    twin = Twin(up)
    browser = page.context.browser
    plain = browser.new_context(base_url=up.url, java_script_enabled=False).new_page()
    sign_in(plain)
    plain.goto(f"/contacts/alder/ghl/{hannah}/")
    plain.get_by_role("link", name="Read now").click()
    plain.locator("li", has_text="Send the form").get_by_role("button", name="Done").click()
    expect(plain.get_by_text("Task “Send the form” was completed.").first).to_be_visible()
    assert {task["title"]: task["completed"] for task in twin.tasks(hannah)}["Send the form"] is True
