"""What ends when a password is changed or somebody is deactivated: also a sign-in that waits for its second step, and a
change of address that waits to be confirmed.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user

from dashboard.people.roles import activate, deactivate, end_sessions
from tests.dashboard.accounts.test_second_factor import CLEAR, PASSWORD, code_of
from tests.dashboard.browser import Browser

pytestmark = pytest.mark.django_db
NEW = "another-long-password"
THIEF = "thief@evil.example"


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_superuser("other@gistline.example", PASSWORD)


@pytest.fixture
def owner(django_user_model):
    """Whose number is written with a letter where a sign-in waits."""
    return django_user_model.objects.create_superuser("owner@gistline.example", PASSWORD, pk=46)


@pytest.fixture
def waiting(owner, empty_cache):
    """Gave the password, and is asked for the code."""
    Authenticator.objects.create(user=owner, type="totp", data=CLEAR["totp"])
    empty_cache()
    browser = Browser()
    browser.post("account_login", login=owner.email, password=PASSWORD)
    return browser


def goes_on(browser):
    browser.post("mfa_authenticate", code=code_of(CLEAR["totp"]["secret"]))
    return get_user(browser.client).is_authenticated


def test_a_sign_in_goes_on_with_the_code(waiting):
    assert goes_on(waiting)


def test_whoever_is_deactivated_between_the_steps_is_not_signed_in_once_they_are_activated(waiting, owner, other):
    deactivate(owner, other)
    assert not goes_on(waiting)
    activate(owner, other)
    assert not get_user(waiting.client).is_authenticated


def test_signing_somebody_out_everywhere_ends_what_waits_for_its_second_step(waiting, owner):
    assert end_sessions(owner) == 1
    assert not goes_on(waiting)


def test_the_old_password_is_not_enough_for_the_first_step_once_it_is_changed(waiting, owner):
    mine = Browser(owner)
    mine.post("account_change_password", oldpassword=PASSWORD, password1=NEW, password2=NEW)
    assert get_user(mine.client).is_authenticated
    assert not goes_on(waiting)


@pytest.mark.parametrize("way", ["changed", "reset"])
def test_a_new_password_takes_back_a_change_of_address_that_waits(owner, settings, mailoutbox, way):
    """Who had the session asked for it, and reads the mail that confirms it."""
    settings.SENDS_EMAIL, settings.PUBLIC_URL = True, "https://sync.example.com"
    thief = Browser(owner)
    thief.post("account_reauthenticate", password=PASSWORD)
    thief.post("account_email", email=THIEF, action_add="")
    link = path_in(mailoutbox.pop())
    if way == "changed":
        Browser(owner).post("account_change_password", oldpassword=PASSWORD, password1=NEW, password2=NEW)
    else:
        mine = Browser()
        mine.post("account_reset_password", email=owner.email)
        form = mine.client.get(path_in(mailoutbox.pop()), follow=True)
        mine.client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    Browser().client.post(link)
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert (owner.email, owner.emailaddress_set.filter(email=THIEF).exists()) == ("owner@gistline.example", False)


def path_in(mail):
    return re.search(r"https://sync\.example\.com(/\S+)", mail.body)[1]


def test_an_address_in_use_that_is_not_confirmed_yet_stays(owner, settings):
    owner.emailaddress_set.update(verified=False)
    Browser(owner).post("account_change_password", oldpassword=PASSWORD, password1=NEW, password2=NEW)
    assert owner.emailaddress_set.get().email == owner.email
