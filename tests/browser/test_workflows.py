"""Workflows in a browser: made in four clicks, changed by search and keyboard, saved, tried on one person."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, axe_faults, sign_in
from tests.processes import SETUP, Up, apply

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def linked(up: Up) -> str:
    """One link in step with the sandbox; the e-mail address of somebody on both sides."""
    up.control("POST", "limits", {"ghl": None, "gist": None})
    apply(up, SETUP)
    up.manage("sync", "alder", "--full", "--wait")
    known = "Pair.objects.exclude(ghl_id='').first().gist_id"
    gist_id = up.ask(known)
    email: str = up.ask(f"Snapshot.objects.get(side='gist', external_id='{gist_id}').email")
    return email


def titles(page: Page) -> list[str]:
    return page.locator(".flow-step b").all_inner_texts()


def create(page: Page) -> None:
    """Four clicks from the list, the link being chosen already."""
    page.goto("/workflows/")
    page.get_by_role("main").get_by_role("link", name="Add a workflow").first.click()
    page.get_by_text("Welcome new contact", exact=True).click()
    page.get_by_role("button", name="Create and switch on").click()
    page.wait_for_url(re.compile(r"/workflows/\d+/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome new contact")


def add_by_search(page: Page) -> None:
    page.locator("#open-picker").click()
    expect(page.locator("#pick-action")).to_be_focused()
    page.keyboard.type("add tags gist")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tags", exact=True)).to_be_focused()
    page.keyboard.type("vip")


def move_by_keyboard(page: Page) -> None:
    page.get_by_label(re.compile("^Move Add tags in Gist")).focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#voice")).to_have_text("Moved to place 2 of 3")
    expect(page.get_by_label("Move Add tags in Gist, place 2: press arrow up or down")).to_be_focused()


def test_from_the_gallery_to_a_tried_and_saved_workflow(page, up, linked):
    sign_in(page)
    create(page)
    add_by_search(page)
    move_by_keyboard(page)
    assert titles(page) == ["Create a task", "Add tags in Gist", "Add a note"]
    page.locator("#contact").fill(linked)
    page.keyboard.press("Enter")
    expect(page.locator("#dry-run")).to_contain_text("Conditions hold")
    expect(page.locator("#dry-run")).to_contain_text("would be sent")
    page.locator("#save").click()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
    assert titles(page) == ["Create a task", "Add tags in Gist", "Add a note"]
    page.get_by_role("switch").click()
    expect(page.locator("#flow-badge")).to_have_text("Off")
    assert page.troubles == []


def test_a_field_is_put_where_the_cursor_was(page, up, linked):
    sign_in(page)
    create(page)
    page.get_by_role("button", name="Edit Create a task").click()
    title = page.get_by_label("Title", exact=True)
    title.fill("Ring ")
    page.get_by_text("Fields that texts can hold").click()
    page.get_by_role("button", name="{{ contact.phone }}").click()
    expect(title).to_have_value("Ring {{ contact.phone }}")
    assert page.troubles == []


PAGES = ["/workflows/", "/workflows/new/", "/workflows/{pk}/", "/workflows/{pk}/runs/", "/workflows/{pk}/versions/",
         "/workflows/{pk}/settings/", "/capabilities/", "/connections/g/gist-fields/"]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_nobody_is_kept_out_and_nothing_scrolls_sideways(page, up, linked, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": up.url}])
    sign_in(page)
    create(page)
    pk = page.url.rstrip("/").rpartition("/")[2]
    for address in PAGES:
        page.goto(address.format(pk=pk))
        assert axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"/workflows/{pk}/")
    page.locator("#open-picker").click()
    assert axe_faults(page) == []
    page.locator(".picks button").first.click()
    expect(page.locator(".action-values")).to_be_visible()
    assert axe_faults(page) == []
