"""The app put into a location, and taken out of it."""

import json

import pytest

from integration.models import Connection, InboxEvent

pytestmark = pytest.mark.django_db


SANDBOX, OURS = "sandbox-gistline", "ours-abc123"


@pytest.fixture
def connected(ghl, settings):
    """A live login through the app of the settings."""
    settings.GHL_CLIENT_ID, ghl.sandbox = OURS, False
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
    assert send(sender, type="UNINSTALL", appId="ours", locationId=sender.location) == 200
    assert state_of(connected) == ("disconnected", {})
    assert connected.status_reason.startswith("Uninstalled in GHL's marketplace")
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.connection, rung) == ("done", "uninstalled", connected, [])


def of_agency(key, company, **facts):
    return Connection.objects.create(
        key=key, name=key, provider="ghl", account_id=f"loc-{key}", company_id=company,
        **{"credentials": {"access_token": "a", "refresh_token": "r"}, **facts},
    )  # fmt: skip


def test_an_uninstall_of_the_agency_meets_all_its_locations_that_sign_in_by_the_app(sender, connected):
    other, stranger = of_agency("b", "agency-1"), of_agency("c", "agency-2")
    by_token = of_agency("d", "agency-1", credentials={"private_token": "t"})
    rehearsed = of_agency("e", "agency-1", sandbox=True)
    assert send(sender, type="UNINSTALL", appId="ours", companyId="agency-1") == 200
    left = [state_of(one)[0] for one in (connected, other, stranger, by_token, rehearsed)]
    assert left == ["disconnected", "disconnected", "new", "new", "new"]


def test_an_uninstall_of_one_location_leaves_the_rest_of_the_agency(sender, connected):
    other = of_agency("b", "agency-1")
    send(sender, type="UNINSTALL", appId="ours", locationId=sender.location, companyId="agency-1")
    assert [state_of(one)[0] for one in (connected, other)] == ["disconnected", "new"]


def test_a_repeat_does_not_undo_a_reconnect(sender, connected):
    uninstall = {"type": "UNINSTALL", "appId": "ours", "locationId": sender.location, "webhookId": "u1"}
    send(sender, **uninstall)
    connected.credentials = {"access_token": "new", "refresh_token": "new"}
    connected.set_status("ok")
    connected.save()
    assert send(sender, **uninstall) == 200
    assert state_of(connected) == ("ok", connected.credentials)


def test_a_forged_uninstall_does_nothing(sender, connected):
    body = json.dumps({"type": "UNINSTALL", "appId": "ours", "locationId": sender.location}).encode()
    assert sender.post(body, sender.signed(body + b" ")).status_code == 401
    assert state_of(connected)[0] == "ok"


NOT_OURS = {
    "another app": ({"appId": "theirs"}, OURS, "other_app"),
    "an app whose id begins like ours": ({"appId": "ours2"}, OURS, "other_app"),
    "no app": ({}, OURS, "no_app"),
    "an app without a name": ({"appId": ""}, OURS, "no_app"),
    "an app that is a list": ({"appId": ["ours"]}, OURS, "no_app"),
    "an app while we have none": ({"appId": "theirs"}, "", "other_app"),
    "no app while we have none": ({}, "", "no_app"),
    "the sandbox's app": ({"appId": SANDBOX}, OURS, "other_login"),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_an_uninstall_of_anything_but_our_app_is_kept_with_its_reason_and_drops_nothing(
    sender, connected, settings, case
):
    facts, settings.GHL_CLIENT_ID, reason = NOT_OURS[case]
    assert send(sender, type="UNINSTALL", locationId=sender.location, **facts) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason) == ("refused", reason)
    assert state_of(connected) == ("ok", {"access_token": "a", "refresh_token": "r"})


def test_the_sandbox_s_app_is_taken_out_of_the_sandbox_alone(sender, connected, settings):
    connected.sandbox = True
    connected.save()
    assert send(sender, type="UNINSTALL", appId="ours", locationId=sender.location) == 200
    assert state_of(connected)[0] == "ok"
    assert send(sender, type="UNINSTALL", appId=SANDBOX, locationId=sender.location) == 200
    assert state_of(connected)[0] == "disconnected"


def test_without_the_demo_nobody_speaks_for_the_sandbox(sender, connected, settings):
    settings.DEMO = False
    send(sender, type="UNINSTALL", appId=SANDBOX, locationId=sender.location)
    assert (state_of(connected)[0], InboxEvent.objects.get().reason) == ("ok", "other_app")


def test_a_private_token_has_nothing_to_do_with_the_app(sender, connected):
    connected.credentials = {"private_token": "t"}
    connected.save()
    send(sender, type="UNINSTALL", appId="ours", locationId=sender.location)
    assert state_of(connected) == ("ok", {"private_token": "t"})
    assert InboxEvent.objects.get().reason == "other_login"


def test_a_login_that_no_key_reads_any_more_is_dropped_too(sender, connected, settings):
    settings.ENCRYPTION_KEYS = ["q7Z9yq0wWnOJ6p8Jx4X1V0mW4Qe4x7c7v8tqYV0m3nE="]
    assert send(sender, type="UNINSTALL", appId="ours", locationId=sender.location) == 200
    assert state_of(connected)[0] == "disconnected"


@pytest.mark.parametrize("topic", ["ContactUpdate", "ContactDelete", "TaskComplete", "NoteCreate", "LocationUpdate"])
@pytest.mark.parametrize("names", [{"companyId": "agency-1"}, {}, {"companyId": "", "locationId": ""}])
def test_an_event_about_a_record_that_names_no_location_is_nobody_s(sender, connected, rung, topic, names):
    """The agency has many locations, and the record could be of any."""
    assert send(sender, type=topic, id="c1", contactId="c1", appId="ours", **names) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, event.connection, rung) == ("refused", "unknown_location", None, [])


def test_an_install_is_recorded_and_nothing_else(sender, connected, rung):
    assert send(sender, type="INSTALL", appId="ours", companyId="agency-1", locationId=sender.location) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason, state_of(connected)[0], rung) == ("done", "installed", "ok", [])


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"type": "UNINSTALL", "appId": "ours"}, "unknown_location"),
        ({"type": "UNINSTALL", "appId": "theirs"}, "other_app"),
        ({"type": "INSTALL", "appId": "theirs"}, "other_app"),
        ({"type": "INSTALL"}, "no_app"),
    ],
)
def test_what_concerns_nobody_here_is_shown_as_turned_away(sender, settings, facts, reason):
    settings.GHL_CLIENT_ID = OURS
    assert send(sender, locationId="elsewhere", **facts) == 200
    event = InboxEvent.objects.get()
    assert (event.state, event.reason) == ("refused", reason)
