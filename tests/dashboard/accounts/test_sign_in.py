"""Signing in: by e-mail address and password; nobody makes an account by themselves."""

from django.contrib.auth import get_user
from django.contrib.auth.hashers import get_hasher
from django.urls import reverse

from integration.demo import DEMO_EMAIL, DEMO_PASSWORD, switch_on_demo
from tests.dashboard.browser import Browser, html, words

RIGHT = {"login": "owner@gistline.example", "password": "a-long-password"}


def user_of(browser):
    return get_user(browser.client)


def test_the_right_password_opens_the_overview(as_nobody, owner):
    answer = as_nobody.post("account_login", **RIGHT)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert user_of(as_nobody) == owner


def test_capitals_in_the_address_do_not_matter(as_nobody, owner):
    as_nobody.post("account_login", **{**RIGHT, "login": "Owner@Gistline.EXAMPLE"})
    assert user_of(as_nobody) == owner


def test_a_wrong_address_or_password_gets_the_same_answer_for_the_same_work(
    as_nobody, owner, viewer, operator, monkeypatch
):
    """Were it sooner for strangers, it would tell who has an account: hashing is what takes the time."""
    viewer.set_unusable_password()
    viewer.save()
    operator.is_active = False
    operator.save()
    hashed, hasher = [], type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args, **more: hashed.append(1) or encode(*args, **more))
    answers = set()
    for email in (owner.email, viewer.email, operator.email, "stranger@gistline.example"):
        hashed.clear()
        page = as_nobody.post("account_login", login=email, password="another-password")
        answers.add((page.status_code, words(page), len(hashed)))
        assert not user_of(as_nobody).is_authenticated
    ((_, said, hashings),) = answers
    assert ("This e-mail address and this password do not belong together." in said, hashings) == (True, 1)


def test_after_signing_in_one_lands_where_one_wanted_to_go(as_nobody, owner, run):
    wanted = as_nobody.get("run", run.pk)["Location"]
    assert as_nobody.client.post(wanted, {**RIGHT, "next": f"/runs/{run.pk}/"})["Location"] == f"/runs/{run.pk}/"


def test_nobody_is_led_to_a_foreign_page_afterwards(owner):
    pages = {"account_login": RIGHT, "account_reauthenticate": RIGHT, "account_logout": {}}
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        for name, form in pages.items():
            browser = Browser(None if name == "account_login" else owner)
            answer = browser.client.post(reverse(name, query={"next": foreign}), {**form, "next": foreign})
            assert answer["Location"] in ("/", "/accounts/login/"), (name, foreign)


def test_somebody_who_left_cannot_sign_in(as_nobody, owner):
    owner.is_active = False
    owner.save()
    page = as_nobody.go(as_nobody.post("account_login", **RIGHT))
    assert "This account is deactivated You were not signed in. Ask an owner" in words(page)
    assert not user_of(as_nobody).is_authenticated


def test_guessing_passwords_is_slowed_down(as_nobody, owner):
    for _ in range(6):
        as_nobody.post("account_login", **{**RIGHT, "password": "a-guess"})
    page = as_nobody.post("account_login", **RIGHT)
    assert "Too many failed login attempts" in words(page)
    assert not user_of(as_nobody).is_authenticated


def test_sign_up_is_closed(as_nobody, django_user_model):
    form = {"email": "new@gistline.example", "password1": "a-long-password"}
    page = as_nobody.post("account_signup", **form)
    assert "closed" in words(page).lower()
    assert not django_user_model.objects.exists()


def test_the_sign_in_page_offers_no_sign_up(as_nobody):
    assert "/accounts/signup/" not in html(as_nobody.get("account_login"))


def test_the_demo_login_is_shown_while_there_is_one(as_nobody, settings):
    assert DEMO_EMAIL not in words(as_nobody.get("account_login"))
    switch_on_demo()
    page = words(as_nobody.get("account_login"))
    assert DEMO_EMAIL in page
    assert DEMO_PASSWORD in page
    settings.DEMO = False
    assert DEMO_EMAIL not in words(as_nobody.get("account_login"))


def test_signing_out_needs_a_post(as_owner):
    as_owner.get("account_logout")
    assert user_of(as_owner).is_authenticated
    as_owner.post("account_logout")
    assert not user_of(as_owner).is_authenticated
