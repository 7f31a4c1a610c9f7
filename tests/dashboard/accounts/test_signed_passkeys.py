"""What a passkey signed counts for its account, for this installation's own address, and once."""

import json

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user

from tests.dashboard.accounts.authenticator import PRESENT, Passkey
from tests.dashboard.browser import Browser

pytestmark = pytest.mark.django_db
HOST, ORIGIN = "sync.example.com", "https://sync.example.com"
PASSWORD = "a-long-password"


@pytest.fixture(autouse=True)
def at_https(settings, empty_cache):
    settings.PUBLIC_URL, settings.HTTPS, settings.ALLOWED_HOSTS = ORIGIN, True, [HOST]
    empty_cache()


def browser(user=None):
    return Browser(user, SERVER_NAME=HOST)


def challenge(there):
    return there.client.session["mfa.webauthn.state"]["challenge"]


def add(user, **facts):
    """Adds a passkey as its page does; whether it was taken."""
    passkey = Passkey(**{"origin": ORIGIN, "rp_id": HOST, "user": user_pk_to_url_str(user), **facts})
    there = browser(user)
    there.post("account_reauthenticate", password=PASSWORD)
    there.get("mfa_add_webauthn")
    given = passkey.register(challenge(there))
    there.post("mfa_add_webauthn", name="Key", passwordless="on", credential=json.dumps(given))
    return passkey


def sign_in(passkey, signed=None):
    there = browser()
    there.client.get("/accounts/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    there.signed = signed or passkey.sign(challenge(there))
    there.post("mfa_login_webauthn", credential=json.dumps(there.signed))
    there.user = get_user(there.client)
    return there


def test_a_passkey_signs_in_alone_and_what_it_signed_counts_once(owner):
    passkey = add(owner)
    there = sign_in(passkey)
    assert there.user == owner
    assert not sign_in(passkey, there.signed).user.is_authenticated


FOREIGN = [
    "https://evil.sync.example.com", "https://sync.example.com:666", "http://sync.example.com", "https://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("origin", FOREIGN)
def test_what_was_signed_on_another_page_does_not_count(owner, origin):
    """A browser lets a page of a name below ours, which may be somebody else's, ask for our passkeys."""
    passkey = add(owner)
    passkey.origin = origin
    assert not sign_in(passkey).user.is_authenticated
    add(owner, origin=origin)
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_passkey_for_another_name_does_not_count(owner):
    passkey = add(owner)
    passkey.rp_id = "example.com"
    assert not sign_in(passkey).user.is_authenticated


def test_a_passkey_that_did_not_check_who_holds_it_signs_nobody_in_alone(owner):
    passkey = add(owner)
    passkey.flags = PRESENT
    assert not sign_in(passkey).user.is_authenticated
    add(owner, flags=PRESENT)
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_passkey_signs_in_its_own_account_alone(owner, viewer):
    passkey = add(viewer)
    add(owner)
    passkey.user = user_pk_to_url_str(owner)
    assert not sign_in(passkey).user.is_authenticated
    there = browser()
    there.post("account_login", login=owner.email, password=PASSWORD)
    there.get("mfa_authenticate")
    there.post("mfa_authenticate", credential=json.dumps(passkey.sign(challenge(there))))
    assert not get_user(there.client).is_authenticated


def test_it_is_a_second_step_after_the_password(owner):
    passkey = add(owner)
    there = browser()
    there.post("account_login", login=owner.email, password=PASSWORD)
    assert not get_user(there.client).is_authenticated
    there.get("mfa_authenticate")
    there.post("mfa_authenticate", credential=json.dumps(passkey.sign(challenge(there))))
    assert get_user(there.client) == owner


def test_one_that_signed_in_spares_nobody_else_the_second_step(owner, viewer):
    passkey = add(viewer)
    add(owner)
    there = sign_in(passkey)
    there.post("account_logout")
    there.post("account_login", login=owner.email, password=PASSWORD)
    assert not get_user(there.client).is_authenticated
