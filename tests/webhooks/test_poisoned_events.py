"""One webhook that our own code fails at holds up none of those around it."""

import json

from integration.models import EventState, InboxEvent, PendingRead
from integration.webhooks import unpack
from tests.poison import Crash


def store(connection, contact_id):
    body = json.dumps({"id": contact_id}).encode()
    return InboxEvent.objects.create(provider="ghl", topic="ContactUpdate", connection=connection, body=body)


def read_ids():
    return sorted(PendingRead.objects.values_list("external_id", flat=True))


def test_an_event_that_cannot_be_read_is_parked_and_the_others_are_handled(link, ghl, monkeypatch):
    events = [store(ghl, f"contact{number}") for number in range(5)]
    real = unpack.subject_of

    def crashes(event):
        if event.pk == events[2].pk:
            raise Crash
        return real(event)

    monkeypatch.setattr(unpack, "subject_of", crashes)
    assert unpack.unpack_events(link) == 5
    assert read_ids() == ["contact0", "contact1", "contact3", "contact4"]
    events[2].refresh_from_db()
    assert (events[2].state, events[2].reason) == (EventState.PARKED, "internal")
    assert "fault of its own" in events[2].message
    assert not InboxEvent.objects.filter(state=EventState.WAITING).exists()


def test_an_event_whose_reading_cannot_be_stored_is_parked_and_the_others_are_handled(link, ghl, monkeypatch):
    for number in range(3):
        store(ghl, f"contact{number}")
    real = unpack._new_pending_read

    def crashes(link, subject, event):
        if subject.external_id == "contact1":
            raise Crash
        return real(link, subject, event)

    monkeypatch.setattr(unpack, "_new_pending_read", crashes)
    unpack.unpack_events(link)
    assert read_ids() == ["contact0", "contact2"]
    assert InboxEvent.objects.filter(state=EventState.PARKED).count() == 1


def test_a_workflow_that_cannot_begin_parks_its_event_alone(link, ghl, monkeypatch):
    def crashes(link, event, gist_id):
        if b"contact1" in bytes(event.body):
            raise Crash
        return False

    monkeypatch.setattr("integration.workflows.ghl_events.begin_workflows", crashes)
    for number in range(3):
        store(ghl, f"contact{number}")
    unpack.unpack_events(link)
    # Only its workflows did not begin: the record itself is read.
    assert read_ids() == ["contact0", "contact1", "contact2"]
    assert InboxEvent.objects.get(state=EventState.PARKED).reason == "internal"
