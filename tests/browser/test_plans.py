"""A plan is read, rows of it are left out, the rest is written, and that is taken back again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, sign_in
from tests.browser.test_pages import faults
from tests.processes import SETUP, Up, apply

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def planned(up: Up) -> Up:
    """One link that has not synced yet, and a plan of its first run."""
    up.control("POST", "limits", {"ghl": None, "gist": None})
    apply(up, SETUP)
    up.manage("sync", "alder", "--full", "--dry-run", "--wait")
    return up


@pytest.mark.parametrize("looked_at", LOOKS, ids=str)
def test_nobody_is_kept_out_of_a_plan(page: Page, planned: Up, looked_at):
    width, theme = looked_at
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": planned.url}])
    sign_in(page)
    page.goto("/runs/1/")
    page.get_by_role("link", name="Open as a plan").click()
    expect(page.get_by_role("heading", name="Plan 1", exact=True)).to_be_visible()
    assert faults(page) == []


def leave_out_by_keyboard(page: Page) -> None:
    """All of the second person, and the first one again; the keyboard stays where it was."""
    everything = page.get_by_role("checkbox", name="All changes of")
    for number, ticked in ((1, "false"), (0, "true")):
        everything.nth(number).focus()
        page.keyboard.press("Space")
        expect(everything.nth(number)).to_have_attribute("aria-checked", ticked)
        expect(everything.nth(number)).to_be_focused()
    expect(page.locator("#price")).to_contain_text("left out")


def test_a_plan_with_rows_left_out_is_applied_and_undone(page: Page, planned: Up):
    sign_in(page)
    page.goto("/plans/1/")
    digest = page.locator("#digest").inner_text()
    page.locator("input[type=checkbox][name=take]").first.uncheck()
    expect(page.locator("#price")).to_contain_text("1 left out")
    assert page.locator("#digest").inner_text() != digest
    leave_out_by_keyboard(page)
    page.locator("#apply-plan").click()
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Undo…", exact=True).first.click()
    expect(page.get_by_text("Goes back to")).to_be_visible(timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": planned.url}])
    page.reload()
    assert faults(page) == []
    number = page.locator("label[for=confirm]").inner_text().split("Type ")[1].split(",")[0]
    page.get_by_label("the people it writes to").fill(number)
    page.locator("#apply-plan").click()
    expect(page.get_by_role("heading", name="Undo run", exact=False)).to_be_visible()
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=60_000)
    assert page.troubles == []
