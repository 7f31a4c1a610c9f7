"""What is sent in place of a passkey opens nothing and is answered in words; tests/browser has the real ones."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user

from dashboard.accounts.passkey_forms import NOT_ACCEPTED, SignInByPasskey
from dashboard.people.roles import deactivate
from tests.dashboard.browser import Browser, words

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password"
SHAPE = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"}
ANSWERS = [
    {"clientDataJSON": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": handle}
    for handle in ("MQ", "", None, 1, "!", "enp6enp6enp6enp6eg")
]
JUNK = [
    "",
    "x",
    "null",
    "[]",
    "1",
    "{}",
    '"text"',
    "[" * 100_000,
    json.dumps({**SHAPE, "response": []}),
    json.dumps({**SHAPE, "response": {"clientDataJSON": "e30", "attestationObject": "AAAA"}}),
    *(json.dumps({**SHAPE, "response": answer}) for answer in ANSWERS),
]


def test_junk_in_place_of_a_passkey_signs_nobody_in(owner, empty_cache):
    for junk in JUNK:
        empty_cache()
        browser = Browser()
        browser.client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
        answer = browser.post("mfa_login_webauthn", credential=junk)
        assert NOT_ACCEPTED in words(browser.go(answer)), junk[:80]
        assert not get_user(browser.client).is_authenticated


def test_junk_in_place_of_a_passkey_is_not_added(owner):
    browser = Browser(owner)
    browser.post("account_reauthenticate", password=PASSWORD)
    for junk in JUNK:
        browser.get("mfa_add_webauthn")
        assert NOT_ACCEPTED in words(browser.post("mfa_add_webauthn", name="x", credential=junk)), junk[:80]
    assert not Authenticator.objects.exists()


def test_a_passkey_is_added_only_by_who_has_just_shown_that_it_is_them(owner):
    answer = Browser(owner).get("mfa_add_webauthn")
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_the_passkey_of_somebody_deactivated_signs_nobody_in(owner, viewer, monkeypatch):
    passkey = Authenticator.objects.create(user=viewer, type="webauthn", data={"name": "Blue key", "credential": {}})
    # As if the browser had sent what it signed.
    monkeypatch.setattr(SignInByPasskey, "clean_credential", lambda form: passkey)
    monkeypatch.setattr(Authenticator, "record_usage", lambda passkey: None)
    browser = Browser()
    assert browser.post("mfa_login_webauthn", credential=json.dumps(SHAPE), next="//evil.example")["Location"] == "/"
    assert get_user(browser.client) == viewer
    deactivate(viewer, owner)
    browser = Browser()
    assert NOT_ACCEPTED in words(browser.go(browser.post("mfa_login_webauthn", credential=json.dumps(SHAPE))))
    assert not get_user(browser.client).is_authenticated
