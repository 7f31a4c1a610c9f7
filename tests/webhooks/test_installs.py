"""The app put into a location, and taken out of it."""

import json

import pytest

from integration.models import Connection, InboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def connected(ghl):
    ghl.company_id = "agency-1"
    ghl.credentials = {"access_token": "a", "refresh_token": "r"}
    ghl.save()
    return ghl


def send(sender, **facts):
    body = json.dumps(facts).encode()
    return sender.post(body, sender.signed(body)).status_code


def state_of(connection):
    connection.refresh_from_db()
    return connection.status, connection.credentials


def test_an_uninstall_drops_the_login_and_says_so(sender, connected, rung):
    assert send(sender, type="UNINSTALL", appId="app", locationId=sender.location) == 200
    assert state_of(connected) == ("disconnected", {})
    assert connected.status_reason.startswith("Uninstalled in GHL's marketplace")
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.connection, rung) == ("done", "uninstalled", connected, [])


def test_an_uninstall_of_the_agency_meets_all_its_locations(sender, connected):
    other = Connection.objects.create(key="b", name="B", provider="ghl", account_id="loc-b", company_id="agency-1")
    stranger = Connection.objects.create(key="c", name="C", provider="ghl", account_id="loc-c", company_id="agency-2")
    assert send(sender, type="UNINSTALL", appId="app", companyId="agency-1") == 200
    assert [state_of(one)[0] for one in (connected, other, stranger)] == ["disconnected", "disconnected", "new"]


def test_an_uninstall_of_one_location_leaves_the_rest_of_the_agency(sender, connected):
    other = Connection.objects.create(key="b", name="B", provider="ghl", account_id="loc-b", company_id="agency-1")
    send(sender, type="UNINSTALL", appId="app", locationId=sender.location, companyId="agency-1")
    assert [state_of(one)[0] for one in (connected, other)] == ["disconnected", "new"]


def test_a_repeat_does_not_undo_a_reconnect(sender, connected):
    send(sender, type="UNINSTALL", locationId=sender.location, webhookId="u1")
    connected.credentials = {"access_token": "new"}
    connected.set_status("ok")
    connected.save()
    assert send(sender, type="UNINSTALL", locationId=sender.location, webhookId="u1") == 200
    assert state_of(connected) == ("ok", {"access_token": "new"})


def test_a_forged_uninstall_does_nothing(sender, connected):
    body = json.dumps({"type": "UNINSTALL", "locationId": sender.location}).encode()
    assert sender.post(body, sender.signed(body + b" ")).status_code == 401
    assert state_of(connected)[0] == "ok"


def test_another_app_s_uninstall_does_nothing(sender, connected, settings):
    settings.GHL_CLIENT_ID = "ours-abc123"
    assert send(sender, type="UNINSTALL", appId="theirs", locationId=sender.location) == 200
    assert (state_of(connected)[0], InboxEvent.objects.get().reason) == ("ok", "other_app")
    assert send(sender, type="UNINSTALL", appId="ours", locationId=sender.location) == 200
    assert state_of(connected)[0] == "disconnected"


def test_an_install_is_recorded_and_nothing_else(sender, connected, rung):
    assert send(sender, type="INSTALL", appId="app", companyId="agency-1", locationId=sender.location) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, state_of(connected)[0], rung) == ("done", "installed", "ok", [])


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"type": "UNINSTALL"}, "unknown_location"),
        ({"type": "UNINSTALL", "appId": "theirs"}, "other_app"),
        ({"type": "INSTALL", "appId": "theirs"}, "other_app"),
    ],
)
def test_what_concerns_nobody_here_is_shown_as_turned_away(sender, settings, facts, reason):
    settings.GHL_CLIENT_ID = "ours-abc123"
    assert send(sender, locationId="elsewhere", **facts) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason) == ("refused", reason)
