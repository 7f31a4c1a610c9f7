"""Set-up checks: each is told when it fails, with its remedy, and goes by itself once it is mended."""

import json
from datetime import timedelta

import pytest
import requests
import time_machine
from django.utils import timezone

from integration.checks import check_link
from integration.checks.facts import read_due_facts, read_facts
from integration.connections.check import verify_connection
from integration.models import AlertChannel, Connection, ConnectionStatus, InboxEvent, Link
from integration.oauth import connect
from integration.providers.ghl import client as ghl_client
from integration.providers.ghl import locations
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.providers.http import Attempt
from integration.workflows import versions
from tests.command_output import Output
from tests.world import sync


def failing(link):
    link = Link.objects.select_related("gist", "ghl").get(pk=link.pk)
    return {one.check for one in check_link(link) if not one.ok}


def receive(connection, *topics):
    for topic in topics:
        facts = {"connection": connection, "provider": connection.provider, "topic": topic}
        InboxEvent.objects.create(**facts, state="done", body=b"")


@pytest.fixture
def sound(world, link, settings):
    """A link about which nothing is wrong."""
    AlertChannel.objects.create(kind="email", name="Team", address={"to": ["ops@example.test"]})
    link.default_country = "US"
    link.save()
    for connection in link.connections.values():
        verify_connection(connection)
    receive(link.gist, *(topic for topic in TOPICS))
    receive(link.ghl, "ContactCreate")
    sync(link, "full")
    return link


TOPICS = (
    "contact_created", "contact_tagged", "contact_untagged", "custom_property_value_updated", "contact_email_updated",
    "contact_unsubscribed_from_emails",
)  # fmt: skip


def workflow(link, on, do, **values):
    definition = {"triggers": [{"on": on}], "actions": [{"do": do, "values": values}]}
    return versions.create_workflow(link, "contact_opened", definition=definition, enabled=True)


def test_nothing_fails_of_a_sound_link(sound):
    assert failing(sound) == set()
    assert Output("checks", sound.key).failure == ""


def test_a_broken_login_is_the_first_thing_said(sound):
    sound.ghl.set_status(ConnectionStatus.RECONNECT, "GHL refused the login.")
    first = check_link(Link.objects.get())[0]
    assert (first.check, first.ok, first.button[0]) == ("login:ghl", False, "reconnect")
    assert "GHL refused the login." in first.remedy


def test_a_scope_that_was_not_granted_is_named(sound):
    sound.ghl.credentials = {"access_token": "a", "refresh_token": "r"}
    sound.ghl.scopes = " ".join(set(NEEDED_SCOPES) - {"calendars/events.write"})
    sound.ghl.save()
    assert failing(sound) == {"scope:calendars/events.write"}
    workflow(sound, "gist.tag_added", "ghl.tags.create", name="warm")
    assert failing(sound) == {"scope:calendars/events.write", "scope:locations/tags.write"}


def test_a_mapped_field_that_was_deleted_is_named_until_it_is_back(world, sound):
    fields = f"/locations/{world.location}/customFields"
    plan = next(one for one in world.ghl("GET", fields)["customFields"] if one["fieldKey"] == "contact.plan")
    world.ghl("DELETE", f"{fields}/{plan['id']}")
    assert failing(sound) == set()
    read_facts(Link.objects.get())
    assert failing(sound) == {"mapping:custom_properties.plan:customFields.plan"}
    world.ghl("POST", fields, json={"name": "Plan", "dataType": "TEXT"})
    read_facts(Link.objects.get())
    assert failing(sound) == set()


@pytest.mark.parametrize("side", ["gist", "ghl"])
def test_a_side_that_never_sent_a_webhook_is_told(sound, side):
    InboxEvent.objects.filter(provider=side).delete()
    assert failing(sound) == {f"webhooks:{side}"}


def test_topics_that_never_came_are_named(sound):
    InboxEvent.objects.filter(topic="contact_tagged").delete()
    (result,) = (one for one in check_link(Link.objects.get()) if not one.ok)
    assert "None came of: contact_tagged." in result.remedy
    assert result.misleads


def test_a_refused_webhook_does_not_count(sound):
    InboxEvent.objects.filter(provider="ghl").update(state="refused")
    assert failing(sound) == {"webhooks:ghl"}


def test_a_workflow_whose_webhook_never_came_is_told_until_it_comes(sound):
    flow = workflow(sound, "gist.meeting_scheduled", "note.create", body="Booked")
    assert failing(sound) == {f"workflow_webhooks:{flow.pk}"}
    receive(sound.gist, "meeting_scheduled")
    assert failing(sound) == set()


def test_an_assignee_who_left_is_told(world, sound):
    read_facts(sound)
    user = world.ghl("GET", "/users/", params={"locationId": world.location})["users"][0]["id"]
    flow = workflow(sound, "gist.tag_added", "task.create", title="Call", assigned_to=user)
    assert failing(sound) == set()
    left = {"do": "task.create", "values": {"title": "Call", "assigned_to": "gone"}}
    type(flow).objects.filter(pk=flow.pk).update(definition={**flow.definition, "actions": [left]})
    assert failing(sound) == {f"assignee:{flow.pk}:assigned_to"}


def test_a_calendar_without_a_member_is_told(world, sound):
    read_facts(sound)
    known = sound.ghl.settings["calendars"]["calendars"]
    one = next(iter(known))
    flow = workflow(
        sound, "gist.tag_added", "ghl.appointments.create", calendarId=one, startTime="2030-01-01T10:00:00Z"
    )
    assert failing(sound) == set()
    known[one]["members"] = 0
    sound.ghl.save()
    assert failing(sound) == {f"calendar:{flow.pk}:calendarId"}
    del known[one]
    known["other"] = {"name": "Other", "members": 1}
    sound.ghl.save()
    assert failing(sound) == {f"calendar:{flow.pk}:calendarId"}


def test_a_live_account_behind_plain_http_is_told(sound, settings):
    type(sound.ghl).objects.update(sandbox=False)
    assert failing(sound) == {"address"}
    settings.PUBLIC_URL = "https://sync.acme.test"
    assert failing(sound) == set()


def test_an_unknown_country_no_mail_server_and_no_first_run_mislead(world, link, settings):
    link.ghl.settings.pop("country", None)
    link.ghl.save()
    found = {one.check: one for one in check_link(Link.objects.get()) if not one.ok}
    assert {"country", "alerts", "first_run"} <= found.keys()
    assert all(found[key].misleads for key in ("country", "alerts", "first_run"))


@pytest.mark.parametrize(("age", "words"), [(75, ""), (80, "ends its 90 days in 10"), (95, "is past its 90 days")])
def test_a_private_token_near_its_end_is_told_before(age, words, sound):
    replaced = timezone.now() - timedelta(days=age)
    Connection.objects.filter(pk=sound.ghl_id).update(sandbox=False, token_refreshed_at=replaced)
    result = next(one for one in check_link(Link.objects.get()) if one.check == "private_token")
    assert (result.ok, words in result.title) == (not words, True)
    assert result.button[0] == ("reconnect" if words else "")


def test_a_private_token_that_is_entered_anew_is_new(sound):
    connect.save_private_token("pit-new", sound.ghl.account_id, "", sandbox=True, reconnect=sound.ghl)
    assert timezone.now() - Connection.objects.get(pk=sound.ghl_id).token_refreshed_at < timedelta(minutes=1)


@pytest.mark.parametrize(("ahead", "words"), [(3, ""), (-5, ""), (190, "190 s fast"), (-61, "61 s slow")])
def test_a_clock_that_is_wrong_by_more_than_a_minute_is_told(ahead, words, sound):
    sound.ghl.settings["clock_ahead"] = ahead
    sound.ghl.save()
    result = next(one for one in check_link(Link.objects.get()) if one.check == "clock")
    assert (result.ok, words in result.title, result.misleads) == (not words, True, False)


def test_an_answer_that_says_its_time_tells_by_how_much_our_clock_is_ahead():
    wire, answer = ghl_client.new_wire("https://api.example.test", 5), requests.Response()
    answer.status_code, answer._content = 200, b"{}"
    for date, expected in (("Mon, 23 Nov 2026 13:55:00 GMT", 300), ("nonsense", 300), ("", 300)):
        answer.headers["Date"] = date
        with time_machine.travel("2026-11-23T14:00:00+00:00", tick=False):
            wire._read_response(locations.GET(location_id="x"), answer, Attempt("", "GET", ""))
        assert wire.clock_ahead == expected


def test_a_link_without_a_mapping_fails(world, sound):
    sound.mapping_versions.all().delete()
    assert "mapping" in failing(sound)


def test_checking_asks_nobody(world, sound):
    world.forget_calls()
    check_link(Link.objects.get())
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_facts_are_read_once_a_day_also_when_the_account_does_not_answer(world, sound):
    world.fault({"side": "ghl", "kind": "expired_token"})
    assert read_due_facts() in (0, 1)
    world.forget_calls()
    assert read_due_facts() == 0
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_the_command_prints_an_object_a_line_and_fails(world, link):
    output = Output("checks", "--json")
    lines = [json.loads(line) for line in output.lines]
    assert {frozenset(line) for line in lines} == {frozenset({"check", "link", "ok", "title", "remedy"})}
    assert output.failure.startswith(f"{sum(not line['ok'] for line in lines)} checks fail")


def test_the_command_knows_no_other_link(world, link):
    assert "There is no link “nowhere”" in Output("checks", "nowhere").failure


@pytest.mark.parametrize(
    ("headers", "is_ours", "said"),
    [({"x-ghl-signature": "abc"}, True, True), ({}, True, False), ({"x-ghl-signature": "abc"}, False, False)],
)
def test_a_webhook_of_ghl_that_was_too_large_is_warned_of_for_a_week(sound, headers, is_ours, said):
    location = sound.ghl.account_id if is_ours else "other"
    body = json.dumps({"type": "NoteCreate", "locationId": location}).encode()
    facts = {"provider": "ghl", "state": "refused", "reason": "too_large", "headers": headers, "body": body}
    InboxEvent.objects.create(**facts)
    assert failing(sound) == ({"large_webhooks:ghl"} if said else set())
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert "large_webhooks:ghl" not in failing(sound)


def test_a_webhook_of_gist_that_was_too_large_is_warned_of(sound):
    facts = {"provider": "gist", "state": "refused", "reason": "too_large", "connection": sound.gist}
    InboxEvent.objects.create(**facts, body=b"")
    assert failing(sound) == {"large_webhooks:gist"}
