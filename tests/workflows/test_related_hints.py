"""What webhooks say about tasks, notes and appointments: in any order, late, twice, without a contact."""

import itertools
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Execution, InboxEvent, LogEntry, PendingRead, Related
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from integration.webhooks.unpack import unpack_events


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


@pytest.fixture
def quiet(stage, ann):
    """Nothing comes by itself."""
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    return stage


def heard(stage, topic, **body):
    InboxEvent.objects.create(provider="ghl", topic=topic, connection=stage.link.ghl, body=json.dumps(body).encode())


def listen(stage):
    unpack_events(stage.link)
    PendingRead.objects.update(due_at="2020-01-01T00:00:00Z", claimed_by_run=0)
    process_link(stage.link.pk, process_name(), 10)


def watch(stage, *keys):
    does = [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}]
    on = [{"on": f"ghl.{key}"} for key in keys]
    return stage.workflow("contact_opened", {"triggers": on, "actions": does})


def begun():
    return sorted(Execution.objects.values_list("trigger", flat=True))


TASKS = ("task_created", "task_completed", "task_deleted")


@pytest.mark.parametrize("order", [*itertools.permutations(["TaskCreate", "TaskComplete", "TaskCreate"])])
def test_task_events_in_any_order_and_twice_start_each_workflow_once(quiet, ann, order):
    watch(quiet, *TASKS)
    task = quiet.task(ann[1])
    quiet.world.ghl("PUT", f"/contacts/{ann[1]}/tasks/{task['id']}/completed", json={"completed": True})
    for topic in order:
        heard(quiet, topic, id=task["id"], title="Call back", **({"contactId": ann[1]} if "Comp" in topic else {}))
        listen(quiet)
    assert begun() == ["ghl.task_completed", "ghl.task_created"]
    assert Related.objects.get(kind="task").base["completed"] is True


@pytest.mark.parametrize("order", [*itertools.permutations(["TaskCreate", "TaskComplete", "TaskDelete"])])
def test_a_task_that_is_gone_is_gone_whatever_is_said_of_it_later(quiet, ann, order):
    watch(quiet, *TASKS)
    task = quiet.task(ann[1])
    heard(quiet, "TaskCreate", id=task["id"], title="Call back")
    listen(quiet)
    quiet.world.ghl("DELETE", f"/contacts/{ann[1]}/tasks/{task['id']}")
    for topic in order:
        heard(quiet, topic, id=task["id"], contactId=ann[1])
        listen(quiet)
    assert begun() == ["ghl.task_created", "ghl.task_deleted"]
    assert Related.objects.get(kind="task").deleted_at
    assert not PendingRead.objects.exists()


def test_a_task_whose_contact_the_search_shows_late_is_found_later(quiet, ann):
    watch(quiet, *TASKS)
    task = quiet.task(ann[1])
    quiet.world.fault({"side": "ghl", "kind": "lag", "path": "tasks/search"})
    elsewhere = quiet.world.ghl("DELETE", f"/contacts/{ann[1]}/tasks/{task['id']}")
    assert elsewhere
    heard(quiet, "TaskCreate", id=task["id"], title="Call back")
    listen(quiet)
    waiting = PendingRead.objects.get(kind="task")
    assert waiting.due_at > timezone.now()
    assert begun() == []


def test_a_task_that_is_never_found_is_told_of_once(quiet, ann):
    heard(quiet, "TaskCreate", id="nowhere", title="Lost")
    listen(quiet)
    PendingRead.objects.update(first_at=timezone.now() - timedelta(days=3))
    listen(quiet)
    entry = LogEntry.objects.get(reason="no_contact")
    assert "Lost" in entry.message
    assert not PendingRead.objects.exists()


def test_a_task_deleted_before_its_contact_was_found_is_settled(quiet, ann):
    heard(quiet, "TaskCreate", id="short-lived", title="Gone soon")
    listen(quiet)
    heard(quiet, "TaskDelete", id="short-lived")
    listen(quiet)
    assert not PendingRead.objects.exists()


def test_a_note_or_appointment_without_a_contact_is_parked_or_read_by_its_id(quiet, ann):
    heard(quiet, "NoteCreate", id="n1")
    listen(quiet)
    assert InboxEvent.objects.latest("pk").reason == "names_nobody"


def book(stage, ghl_id):
    calendar = stage.world.ghl("GET", "/calendars/", params={"locationId": stage.world.location})["calendars"][0]
    body = {
        "calendarId": calendar["id"], "locationId": stage.world.location, "contactId": ghl_id, "title": "Check-up",
        "startTime": "2030-02-01T10:00:00Z", "ignoreFreeSlotValidation": True,
        "assignedUserId": calendar["teamMembers"][0]["userId"],
    }  # fmt: skip
    return stage.world.ghl("POST", "/calendars/events/appointments", json=body)


def change(stage, booked, **values):
    body = {"ignoreFreeSlotValidation": True, **values}
    stage.world.ghl("PUT", f"/calendars/events/appointments/{booked['id']}", json=body)


@pytest.mark.parametrize("wrong", [True, False])
def test_appointments_are_booked_moved_and_cancelled_whatever_the_event_is_called(stage, ann, wrong):
    stage.world.control("POST", "quirks", {"ghl_hook_appointment_type": wrong})
    watch(stage, "appointment_booked", "appointment_changed")
    booked = book(stage, ann[1])
    stage.settle()
    assert begun() == ["ghl.appointment_booked"]
    change(stage, booked, startTime="2030-02-02T10:00:00Z", endTime="2030-02-02T10:30:00Z")
    stage.settle()
    change(stage, booked, appointmentStatus="cancelled")
    stage.settle()
    assert begun() == ["ghl.appointment_booked", "ghl.appointment_changed", "ghl.appointment_changed"]


def test_an_appointment_that_was_never_read_and_is_moved_begins_the_workflow(quiet, ann):
    booked = book(quiet, ann[1])
    watch(quiet, "appointment_booked", "appointment_changed")
    added, updated = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
    told = {"id": booked["id"], "contactId": ann[1], "dateAdded": added, "dateUpdated": updated}
    for _ in range(2):
        heard(quiet, "AppointmentUpdate", appointment=told)
        listen(quiet)
    assert begun() == ["ghl.appointment_changed"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"id": None}, {"id": 7, "contactId": []}, {"id": "a/b", "contactId": "c"}, {"appointment": []},
        {"appointment": {"id": {}, "contactId": {}}}, {"data": []}, {"id": "x", "contactId": "c", "title": ["x"]},
        {"id": "x", "title": "\ud83d\u0000" + "t" * 1000},
    ],
    ids=lambda body: str(body)[:30].encode("ascii", "replace").decode(),
)  # fmt: skip
@pytest.mark.parametrize("topic", ["TaskCreate", "NoteUpdate", "AppointmentCreate", "TaskDelete"])
def test_events_of_any_shape_are_taken_in_or_parked(quiet, ann, topic, body):
    heard(quiet, topic, **body)
    listen(quiet)
    event = InboxEvent.objects.latest("pk")
    assert event.state == "done" or (event.state, bool(event.message)) == ("parked", True)
