"""Find or do by the keyboard alone, and the page that stops asking while nobody looks at it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import faults

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


def test_a_page_is_found_chosen_and_opened_without_a_mouse(page):
    sign_in(page)
    page.keyboard.press("Control+k")
    box = page.get_by_label("Find a person, link, run or page, or do something")
    expect(box).to_be_focused()
    page.keyboard.type("failures")
    chosen = page.locator("#found").get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Problems")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/problems/$"))
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/contacts/$"))


def test_the_sheet_of_keys_opens_and_letters_can_be_switched_off(page):
    sign_in(page)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Letters work as keys outside of fields").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("/$"))
    assert page.troubles == []
