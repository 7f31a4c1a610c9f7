"""Second factors: their secrets stand encrypted, under the same keys as all others."""

import hmac
import json
import struct
import time
from base64 import b32decode
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.auth import get_user
from django.core.cache import cache

from dashboard.accounts.second_factor import Adapter
from integration.models.fields import UndecryptableValue
from tests.command_output import Output
from tests.dashboard.browser import Browser, words
from tests.test_upkeep_commands import checks

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PASSWORD = "a-long-password"
CLEAR = {"totp": {"secret": "JBSWY3DPEHPK3PXP"}, "recovery_codes": {"seed": "ab" * 40, "used_mask": 0}}


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def stored() -> str:
    return json.dumps(list(Authenticator.objects.values_list("data", flat=True)))


def signs_in(owner, code: str) -> bool:
    browser = Browser()
    browser.post("account_login", login=owner.email, password=PASSWORD)
    assert not get_user(browser.client).is_authenticated
    browser.post("mfa_authenticate", code=code)
    return get_user(browser.client) == owner


@pytest.fixture
def clear_factors(owner, settings, empty_cache):
    """As an earlier version stored them."""
    settings.ENCRYPTION_KEYS = [OLD]
    for kind, data in CLEAR.items():
        Authenticator.objects.create(user=owner, type=kind, data=data)
    # A code counts once; tests share the minute.
    empty_cache()


def test_what_is_stored_of_an_authenticator_app_makes_no_codes(owner, empty_cache):
    browser = Browser(owner)
    browser.post("account_reauthenticate", password=PASSWORD)
    browser.get("mfa_activate_totp")
    secret = browser.client.session["mfa.totp.secret"]
    browser.post("mfa_activate_totp", code=code_of(secret))
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp"]
    assert secret not in stored()
    for factor in Authenticator.objects.all():
        assert {name: value[:6] for name, value in factor.data.items() if isinstance(value, str)} == {
            "secret" if factor.type == "totp" else "seed": "gAAAAA"
        }
    empty_cache()
    assert signs_in(owner, code_of(secret))
    assert signs_in(owner, Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0])


def test_whoever_has_one_may_show_it_instead_of_the_password(clear_factors, owner):
    browser = Browser(owner)
    assert "Use a code" in words(browser.get("account_reauthenticate"))
    assert "Is it you?" in words(browser.get("mfa_reauthenticate"))
    browser.post("mfa_reauthenticate", code=code_of(CLEAR["totp"]["secret"]))
    assert browser.get("mfa_deactivate_totp").status_code == 200


def test_what_an_earlier_version_stored_works_and_is_encrypted_when_it_is_upgraded(clear_factors, owner, empty_cache):
    assert signs_in(owner, code_of(CLEAR["totp"]["secret"]))
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    migration = import_module("dashboard.migrations.0005_encrypt_second_factors")
    for _ in range(2):
        migration.encrypt_second_factors(apps, None)
    assert "JBSWY3DPEHPK3PXP" not in stored()
    assert "abab" not in stored()
    empty_cache()
    assert signs_in(owner, code_of(CLEAR["totp"]["secret"]))
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == codes


def test_doctor_finds_secrets_in_the_clear_and_rotate_keys_encrypts_them(clear_factors, owner):
    assert checks()["keys"] == (False, "2 secrets stand in the clear. Run `manage.py rotate_keys`.")
    assert Output("rotate_keys", "--json").json == {"rotated": 2, "current": 0, "unreadable": 0}
    # The third is the key of the audit trail, in which the command has a line.
    assert checks()["keys"] == (True, "3 stored secrets can be read")
    assert "JBSWY3DPEHPK3PXP" not in stored()
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 0


def test_rotated_factors_are_read_with_the_newest_key_alone(clear_factors, owner, settings):
    Output("rotate_keys")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert Output("rotate_keys", "--json").json == {"rotated": 3, "current": 0, "unreadable": 0}
    assert Output("rotate_keys", "--json").json == {"rotated": 0, "current": 3, "unreadable": 0}
    settings.ENCRYPTION_KEYS = [NEW]
    assert signs_in(owner, code_of(CLEAR["totp"]["secret"]))


def test_codes_from_another_library_and_keys_on_a_stick_are_rotated_or_left(owner, settings):
    settings.ENCRYPTION_KEYS = [NEW]
    Authenticator.objects.create(user=owner, type="recovery_codes", data={"migrated_codes": ["abc1", "abc2"]})
    public = {"name": "Stick", "credential": {"id": "public"}}
    Authenticator.objects.create(user=owner, type="webauthn", data=public)
    assert Output("rotate_keys", "--json").json["rotated"] == 2
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == ["abc1", "abc2"]
    assert Authenticator.objects.get(type="webauthn").data == public


def test_factors_whose_key_is_gone_are_named_and_left(clear_factors, settings):
    Output("rotate_keys")
    before = stored()
    settings.ENCRYPTION_KEYS = [NEW]
    assert Output("rotate_keys", "--json").json["unreadable"] == 3
    assert not checks()["keys"][0]
    assert stored() == before
    with pytest.raises(UndecryptableValue, match="cannot be read with the keys in ENCRYPTION_KEYS"):
        Adapter().decrypt(Authenticator.objects.get(type="totp").data["secret"])


def test_a_crowd_of_strangers_makes_no_room_for_more_tries_and_no_used_code_new(clear_factors, owner):
    """What is counted stands in the cache, of which the rows that end first make room for others."""
    for _ in range(5):
        signs_in(owner, "000000")
    for number in range(400):
        cache.add(f"stranger-{number}", "1", timeout=300)
    assert not signs_in(owner, code_of(CLEAR["totp"]["secret"]))
