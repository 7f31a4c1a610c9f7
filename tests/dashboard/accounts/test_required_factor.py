"""A second factor can be required: whoever has none gets no further than to the page that sets one up."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.contrib.auth import get_user

from dashboard.urls import urlpatterns
from integration.models import Connection, ConnectionStatus
from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password"


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.mark.parametrize("name", ["overview", "links", "people", "connection_new_gist"])
def test_without_one_every_page_leads_to_setting_it_up(as_owner, name):
    assert as_owner.get(name)["Location"] == "/accounts/2fa/"


def test_the_page_says_why_and_signing_out_stays_possible(as_owner):
    assert "A second factor is required here" in words(as_owner.go(as_owner.get("overview")))
    as_owner.post("account_logout")
    assert not get_user(as_owner.client).is_authenticated


def test_with_one_everything_opens(owner, as_owner):
    TOTP.activate(owner, generate_totp_secret())
    assert as_owner.get("overview").status_code == 200


def test_public_pages_stay_open(as_nobody):
    assert as_nobody.get("healthz").status_code == 200


def test_it_is_not_required_unless_set(as_owner, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    assert as_owner.get("overview").status_code == 200


def test_people_see_their_sessions_and_end_the_others(owner, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    here, there = Browser(), Browser()
    for browser in (here, there):
        browser.post("account_login", login=owner.email, password="a-long-password")
    assert words(here.get("usersessions_list")).count("since") == 2
    here.post("usersessions_list")
    assert (here.get("overview").status_code, there.get("overview").status_code) == (200, 302)


# Whoever has only the password ---------------------------------------------------------------------------


def closed_addresses():
    """Names of those that are not open to everybody, and not about the sender's own account."""
    named = [one for one in urlpatterns if getattr(one, "name", None)]
    asked = [one.name for one in named if getattr(one.callback, "login_required", True)]
    return [name for name in asked if not name.startswith(("mfa_", "account_"))]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_no_address_opens_with_the_password_alone_however_it_is_asked(as_owner, standing, headers):
    names = closed_addresses()
    assert len(names) > 150
    for name in names:
        address = address_of(name, standing)
        for ask in (as_owner.client.get, as_owner.client.head, as_owner.client.post):
            answer = ask(address, headers=headers)
            assert (answer.status_code in (302, 405), answer.get("Location", "/accounts/2fa/")) == (
                True,
                "/accounts/2fa/",
            ), (
                name,
                answer.status_code,
            )


@pytest.mark.parametrize("is_required", [True, False])
def test_a_session_that_began_with_the_password_alone_ends_when_a_factor_is_set_up(
    owner, settings, is_required, django_capture_on_commit_callbacks
):
    """Whoever has the password signs in first, and waits until the factor that opens everything is there."""
    settings.REQUIRE_SECOND_FACTOR = is_required
    thief, mine = Browser(), Browser()
    for browser in (thief, mine):
        browser.post("account_login", login=owner.email, password=PASSWORD)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(mine)
    assert mine.get("overview").status_code == 200
    assert not get_user(thief.client).is_authenticated


def set_up_app(browser):
    browser.post("account_reauthenticate", password=PASSWORD)
    browser.get("mfa_activate_totp")
    secret = browser.client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, next(counters())))
    assert browser.post("mfa_activate_totp", code=code).status_code == 302


def test_recovery_codes_alone_are_no_second_factor(owner, as_owner):
    Authenticator.objects.create(user=owner, type="recovery_codes", data={"seed": "ab" * 40, "used_mask": 0})
    assert as_owner.get("overview")["Location"] == "/accounts/2fa/"


def test_no_page_names_anything_of_here_before_it_is_set_up(as_owner, link):
    Connection.objects.update(status=ConnectionStatus.RECONNECT, status_reason="GHL refused Alder's login.")
    for address in ("/accounts/2fa/", "/accounts/email/", "/accounts/password/change/", "/no-such-page/"):
        page = html(as_owner.client.get(address, {"link": link.key}))
        assert not [one for one in (link.name, link.gist.name, "refused Alder") if one in page], address
