"""A channel is added, tried and ticked, with what a page of alerts looks like on a desk and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import faults
from tests.processes import Up

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]


def test_a_channel_is_added_tried_and_ticked(page: Page, up: Up):
    sign_in(page)
    page.goto("/settings/alerts/")
    page.get_by_role("link", name="Webhook", exact=True).click()
    page.get_by_label("Name").fill("Night watch of the north and of the south")
    page.get_by_label("Address that takes").fill(f"{up.url}/healthz")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Signing secret")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    # Nothing takes webhooks there, and the card says so.
    expect(page.get_by_role("article")).to_contain_text("answers 4")
    box = page.get_by_label("The day in numbers")
    page.get_by_role("checkbox", name="Day in numbers: Night watch").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("checkbox", name="Day in numbers: Night watch")).to_be_checked()
    expect(box).to_have_value("18:00")
    for width, theme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.context.add_cookies([{"name": "theme", "value": theme, "url": up.url}])
        page.reload()
        assert faults(page) == []
