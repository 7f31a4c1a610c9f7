"""Every page that no other test of a browser opens: nothing that axe calls serious, and nothing scrolls sideways."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, axe_faults, sign_in
from tests.processes import SETUP, Up, apply

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]

PAGES = ["/", "/connections/", "/connections/g/", "/connections/h/", "/connections/new/gist/", "/connections/new/ghl/",
         "/links/", "/links/new/", "/links/alder/", "/links/alder/mapping/versions/",
         "/links/alder/mapping/fields/", "/runs/", "/runs/1/", "/log/",
         "/problems/", "/problems/person/", "/problems/rejected/", "/problems/waiting/", "/contacts/",
         "/alerts/", "/settings/alerts/", "/settings/alerts/new/webhook/",
         "/guide/app/", "/guide/live/", "/glossary/", "/connect-links/new/", "/accounts/email/", "/accounts/logout/",
         "/palette/?q=alder", "/settings/data/", "/settings/health/", "/settings/encryption/", "/settings/keys/",
         "/settings/keys/new/", "/api/v1/docs",
         "/nothing/here/"]  # fmt: skip
SECURITY = ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/password/change/"]


@pytest.fixture(scope="module")
def linked(up: Up) -> Up:
    """One link that has synced, with questions, and a name that is far too long."""
    up.control("POST", "limits", {"ghl": None, "gist": None})
    apply(up, SETUP)
    up.manage("sync", "alder", "--full", "--wait")
    return up


@pytest.fixture
def looked_at(page: Page, linked: Up, request) -> Page:
    width, theme = request.param
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": linked.url}])
    return page


def faults(page: Page) -> list[str]:
    serious = axe_faults(page)
    size = page.viewport_size
    if size["width"] < 500:
        # The narrowest telephones.
        page.set_viewport_size({"width": 320, "height": 900})
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size(size)
    return serious + ["scrolls sideways"] * sideways


@pytest.mark.parametrize("looked_at", LOOKS, indirect=True, ids=str)
def test_nobody_is_kept_out_of_any_page(looked_at):
    found = {}
    for address in ("/accounts/login/", "/accounts/password/reset/"):
        looked_at.goto(address)
        found[address] = faults(looked_at)
    sign_in(looked_at)
    for address in PAGES:
        looked_at.goto(address)
        found[address] = faults(looked_at)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("looked_at", LOOKS, indirect=True, ids=str)
def test_a_word_is_explained_where_it_stands_by_keyboard(looked_at):
    sign_in(looked_at)
    looked_at.goto("/guide/app/")
    word = looked_at.get_by_role("button", name="marketplace")
    word.press("Enter")
    meaning = looked_at.locator("#tip-marketplace")
    expect(meaning).to_contain_text("Where apps for GHL are made and installed.")
    assert faults(looked_at) == []
    looked_at.keyboard.press("Tab")
    expect(meaning.get_by_role("link", name="In the glossary")).to_be_focused()
    looked_at.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(word).to_be_focused()


@pytest.mark.parametrize("looked_at", LOOKS, indirect=True, ids=str)
def test_nobody_is_kept_out_of_what_is_asked_the_password_for(looked_at):
    sign_in(looked_at)
    looked_at.goto("/accounts/reauthenticate/?next=/")
    assert faults(looked_at) == []
    looked_at.get_by_label("Password").fill("demo-gistline")
    looked_at.get_by_role("button", name="Go on").click()
    for address in SECURITY:
        looked_at.goto(address)
        expect(looked_at).to_have_url(re.compile(f"{address}$"))
        assert faults(looked_at) == []


@pytest.mark.parametrize("looked_at", LOOKS, indirect=True, ids=str)
def test_a_mapping_that_is_changed_can_be_read_and_published(looked_at, linked):
    """The primary button under the pointer too, in its other colour."""
    # The look before has left a draft: moving the row again would take its change back, and with it the button.
    linked.ask("MappingDraft.objects.all().delete()")
    sign_in(looked_at)
    looked_at.goto("/links/alder/mapping/")
    expect(looked_at.get_by_role("button", name="Read fields and samples again")).to_be_visible()
    looked_at.get_by_role("button", name="Actions for Full name").click()
    looked_at.locator("button:enabled:visible", has_text="Move up").click()
    expect(looked_at.locator("#draft-state")).to_contain_text("1 change")
    looked_at.locator("#publish").hover()
    # The colour takes a moment to change.
    looked_at.locator("#publish").evaluate("link => Promise.all(link.getAnimations().map(one => one.finished))")
    assert faults(looked_at) == []
    looked_at.goto("/links/alder/mapping/publish/")
    assert faults(looked_at) == []


@pytest.mark.parametrize(("width", "rows"), [(1280, 2), (1440, 1), (1920, 1)])
def test_the_period_of_the_log_stands_in_one_row(page, width, rows):
    """Both its fields, beside the others where there is room."""
    sign_in(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/log/")
    tops = [round(one.bounding_box()["y"]) for one in page.locator(".filter-form :is(select, input[type^=date])").all()]
    assert (len(set(tops)), tops[-1]) == (rows, tops[-2])
