"""What Gist can do, and the fields of the webhooks that it does not document."""

import json

import pytest

from integration.mapping.carried import PROPERTIES
from integration.models import InboxEvent
from integration.workflows import gist_events
from integration.workflows.capabilities import CAPABILITIES
from integration.workflows.triggers import TRIGGERS
from tests.dashboard.browser import html, words
from tests.dashboard.things import MARKUP

MEETING = {"appointment": {"ref": "m-7", "begins": "2030-01-02T10:00:00Z", "guests": [{"mail": "ann@example.test"}]}}


def receive(gist, topic="meeting_scheduled", body=MEETING):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboxEvent.objects.create(provider="gist", connection=gist, topic=topic, body=raw)


# What Gist can do ----------------------------------------------------------------------------------------


def test_every_property_that_is_written_stands_on_the_page(as_viewer):
    page = words(as_viewer.get("capabilities"))
    assert all(f"{one.name} {one.shows}" in page for one in PROPERTIES)


def test_every_way_to_begin_a_change_is_a_trigger_that_there_is(as_viewer):
    page = words(as_viewer.get("capabilities"))
    used = [way.trigger for one in CAPABILITIES for way in one.ways if way.trigger]
    assert used
    assert all(TRIGGERS[one.key] is one and one.key in page for one in used)


def test_each_object_is_told_with_what_it_costs_and_what_gist_cannot(as_viewer):
    page = words(as_viewer.get("capabilities"))
    assert all(one.cannot in page and all(way.costs in page for way in one.ways) for one in CAPABILITIES)
    assert "task-done:<id>" in page


# Fields of webhooks --------------------------------------------------------------------------------------


def test_before_a_meeting_came_the_page_says_what_to_do(as_viewer, gist):
    assert "then book a meeting with yourself" in words(as_viewer.get("connection_gist_fields", gist.key))


def test_the_last_body_is_shown_with_what_was_found_in_it(as_viewer, gist):
    receive(gist, body={"meeting": {"id": 7}})
    page = words(as_viewer.get("connection_gist_fields", gist.key))
    assert "In the last body: 7" in page
    assert "Not found in the last body." in page


def test_pointing_at_a_field_makes_the_fact_known(as_operator, gist):
    heard = receive(gist)
    as_operator.post(
        "connection_gist_fields", gist.key, meeting_id="appointment.ref", email="appointment.guests.0.mail"
    )
    gist.refresh_from_db()
    facts = gist_events.facts_of(heard.topic, MEETING, gist)
    assert (facts["meeting_id"], facts["email"]) == ("m-7", "ann@example.test")
    assert "In the last body: m-7" in words(as_operator.get("connection_gist_fields", gist.key))


def test_fields_that_somebody_else_saved_meanwhile_are_not_reverted(as_operator, as_owner, gist):
    shown = '{"meeting_id": "", "email": ""}'
    as_owner.post("connection_gist_fields", gist.key, meeting_id="appointment.ref")
    page = as_operator.post("connection_gist_fields", gist.key, email="guest", as_shown=shown)
    gist.refresh_from_db()
    assert (page.status_code, gist_events.meeting_fields_of(gist)) == (422, {"meeting_id": "appointment.ref"})
    assert "meeting_id was blank, is now appointment.ref" in words(page)
    assert 'value="guest"' in html(page)


def test_places_to_point_at_are_suggested(as_viewer, gist):
    receive(gist)
    assert '<option value="appointment.guests.0.mail">' in html(as_viewer.get("connection_gist_fields", gist.key))


@pytest.mark.parametrize("path", ["a..b", ".", "x" * 201])
def test_a_path_that_is_none_is_refused_in_words(as_operator, gist, path):
    page = as_operator.post("connection_gist_fields", gist.key, start_at=path)
    gist.refresh_from_db()
    assert (page.status_code, "is no path" in words(page), gist_events.meeting_fields_of(gist)) == (422, True, {})


def test_the_workflow_webhook_is_documented_with_an_example_to_copy(as_operator, gist):
    page = as_operator.get("connection_gist_fields", gist.key)
    assert all(meaning in words(page) for _, meaning, _ in gist_events.WORKFLOW_BODY)
    assert 'data-copy="workflow-example"' in html(page)
    assert "/workflow/" in words(page)


def test_the_secret_address_is_for_operators(as_viewer, gist):
    assert "/webhooks/gist/" not in html(as_viewer.get("connection_gist_fields", gist.key))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1, 2]", b'{"a": "' + b"x" * 20_000 + b'"}', b"[" * 50_000])
def test_a_body_of_any_kind_is_shown(as_viewer, gist, body):
    receive(gist, body=body)
    receive(gist, "workflow", body)
    assert as_viewer.get("connection_gist_fields", gist.key).status_code == 200


def test_markup_in_a_body_is_shown_as_text(as_operator, gist):
    receive(gist, body={MARKUP: MARKUP, "meeting": {"id": MARKUP}})
    page = html(as_operator.get("connection_gist_fields", gist.key))
    assert "&lt;script&gt;" in page
    assert MARKUP not in page


def test_a_ghl_connection_has_no_such_page(as_owner, ghl):
    assert as_owner.get("connection_gist_fields", ghl.key).status_code == 404


def test_the_connections_page_leads_there(as_operator, gist):
    assert "/gist-fields/" in html(as_operator.get("connection", gist.key))
