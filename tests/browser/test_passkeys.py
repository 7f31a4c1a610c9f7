"""A passkey from its making to its end, with the device that Chromium plays."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, axe_faults

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]
# As a device that asks for PIN, finger or face, and is given it.
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
          "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def at(page: Page, path: str) -> str:
    """A passkey needs a name in the address."""
    return page.server.replace("127.0.0.1", "localhost") + path


def give_password(page: Page) -> None:
    page.goto(at(page, "/accounts/login/"))
    page.get_by_label("E-mail").fill("demo@gistline.example")
    page.get_by_label("Password").fill("demo-gistline")
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto(at(page, "/accounts/logout/"))
    page.get_by_role("button", name="Sign out").click()


def look_at(page: Page, heading: str) -> None:
    """The page with this heading, once it stands; narrow and dark, too."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        # Colours take a moment to change.
        page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")
        assert axe_faults(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_passkey_is_added_signs_in_alone_and_after_the_password_and_is_removed(page: Page, up):
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    authenticator = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    give_password(page)
    page.wait_for_url(at(page, "/"))

    page.goto(at(page, "/accounts/2fa/"))
    look_at(page, "Second factor")
    page.get_by_role("link", name="Add a passkey").click()
    # Whoever finds a session open cannot add one of theirs.
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill("demo-gistline")
    page.get_by_role("button", name="Go on").click()
    look_at(page, "Add a passkey")
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(at(page, "/accounts/2fa/"))
    expect(page.get_by_role("listitem").filter(has_text="Blue key")).to_contain_text("signs you in alone; not used yet")
    look_at(page, "Second factor")

    sign_out(page)
    page.goto(at(page, "/accounts/login/?next=/runs/"))
    look_at(page, "Sign in to Gistline")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(at(page, "/runs/"))

    sign_out(page)
    give_password(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    look_at(page, "One more step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(at(page, "/"))

    # Without its check of who holds it, a passkey is one factor, and does not sign in alone.
    device.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    sign_out(page)
    page.goto(at(page, "/accounts/login/"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="No passkey was used")).to_be_visible()
    device.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(at(page, "/"))

    page.goto(at(page, "/accounts/2fa/"))
    page.get_by_role("link", name="Rename… Blue key").click()
    page.get_by_role("link", name="Use a passkey").click()
    look_at(page, "Is it you?")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Name").fill("Red key")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove… Red key").click()
    look_at(page, "Remove “Red key”?")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.get_by_text("Off. The password alone is enough.")).to_be_visible()

    sign_out(page)
    page.goto(at(page, "/accounts/login/"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey was not accepted.")).to_be_visible()
    assert page.troubles == []


def test_at_a_bare_number_the_page_says_why_no_passkey_can_be_added(page: Page, up):
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    page.get_by_label("E-mail").fill("demo@gistline.example")
    page.get_by_label("Password").fill("demo-gistline")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill("demo-gistline")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text(f"open Gistline as {up.url.replace('127.0.0.1', 'localhost')}")
    expect(page.get_by_role("button", name="Add the passkey")).to_be_disabled()
