"""Ticks and green words about a login, after it broke, was taken back, or belongs to something else."""

import pytest

from integration.connections.check import verify_connection
from integration.connections.session import note_broken_login
from integration.errors import ReconnectRequired
from integration.models import Connection
from integration.providers.ghl.oauth import NEEDED_SCOPES
from tests.dashboard.browser import html, words

NEW_TOKEN = {"location_id": "A1derDenta1Group0001", "token": "pit-sandbox-alder", "sandbox": "on"}


def checklist(page):
    return words(page).partition("Is everything in place?")[2].partition("Status Login")[0]


@pytest.fixture
def checked(world, ghl):
    verify_connection(ghl)
    return ghl


def break_login(connection):
    note_broken_login(connection, ReconnectRequired("The private token was refused."))


def disconnect(connection):
    connection.set_status("disconnected")


@pytest.mark.parametrize("spoil", [break_login, disconnect])
def test_no_tick_outlives_the_login(as_viewer, checked, spoil):
    assert "Login accepted fine" in checklist(as_viewer.get("connection", checked.key))
    spoil(checked)
    page = checklist(as_viewer.get("connection", checked.key))
    assert "fine" not in page
    assert "needs you" in page
    assert "check is-ok" not in html(as_viewer.get("connection", checked.key))


def test_scopes_of_a_broken_login_are_not_called_granted(as_viewer, checked):
    Connection.objects.filter(pk=checked.pk).update(scopes=" ".join(NEEDED_SCOPES))
    assert "All granted" in words(as_viewer.get("connection", checked.key))
    break_login(checked)
    page = words(as_viewer.get("connection", checked.key))
    assert "All granted" not in page
    assert "Of the last login" in page


def test_a_login_that_broke_renews_nothing(as_viewer, checked):
    ends = checked.created_at
    Connection.objects.filter(pk=checked.pk).update(token_expires_at=ends, token_refreshed_at=ends)
    assert "Next renewal planned" in words(as_viewer.get("connection", checked.key))
    break_login(checked)
    assert "Next renewal planned" not in words(as_viewer.get("connection", checked.key))


def test_a_step_of_the_first_visit_is_done_only_by_a_login_that_works(as_operator, gist, ghl):
    assert html(as_operator.get("overview")).count("check is-ok") == 2
    break_login(ghl)
    gist.set_status("new")
    assert html(as_operator.get("overview")).count("check is-ok") == 0
    assert "Create the link" not in words(as_operator.get("overview"))


def test_a_location_that_the_token_does_not_open_is_told_as_such(as_operator, world):
    page = words(as_operator.post("connection_new_ghl", **{**NEW_TOKEN, "location_id": "elsewhere"}))
    assert "The location id and the login do not belong together" in page
    assert "scope" not in page.partition("Rehearse")[2].partition("Name")[0]


def test_a_check_of_a_login_for_another_location_leaves_no_green_word(as_operator, world, ghl):
    Connection.objects.filter(pk=ghl.pk).update(account_id="elsewhere")
    page = as_operator.go(as_operator.post("connection_check", ghl.key))
    assert "Signed in" not in words(page)
    assert "check is-ok" not in html(page)


@pytest.mark.parametrize("form", ["connection_new_ghl", "connection_reconnect"])
def test_a_wrong_token_is_told_as_wrong_and_not_as_to_be_reconnected(as_operator, world, ghl, form):
    arguments = [ghl.key] if form == "connection_reconnect" else []
    page = words(as_operator.post(form, *arguments, **{**NEW_TOKEN, "token": "pit-wrong"}))
    assert "This private token was refused. Copy the whole of it once more." in page
    assert "reconnect with it" not in page


def test_a_login_that_lacks_something_is_not_announced_as_connected(as_operator, world, monkeypatch):
    missing = ["contacts.write"]
    monkeypatch.setattr("integration.connections.check.missing_scopes", lambda connection: missing)
    monkeypatch.setattr(Connection, "uses_oauth", True)
    monkeypatch.setattr("integration.oauth.tokens.OAuthLogin.header", lambda self: "Bearer pit-sandbox-alder")
    monkeypatch.setattr("integration.oauth.connect._save_secret", _save_with_scopes)
    page = words(as_operator.go(as_operator.post("connection_new_ghl", **NEW_TOKEN)))
    assert "is connected." not in page
    assert "not everything works yet. One scope missing. Missing: contacts.write." in page


def _save_with_scopes(connection, credentials, name):
    connection.credentials, connection.scopes = credentials, "contacts.readonly"
    connection.save()
    return connection
