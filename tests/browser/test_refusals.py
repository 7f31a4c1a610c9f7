"""What was refused at the door says why, on the page from which htmx sent it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


def test_a_refused_request_is_explained_at_the_top_of_the_page_until_the_next_one_is_answered(page: Page):
    sign_in(page)
    page.goto("/runs/")
    page.evaluate("htmx.ajax('GET', '/runs/?q=%00', '#results')")
    trouble = page.locator("#trouble")
    expect(trouble).to_contain_text("There is a character in the address that cannot be stored")
    expect(trouble).to_contain_text("Nothing was changed.")
    page.evaluate("htmx.ajax('GET', '/runs/?q=a', {target: '#voice', swap: 'none'})")
    expect(trouble).to_be_hidden()
