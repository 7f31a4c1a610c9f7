"""Values that nobody should send, in every field of every form: answered in words, never with a fault of ours."""

import pytest

from tests.dashboard.browser import Browser
from tests.dashboard.form_walk import Walk, addresses_that_take, fields_of, with_all_replaced, with_one_replaced
from tests.dashboard.hostile import SAVED, TEXTS, UNSTORABLE, bodies
from tests.dashboard.stage import begin_sign_ins, stage_everything

# Rights and refusals are the same on every database.
pytestmark = pytest.mark.one_engine

# Addresses that take a form and that no page of the walk shows, each with the reason.
NOT_REACHED = {
    "webhook_ghl": "no page sends it: tests/webhooks/test_hostile_bodies.py",
    "webhook_gist": "no page sends it: tests/webhooks/test_hostile_bodies.py",
    "guide_app_forget": "only where an app was entered, with which the sandbox's installs end: tests/dashboard/guide",
    "api_sync": "no page sends it: tests/dashboard/api/test_hostile_requests.py",
    "api_retry": "no page sends it: tests/dashboard/api/test_hostile_requests.py",
    "api_cancel": "no page sends it: tests/dashboard/api/test_hostile_requests.py",
    "mcp": "no page sends it: tests/dashboard/mcp/test_mcp_messages.py",
    "encryption_rotate": "only while secrets stand under an older key: tests/dashboard/settings/test_health_page.py",
    # allauth's own, which read what is sent by Django's forms; the guard before them is the same for all addresses.
    "invitation": "its form is behind a one-time address: tests/dashboard/people/test_invitations.py",
    "account_signup": "nobody signs up by themselves: the page holds no form",
    "account_inactive": "holds no form",
    "account_confirm_email": "its form is mailed",
    "account_confirm_login_code": "no codes are mailed",
    "account_email_verification_sent": "holds no form",
    "account_reset_password_done": "holds no form",
    "account_reset_password_from_key": "its form is mailed",
    "account_reset_password_from_key_done": "holds no form",
    "account_set_password": "only for somebody without a password",
    "usersessions_list": "only for somebody with two sessions",
    "mfa_index": "holds no form",
    "mfa_authenticate": "only for somebody with a second factor",
    "mfa_reauthenticate_webauthn": "only for somebody with a passkey: tests/dashboard/accounts/test_passkeys.py",
    "mfa_list_webauthn": "holds no form",
    "mfa_edit_webauthn": "only for somebody with a passkey",
    "mfa_remove_webauthn": "only for somebody with a passkey",
    "person_reset_factors": "only for somebody with a second factor: tests/dashboard/people/test_roles.py",
    "mfa_deactivate_totp": "only for somebody with a second factor",
    "mfa_reauthenticate": "only for somebody with a second factor",
    "mfa_download_recovery_codes": "only for somebody with a second factor",
    "mfa_view_recovery_codes": "only for somebody with a second factor",
}


@pytest.fixture
def starts(ann, settings) -> list[str]:
    # Without a mail server some pages hold a sentence in place of their form.
    settings.SENDS_EMAIL = True
    return stage_everything(ann)


@pytest.fixture
def walk(starts, owner) -> Walk:
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    # Pages of the second factor are for whoever has just given the password again.
    browser.post("account_reauthenticate", password="a-long-password")
    begin_sign_ins(browser)
    return Walk(browser, starts)


def faults_of(walk, sendings, fields_for):
    """Every sending that is answered with a fault of ours, and what was sent."""
    return [
        (sending.method, sending.path, {name: value[:60] for name, value in fields.items()})
        for sending in sendings
        for fields in fields_for(sending)
        if walk.submit(sending, fields).status_code >= 500
    ]


def bodies_that_are_faults(walk):
    return [
        (sending.path, case)
        for sending in walk.all_that("POST")
        for case, body in bodies(next(iter(fields_of(sending)), "a")).items()
        if walk.send("POST", sending.path, *body).status_code >= 500
    ]


def faults_whoever_sends(walk, *people):
    values = [TEXTS["deep object"], TEXTS["escaped surrogate"], UNSTORABLE[1]]
    walks = [Walk(Browser(person, raise_request_exception=False), []) for person in people]
    return [
        fault
        for theirs in walks
        for fault in faults_of(theirs, walk.all_that("POST"), lambda one: with_all_replaced(one, values))
    ]


def test_every_address_is_walked_and_nothing_that_is_sent_is_a_fault(walk, starts, operator, viewer):
    """In one test, for the walk through every page takes as long as sending to them."""
    stranger = Walk(Browser(), starts)
    reached = walk.reached("POST") | stranger.reached("POST")
    assert set(addresses_that_take("POST")) - reached == set(NOT_REACHED)
    posts, short = walk.all_that("POST"), [value for value in TEXTS.values() if len(value) < 5_000]
    assert len(posts) > 40
    faults = {
        "every value": faults_of(walk, posts, lambda one: with_all_replaced(one, list(TEXTS.values()))),
        "one value": faults_of(walk, posts, lambda one: with_one_replaced(one, SAVED)),
        "an address": faults_of(walk, walk.all_that("GET"), lambda one: with_all_replaced(one, [*short, *UNSTORABLE])),
        "a body": bodies_that_are_faults(walk),
        "somebody else": faults_whoever_sends(walk, operator, viewer, None),
    }
    assert {what: found for what, found in faults.items() if found} == {}
