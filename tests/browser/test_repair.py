"""Repair a failure in a browser: one row, its cause, the button that mends it, and nothing fails any more."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import axe_faults, sign_in
from tests.processes import SETUP, apply, clear

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]

GIST = {"Authorization": "Bearer gist-demo-alder"}
TITLE = "Phone number without a country"


@pytest.fixture(scope="module")
def failing(up):
    """Three people with German numbers, which the location of the United States cannot read."""
    clear(up)
    for place in range(3):
        body = {"email": f"p{place}@example.test", "name": f"Pia Berg {place}", "phone": f"0171 234567{place}"}
        assert requests.post(f"{up.url}/sandbox/gist/contacts", headers=GIST, json=body, timeout=30).ok
    apply(up, SETUP)
    up.manage("sync", "alder", "--full", "--wait")
    return up


def test_a_failure_is_repaired_with_one_decision(page: Page, failing):
    sign_in(page)
    page.get_by_role("link", name=re.compile("^Problems")).click()
    row = page.locator(".problem", has_text=TITLE)
    expect(row.get_by_text("3 people")).to_be_visible()
    row.locator("summary").press("Enter")
    expect(row.get_by_text("these digits are nobody's number")).to_be_visible()
    assert axe_faults(page) == []
    row.get_by_role("link", name="Set the country").click()
    expect(page.get_by_text("Makes all 3 valid.")).to_be_visible()
    expect(page.get_by_text("+491712345670")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Set Germany").click()
    expect(page.get_by_text("Resolved").first).to_be_visible()
    expect(page.get_by_text("All 3 passed.").first).to_be_visible()
    page.goto("/problems/")
    expect(page.get_by_text("Nothing fails")).to_be_visible()
    assert page.troubles == []


def test_on_a_phone_nothing_scrolls_sideways_and_nobody_is_kept_out(page: Page, failing):
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": failing.url}])
    page.set_viewport_size({"width": 390, "height": 900})
    sign_in(page)
    page.goto("/problems/?state=any")
    addresses = ["/problems/?state=any", page.locator(".problem .fix").first.get_attribute("href") or ""]
    for address in addresses:
        page.goto(address)
        assert axe_faults(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
