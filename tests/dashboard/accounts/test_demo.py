"""The demo stands open on this machine only: switched off, nothing of it is left to sign in with or to speak to."""

import pytest
from django.contrib.auth import get_user

from integration.connections.session import session_for
from integration.demo import DEMO_EMAIL, DEMO_PASSWORD, switch_off_demo, switch_on_demo
from integration.errors import ReconnectRequired
from integration.models import Connection
from tests.command_output import Output
from tests.dashboard.browser import Browser, words
from tests.test_upkeep_commands import checks
from tests.world import sync

pytestmark = pytest.mark.django_db
LOGIN = {"login": DEMO_EMAIL, "password": DEMO_PASSWORD}


@pytest.fixture
def demo_owner(django_user_model):
    assert switch_on_demo()
    return django_user_model.objects.get(email=DEMO_EMAIL)


@pytest.fixture
def as_demo(demo_owner) -> Browser:
    browser = Browser()
    browser.post("account_login", **LOGIN)
    assert get_user(browser.client) == demo_owner
    return browser


def signs_in(**login: str) -> bool:
    browser = Browser()
    browser.post("account_login", **(LOGIN | login))
    return bool(get_user(browser.client).is_authenticated)


@pytest.mark.parametrize("switched_off", [True, False], ids=["by up", "by the settings alone"])
def test_off_nobody_signs_in_and_sessions_end(as_demo, settings, switched_off):
    settings.DEMO = False
    if switched_off:
        switch_off_demo()
    assert not signs_in()
    assert as_demo.get("overview")["Location"].startswith("/accounts/login/")
    assert DEMO_PASSWORD not in words(as_demo.get("account_login"))


def test_on_again_the_login_works_and_sessions_of_before_stay_ended(as_demo, settings):
    switch_off_demo()
    assert switch_on_demo()
    assert not get_user(as_demo.client).is_authenticated
    assert signs_in()


def test_off_the_demo_s_password_opens_no_account_with_another_address(demo_owner, settings):
    demo_owner.email = "me@gistline.example"
    demo_owner.save()
    assert signs_in(login="me@gistline.example")
    settings.DEMO = False
    assert not signs_in(login="me@gistline.example")


def test_a_demo_owner_whom_a_person_switched_off_stays_off(demo_owner):
    demo_owner.is_active = False
    demo_owner.save()
    assert not switch_on_demo()


def test_nobody_else_may_choose_the_demo_s_password(as_owner):
    form = {"oldpassword": "a-long-password", "password1": DEMO_PASSWORD, "password2": DEMO_PASSWORD}
    assert "This is the demo's password" in words(as_owner.post("account_change_password", **form))


# Connections to the sandbox --------------------------------------------------------------------------------


def test_off_no_connection_to_the_sandbox_is_used(world, link, settings):
    world.gist_contact(email="ann@example.test")
    settings.DEMO = False
    world.forget_calls()
    run = sync(link)
    assert (run.status, "speaks to the sandbox, which is off" in run.error) == ("failed", True)
    assert world.calls() == {"gist": 0, "ghl": 0}


@pytest.mark.parametrize("key", ["alder-gist", "alder-ghl"])
def test_off_a_login_of_the_sandbox_is_sent_nowhere(link, settings, key):
    settings.DEMO = False
    login = session_for(Connection.objects.get(key=key)).login
    for ask in (login.header, lambda: login.renew("Bearer x")):
        with pytest.raises(ReconnectRequired, match="the sandbox, which is off"):
            ask()


def test_real_connections_do_not_care(link, settings):
    settings.DEMO = False
    Connection.objects.update(sandbox=False)
    switch_off_demo()
    connection = Connection.objects.get(key="alder-gist")
    assert (connection.status, session_for(connection).login.header()[:7]) == ("ok", "Bearer ")


def test_connections_say_why_they_rest_and_come_back_with_the_demo(link, as_owner):
    switch_off_demo()
    assert "speaks to the sandbox, which is off" in words(as_owner.get("connection", "alder-gist"))
    switch_on_demo()
    assert set(Connection.objects.values_list("status", flat=True)) == {"new"}


# doctor and up ---------------------------------------------------------------------------------------------


def on_the_internet(settings, **asked: bool) -> None:
    """As settings.py reads PUBLIC_URL=https://… and nothing else."""
    settings.PUBLIC_URL, settings.IS_LOCAL, settings.DEMO = "https://sync.example.com", False, False
    settings.ASKED_FOR = {"DEMO": False, "DEBUG": False, **asked}


def test_doctor_says_what_a_public_installation_lacks(settings):
    on_the_internet(settings)
    found = {name: detail for name, (ok, detail) in checks().items() if not ok}
    assert sorted(found) == ["owner", "proxies", "workers"]
    assert "Set ADMIN_EMAIL and ADMIN_PASSWORD" in found["owner"]
    assert "Set it to the address of the proxy" in found["proxies"]


def test_doctor_is_content_with_an_owner_who_is_not_the_demo_s(settings, demo_owner, django_user_model):
    on_the_internet(settings)
    assert not checks()["owner"][0]
    django_user_model.objects.create_user("ann@example.com", "correct-horse", role="owner")
    assert checks()["owner"][0]


@pytest.mark.parametrize("name", ["DEMO", "DEBUG"])
def test_what_is_for_this_machine_only_is_refused_on_a_public_address(settings, name):
    on_the_internet(settings, **{name: True})
    ok, detail = checks()[name.lower()]
    assert not ok
    assert detail.startswith(f"{name}=true is for this machine only: at https://sync.example.com")
    assert f"Set {name}=false" in Output("up").failure


@pytest.mark.parametrize(("set_up", "start"), [(True, "a mail server is set"), (False, "no mail server is set")])
def test_doctor_says_whether_mails_are_sent(settings, set_up, start):
    settings.SENDS_EMAIL = set_up
    assert checks()["mail"][1].startswith(start)


def test_doctor_says_whether_the_demo_is_on(settings):
    assert checks()["demo"] == (True, "on, with a password that everybody knows")
    settings.DEMO = False
    assert checks()["demo"] == (True, "off")
