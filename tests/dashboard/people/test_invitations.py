"""Giving somebody an account, from a page or a command, with and without a mail server."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core import mail
from django.utils import timezone

from dashboard.models import Invitation, User
from tests.command_output import Output
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db
PASSWORD = "seven-tall-larches"
LEE = "lee@harbourpine.example"


def invited(role="operator", *links, email=LEE) -> str:
    """The one-time address that the command prints."""
    options = [part for key in links for part in ("--link", key)]
    return Output("invite", email, "--role", role, *options).lines[-1]


def accept(address, password=PASSWORD, **form) -> Browser:
    browser = Browser()
    browser.answer = browser.client.post(address.removeprefix("http://127.0.0.1:8000"), {"password": password, **form})
    return browser


def open_address(address):
    return Browser().client.get(address.removeprefix("http://127.0.0.1:8000"))


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"


def test_the_last_line_of_the_command_is_the_one_time_address_alone():
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitation/[\w-]{43}/", invited())


def test_an_account_whose_address_only_looks_alike_gets_nobody_else_s_role(owner):
    User.objects.create_user("lee@mıll.example", PASSWORD, role="viewer")
    invited("operator", email="lee@mill.example")
    assert dict(User.objects.exclude(pk=owner.pk).values_list("email", "role")) == {
        "lee@mıll.example": "viewer",
        "lee@mill.example": "operator",
    }


def test_who_accepts_is_signed_in_with_the_role_and_can_sign_in_again(owner):
    lee = get_user(accept(invited("operator"), name="Lee Moran").client)
    assert (lee.email, lee.role, str(lee), lee.is_active) == (LEE, "operator", "Lee Moran", True)
    assert lee.emailaddress_set.get().verified
    again = Browser()
    again.post("account_login", login=LEE, password=PASSWORD)
    assert get_user(again.client) == lee


def test_an_address_works_once():
    address = invited()
    accept(address)
    assert accept(address, "another-long-password").answer.status_code == 410
    assert open_address(address).status_code == 410
    assert User.objects.get(email=LEE).check_password(PASSWORD)


def test_an_address_ends_after_seven_days():
    address = invited()
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert accept(address).answer.status_code == 410
    assert not User.objects.get(email=LEE).is_active


def test_inviting_again_replaces_address_and_role():
    first, second = invited("viewer"), invited("operator")
    assert open_address(first).status_code == 410
    assert get_user(accept(second).client).role == "operator"


def test_inviting_somebody_with_an_account_changes_role_and_links(link, viewer):
    shown = Output("invite", viewer.email, "--role", "operator", "--link", "alder")
    viewer.refresh_from_db()
    assert (viewer.role, viewer.all_links, list(viewer.links.all())) == ("operator", False, [link])
    assert not Invitation.objects.exists()
    assert shown.lines[-1] == "http://127.0.0.1:8000/accounts/login/"


def test_nobody_signs_in_before_accepting(settings):
    settings.SENDS_EMAIL = True
    invited()
    mail.outbox.clear()
    Browser().post("account_reset_password", email=LEE)
    assert [message for message in mail.outbox if "password" in message.body and "/reset/" in message.body] == []


def test_the_command_says_what_is_wrong(link):
    assert "no e-mail address" in Output("invite", "lee", "--role", "viewer").failure
    assert "There is no link “elm”" in Output("invite", LEE, "--role", "viewer", "--link", "elm").failure
    assert not User.objects.exists()


def test_the_json_of_the_command_holds_address_and_grants(link):
    data = Output("invite", LEE, "--role", "viewer", "--link", "alder", "--json").json
    assert (data["email"], data["role"], data["links"], data["mailed"]) == (LEE, "viewer", ["alder"], False)
    assert data["masked"] is True
    again = Output("invite", LEE, "--role", "viewer", "--unmasked")
    assert "viewer, seeing personal values" in again.lines[0]
    assert not User.objects.get(email=LEE).is_masked
    assert Output("invite", LEE, "--role", "operator", "--masked", "--json").json["masked"] is True
    assert User.objects.get(email=LEE).may_retry
    assert data["address"].startswith("http://127.0.0.1:8000/invitation/")


def test_the_last_owner_cannot_be_demoted_by_the_command(owner):
    assert "last owner" in Output("invite", owner.email, "--role", "viewer").failure
    owner.refresh_from_db()
    assert owner.role == "owner"


# The pages -----------------------------------------------------------------------------------------------


def test_the_page_shows_the_address_once_and_stores_only_a_digest(as_owner):
    page = as_owner.post("person_invite", email=LEE, role="viewer", scope="all")
    token = re.search(r"/invitation/([\w-]+)/", html(page))[1]
    assert token not in html(as_owner.get("people"))
    assert token not in str(list(Invitation.objects.values()))
    assert "Not mailed" in words(page)


def test_with_a_mail_server_the_address_is_mailed(as_owner, settings):
    settings.SENDS_EMAIL = True
    page = as_owner.post("person_invite", email=LEE, role="viewer", scope="all")
    token = re.search(r"/invitation/([\w-]+)/", html(page))[1]
    (message,) = mail.outbox
    assert (message.to, token in message.body) == ([LEE], True)


def test_a_mail_server_that_fails_leaves_the_address_to_copy(as_owner, settings, monkeypatch):
    def fails(*args):
        raise OSError("refused")

    settings.SENDS_EMAIL = True
    monkeypatch.setattr("dashboard.people.invitations.send_mail", fails)
    page = as_owner.post("person_invite", email=LEE, role="viewer", scope="all")
    assert "did not take the mail" in words(page)
    assert Invitation.objects.exists()


def test_pending_invitations_are_listed_and_withdrawn(as_owner):
    address = invited()
    open_address(address)
    page = as_owner.get("people")
    assert f"Invited 1 {LEE}" in words(page)
    assert "opened, not accepted; ends in" in words(page)
    as_owner.post("invitation_revoke", Invitation.objects.get().pk)
    assert open_address(address).status_code == 410
    assert not User.objects.filter(email=LEE).exists()


def test_a_weak_password_is_refused_in_words():
    browser = accept(invited(), "short")
    assert browser.answer.status_code == 422
    assert "too short" in words(browser.answer)
    assert Invitation.objects.exists()


def test_somebody_who_had_a_second_factor_is_asked_for_it(viewer):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(viewer, generate_totp_secret())
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    browser = accept(invited(email=viewer.email))
    assert browser.answer["Location"] == "/accounts/2fa/authenticate/"
    assert not get_user(browser.client).is_authenticated
