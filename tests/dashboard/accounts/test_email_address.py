"""Another address to sign in with: only with the password, only once it is confirmed, and the old one gets a notice."""

import re

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from tests.dashboard.browser import Browser, words

PASSWORD = "a-long-password"
OLD, NEW = "owner@gistline.example", "new@gistline.example"


@pytest.fixture(autouse=True)
def sends_email(settings):
    settings.SENDS_EMAIL, settings.PUBLIC_URL = True, "https://sync.example.com"


@pytest.fixture
def browser(owner) -> Browser:
    """Gave the password once more just now."""
    made = Browser(owner)
    made.post("account_reauthenticate", password=PASSWORD)
    return made


def addresses(user) -> dict[str, tuple[bool, bool]]:
    return {row.email: (row.verified, row.primary) for row in user.emailaddress_set.all()}


def ask_for(browser, email=NEW):
    return browser.post("account_email", email=email, action_add="")


def open_link(mail) -> None:
    """What somebody who reads the mail does."""
    where = re.search(r"https://sync\.example\.com(/\S+)", mail.body)[1]
    Browser().client.post(where)


def test_a_session_alone_changes_no_address(owner, mailoutbox):
    """A browser left open, or a stolen cookie: the password was not given of late."""
    thief = Browser(owner)
    for form in ({"email": NEW, "action_add": ""}, {"email": OLD, "action_remove": ""}):
        answer = thief.post("account_email", **form)
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert addresses(owner) == {OLD: (True, True)}
    assert mailoutbox == []


def test_with_the_password_the_change_goes_on_where_it_stopped(owner, mailoutbox):
    browser = Browser(owner)
    page = browser.go(ask_for(browser))
    assert "Is it you?" in words(page)
    browser.post("account_reauthenticate", password="a-guess", next=reverse("account_email"))
    assert NEW not in addresses(owner)
    browser.post("account_reauthenticate", password=PASSWORD, next=reverse("account_email"))
    assert addresses(owner)[NEW] == (False, False)
    assert mailoutbox[0].to == [NEW]


def test_until_it_is_confirmed_a_new_address_stands_for_nothing(browser, owner, mailoutbox):
    ask_for(browser)
    owner.refresh_from_db()
    assert (owner.email, addresses(owner)) == (OLD, {OLD: (True, True), NEW: (False, False)})
    mailoutbox.clear()
    Browser().post("account_reset_password", email=NEW)
    assert mailoutbox == []
    assert f"Waiting for {NEW}" in words(browser.get("account_email"))


def test_confirmed_it_takes_the_place_of_the_old_one_which_gets_a_notice(browser, owner, mailoutbox):
    ask_for(browser)
    open_link(mailoutbox.pop())
    owner.refresh_from_db()
    assert (owner.email, addresses(owner)) == (NEW, {NEW: (True, True)})
    notice = mailoutbox[0]
    assert (notice.to, notice.subject) == ([OLD], "Gistline: Email Changed")
    assert f"changed from {OLD} to {NEW}" in notice.body


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_the_link_leads_to_the_public_address_whatever_host_was_asked(browser, mailoutbox, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    browser.client.post(reverse("account_email"), {"email": NEW, "action_add": ""}, headers={"Host": host})
    assert "https://sync.example.com/accounts/confirm-email/" in mailoutbox[0].body
    assert host not in mailoutbox[0].body


@pytest.mark.parametrize("confirmed", [True, False])
def test_no_address_becomes_primary_but_by_being_confirmed(browser, owner, confirmed):
    owner.emailaddress_set.update(verified=confirmed)
    owner.emailaddress_set.create(email=NEW, verified=False)
    browser.post("account_email", email=NEW, action_primary="")
    owner.refresh_from_db()
    assert (owner.email, addresses(owner)[NEW]) == (OLD, (False, False))


def test_an_address_that_was_never_confirmed_has_to_be_first(browser, owner, mailoutbox):
    owner.emailaddress_set.update(verified=False, primary=False)
    assert "It is not confirmed" in words(browser.get("account_email"))
    ask_for(browser)
    owner.refresh_from_db()
    assert (owner.email, list(addresses(owner))) == (OLD, [OLD])
    browser.post("account_email", email=OLD, action_send="")
    open_link(mailoutbox[0])
    assert addresses(owner) == {OLD: (True, True)}
    assert "It is not confirmed" not in words(browser.get("account_email"))


def test_the_address_in_use_is_not_taken_away(browser, owner):
    """Records of older versions: it was not primary, and another one would have taken its place unconfirmed."""
    owner.emailaddress_set.update(primary=False)
    ask_for(browser)
    browser.post("account_email", email=OLD, action_remove="")
    owner.refresh_from_db()
    assert (owner.email, OLD in addresses(owner)) == (OLD, True)


def test_a_change_is_taken_back_before_it_is_confirmed(browser, owner):
    ask_for(browser)
    browser.post("account_email", email=NEW, action_remove="")
    assert addresses(owner) == {OLD: (True, True)}


def test_the_address_of_somebody_else_is_refused(browser, owner, viewer):
    assert "already" in words(ask_for(browser, viewer.email))
    assert viewer.email not in addresses(owner)


def test_a_used_link_says_so(browser, owner, mailoutbox):
    ask_for(browser)
    mail = mailoutbox.pop()
    open_link(mail)
    where = re.search(r"https://sync\.example\.com(/\S+)", mail.body)[1]
    assert "This link no longer works" in words(Browser().client.get(where))


def test_without_a_mail_server_it_says_so_and_changes_nothing(browser, owner, settings, mailoutbox):
    settings.SENDS_EMAIL = False
    assert "No mail server is set up here" in words(browser.get("account_email"))
    ask_for(browser)
    assert (addresses(owner), mailoutbox) == ({OLD: (True, True)}, [])
    assert get_user(browser.client) == owner
