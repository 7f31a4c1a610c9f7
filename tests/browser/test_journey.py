"""The main job in a browser: sign in, connect both sides, map, sync, and read what happened to one contact."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.enable_socket]


def connect_ghl(page: Page) -> None:
    page.goto("/connections/")
    page.get_by_role("link", name="Connect GoHighLevel").click()
    page.get_by_role("link", name="Connect the sandbox").click()
    expect(page.get_by_role("heading", name="Gistline asks for access")).to_be_visible()
    page.get_by_label("Which location (sub-account)?").select_option(label="Alder Dental Group")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile(r"/connections/[\w-]+/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alder Dental Group")
    expect(page.get_by_text("scopes are granted")).to_be_visible()


def connect_gist(page: Page) -> None:
    page.goto("/connections/")
    page.get_by_role("link", name="Connect Gist").first.click()
    page.get_by_label("Name").fill("Alder Gist")
    page.get_by_label("API key").fill("gist-demo-alder")
    page.get_by_label(re.compile("sandbox", re.IGNORECASE)).set_checked(True)
    page.get_by_role("main").get_by_role("button", name="Connect Gist").click()
    page.wait_for_url(re.compile(r"/connections/[\w-]+/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alder Gist")


def link_and_map(page: Page) -> None:
    page.goto("/links/new/")
    page.get_by_label("Name").fill("Alder Dental")
    page.get_by_role("button", name="Create the link").click()
    page.wait_for_url("**/links/alder-dental/**")
    page.goto("/links/alder-dental/mapping/")
    # The page stands at once; its rows come with the fields, which are read afterwards.
    expect(page.get_by_role("button", name="Read fields and samples again")).to_be_visible()
    before = page.locator(".grip").count()
    page.get_by_label("Pick a Gist field").select_option("custom_properties.plan")
    page.get_by_label("Pick a GHL field").select_option("customFields.plan")
    expect(page.locator(".grip")).to_have_count(before + 1)
    # By keyboard: the grip of the new row moves it up.
    page.locator(".grip").last.focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("link", name=re.compile("Publish version")).click()
    page.get_by_role("button", name=re.compile("Publish version")).click()
    expect(page.get_by_role("main")).to_contain_text("is published")


def go_live(page: Page) -> None:
    """A new link only watches: a dry run says what would be written, and then a person lets it write."""
    page.goto("/links/alder-dental/")
    page.get_by_role("button", name="Dry run of everybody").click()
    wait_for_run(page)
    page.goto("/links/alder-dental/")
    page.get_by_role("button", name="Go live…").click()
    page.get_by_role("button", name=re.compile("^Go live: create")).click()
    wait_for_run(page)


def wait_for_run(page: Page) -> None:
    page.wait_for_url("**/runs/**")
    expect(page.get_by_role("main")).to_contain_text(re.compile("Succeeded|Partial"), timeout=120_000)


def test_from_signing_in_to_the_log_entry_of_one_contact(page, up):
    up.control("POST", "limits", {"ghl": None, "gist": None})
    sign_in(page)
    connect_ghl(page)
    connect_gist(page)
    link_and_map(page)
    go_live(page)
    page.goto("/log/?outcome=created")
    person = page.locator("table .row-link").first
    name = person.inner_text()
    person.click()
    expect(page.get_by_role("main")).to_contain_text(name)
    assert page.troubles == []
