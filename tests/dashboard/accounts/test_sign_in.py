"""Signing in: by e-mail address and password; nobody makes an account by themselves."""

import pytest
from django.contrib.auth import get_user

from integration.demo import DEMO_EMAIL, DEMO_PASSWORD, switch_on_demo
from tests.dashboard.browser import html, words

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


@pytest.mark.parametrize("wrong", [{"password": "another-password"}, {"login": "stranger@gistline.example"}])
def test_a_wrong_address_or_password_gets_the_same_answer(as_nobody, owner, wrong):
    page = as_nobody.post("account_login", **{**RIGHT, **wrong})
    assert "This e-mail address and this password do not belong together." in words(page)
    assert not user_of(as_nobody).is_authenticated


def test_after_signing_in_one_lands_where_one_wanted_to_go(as_nobody, owner, run):
    wanted = as_nobody.get("run", run.pk)["Location"]
    assert as_nobody.client.post(wanted, {**RIGHT, "next": f"/runs/{run.pk}/"})["Location"] == f"/runs/{run.pk}/"


def test_signing_in_leads_nowhere_else(as_nobody, owner):
    answer = as_nobody.post("account_login", **RIGHT, next="https://evil.example/")
    assert answer["Location"] == "/"


def test_somebody_who_left_cannot_sign_in(as_nobody, owner):
    owner.is_active = False
    owner.save()
    as_nobody.post("account_login", **RIGHT)
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
