"""A second factor can be required: whoever has none gets no further than to the page that sets one up."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user

from tests.dashboard.browser import Browser, words

pytestmark = pytest.mark.django_db


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
