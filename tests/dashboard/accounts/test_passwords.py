"""A forgotten password, and a changed one."""

import re
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from tests.dashboard.browser import Browser, html, words

OLD, NEW = "a-long-password", "another-long-password"
EMAIL = "owner@gistline.example"


@pytest.fixture
def sends_email(settings):
    settings.SENDS_EMAIL, settings.PUBLIC_URL = True, "https://sync.example.com"


@pytest.fixture
def ask(as_nobody, sends_email):
    """Asks for a link at the sign-in page."""
    return lambda email, **headers: as_nobody.client.post(
        reverse("account_reset_password"), {"email": email}, headers=headers
    )


def address_in(mail) -> str:
    return re.search(r"https?://\S+", mail.body)[0]


def test_a_forgotten_password_is_not_told_apart_from_an_unknown_address(ask, owner, mailoutbox):
    answers = [ask(email)["Location"] for email in (EMAIL, "stranger@gistline.example")]
    assert answers[0] == answers[1]
    assert [mail.to for mail in mailoutbox] == [[EMAIL], ["stranger@gistline.example"]]
    assert "http" not in mailoutbox[1].body


def test_the_link_in_the_mail_sets_a_new_password(ask, owner, mailoutbox):
    ask(EMAIL)
    browser = Browser()
    form = browser.client.get(address_in(mailoutbox[0]).removeprefix("https://sync.example.com"), follow=True)
    browser.client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    browser.post("account_login", login=EMAIL, password=NEW)
    assert get_user(browser.client) == owner


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example", "sync.example.com:666"])
def test_links_in_mails_lead_to_the_public_address_whatever_host_was_asked(ask, owner, mailoutbox, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    for email in (EMAIL, "stranger@gistline.example"):
        ask(email, Host=host)
    assert address_in(mailoutbox[0]).startswith("https://sync.example.com/accounts/password/reset/key/")
    for mail in mailoutbox:
        assert host not in f"{mail.subject}{mail.body}".replace("https://sync.example.com/", "")


def test_an_address_that_is_not_confirmed_gets_no_link(ask, owner, mailoutbox):
    owner.emailaddress_set.create(email="thief@evil.example", verified=False)
    ask("thief@evil.example")
    owner.emailaddress_set.filter(email=EMAIL).update(verified=False)
    ask(EMAIL)
    assert mailoutbox == []


def test_somebody_made_on_the_machine_gets_a_link(ask, mailoutbox, django_user_model):
    django_user_model.objects.create_superuser("Ann@Example.COM", OLD)
    ask("ann@example.com")
    assert address_in(mailoutbox[0])


# Without a mail server ------------------------------------------------------------------------------------


def test_without_a_mail_server_the_pages_say_what_to_do_and_nothing_is_written(as_nobody, owner, mailoutbox, capfd):
    for page in (as_nobody.get("account_login"), as_nobody.get("account_reset_password")):
        assert "by e-mail is not set up here" in words(page)
        assert "manage.py changepassword" in words(page)
    answer = as_nobody.post("account_reset_password", email=EMAIL)
    assert "by e-mail is not set up here" in words(answer)
    assert (mailoutbox, *capfd.readouterr()) == ([], "", "")


def test_with_a_mail_server_they_offer_the_link(as_nobody, sends_email):
    assert "Forgot your password?" in words(as_nobody.get("account_login"))
    for page in (as_nobody.get("account_login"), as_nobody.get("account_reset_password")):
        assert "is not set up here" not in words(page)
    assert 'name="email"' in html(as_nobody.get("account_reset_password"))


# Changing it ----------------------------------------------------------------------------------------------


def test_a_changed_password_ends_all_other_sessions_and_is_told_by_mail(owner, sends_email, mailoutbox):
    mine, other = Browser(owner), Browser(owner)
    mine.post("account_change_password", oldpassword=OLD, password1=NEW, password2=NEW)
    assert get_user(mine.client) == owner
    assert not get_user(other.client).is_authenticated
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([EMAIL], "Gistline: Password Changed")]
    assert "Was it not you?" in mailoutbox[0].body


@pytest.fixture
def mail_server_down(sends_email, monkeypatch):
    """It names whom it does not take."""

    def fail(backend, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (451, b"try again")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)


def test_a_mail_server_that_is_down_undoes_nothing_and_is_told(owner, mail_server_down, caplog):
    browser = Browser(owner)
    form = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    page = browser.go(browser.post("account_change_password", **form))
    assert "The mail server does not take mails at the moment" in words(page)
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert ("SMTPRecipientsRefused" in caplog.text, "@" in caplog.text) == (True, False)


def test_a_mail_server_that_is_down_tells_nobody_who_has_an_account(ask, as_nobody, owner, mail_server_down):
    pages = [words(as_nobody.go(ask(email))) for email in (EMAIL, "stranger@gistline.example")]
    assert "The mail server does not take mails at the moment" in pages[0]
    assert pages[0] == pages[1]


def test_the_password_is_not_changed_without_the_old_one(as_owner, owner):
    as_owner.post("account_change_password", oldpassword="a-guess", password1=NEW, password2=NEW)
    owner.refresh_from_db()
    assert owner.check_password(OLD)
