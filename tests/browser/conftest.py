"""A running Gistline and a browser to use it with."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.processes import Up, database

# Widths and themes that pages are looked at in.
LOOKS = [(1440, "light"), (390, "dark")]
CHROMIUM = "/usr/bin/chromium"
AXE = Axe().axe_script
_signed_in: dict[str, list[Any]] = {}
"""Cookies by address of the server."""
# As long as a click waits: two workers of the suite share the machine with two servers and two browsers.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with database(folder) as address:
        running = Up(folder / "data", address).start(90)
        yield running
        running.end()


@pytest.fixture(scope="module")
def chromium():
    """One for a module and not for all tests: while it runs, Django takes its thread for one that must not wait."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(up, chromium):
    """A page of a person who was never here before: without cookies, and with nothing stored."""
    context = chromium.new_context(base_url=up.url, viewport={"width": 1440, "height": 900})
    made = context.new_page()
    made.set_default_timeout(20_000)
    made.server, made.troubles = up.url, []
    made.on("pageerror", lambda error: made.troubles.append(str(error)))
    made.on("console", lambda said: made.troubles.append(said.text) if _is_trouble(said) else None)
    yield made
    context.close()


def _is_trouble(said) -> bool:
    """An error in the console, other than htmx telling that a newer request took an older one's place."""
    return said.type == "error" and not said.text.startswith(("htmx:afterRequest", "htmx:sendAbort", "htmx:abort"))


def sign_in(page: Page) -> None:
    """By the form once for each server, by its cookie from then on: to check a password is slow on purpose."""
    server = getattr(page, "server", "")
    if cookies := _signed_in.get(server):
        page.context.add_cookies(cookies)
        page.goto("/runs/")
        return
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("demo@gistline.example")
    page.get_by_label("Password").fill("demo-gistline")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    _signed_in[server] = [one for one in page.context.cookies() if one["name"] != "theme"] if server else []


# Of what axe finds only this leaves the browser: to carry over all that passes takes as long as to look for it.
SERIOUS = """() => axe.run({resultTypes: ["violations"]}).then(found =>
    found.violations.filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))"""


def axe_faults(page: Page) -> list[str]:
    """What axe calls serious or worse, each with the first element that it is about."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(SERIOUS)
    return found
