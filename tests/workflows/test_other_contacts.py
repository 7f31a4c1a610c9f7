"""A webhook of Gist names a contact and something that belongs to somebody else: nothing is done to that."""

import pytest
from django.utils import timezone

from integration.models import EventState, Execution, InboxEvent, PendingRead, Related

MEETING = {"meeting": {"id": 77, "scheduled_at": "2030-03-01T10:00:00Z", "title": "Check-up"}}
LATER = {"meeting": {"id": 77, "scheduled_at": "2030-03-02T10:00:00Z"}}


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


@pytest.fixture
def bob(stage):
    return stage.person("Bob Ray")


def refused():
    """The only execution that failed, with its sentence."""
    failed = Execution.objects.get(state="failed")
    return failed.message


def test_a_task_of_another_contact_is_not_completed(stage, ann, bob):
    stage.workflow("task_done")
    task = stage.task(bob[1])
    stage.trigger("workflow", ann[0], action="complete_task", task=task["id"])
    stage.settle()
    assert [one["completed"] for one in stage.tasks(bob[1])] == [False]
    assert "belongs to somebody else" in refused()


def test_a_task_that_gistline_knows_to_be_another_contact_s_is_not_either(stage, ann, bob):
    stage.workflow("task_done")
    task = stage.task(bob[1])
    stage.settle()  # By its webhook it is known as Bob's.
    stage.trigger("workflow", ann[0], task=task["id"])
    stage.settle()
    assert [one["completed"] for one in stage.tasks(bob[1])] == [False]


def test_a_request_that_names_one_contact_and_the_address_of_another_is_parked_with_words(stage, ann, bob):
    stage.workflow("task_done")
    tasks = [stage.task(ann[1]), stage.task(bob[1])]
    stage.trigger("workflow", ann[0], action="complete_task", task=tasks[0]["title"], email="bob@example.test")
    stage.settle()
    assert [one["completed"] for person in (ann, bob) for one in stage.tasks(person[1])] == [False, False]
    event = InboxEvent.objects.get(topic="workflow")
    assert (event.state, event.reason) == (EventState.PARKED, "names_two")
    assert "the e-mail address of another one" in event.message


@pytest.mark.parametrize("email", ["ann@example.test", " ANN@example.test ", "new-address@example.test"])
def test_their_own_address_or_an_unknown_one_beside_the_contact_is_fine(stage, ann, email):
    stage.workflow("task_done")
    task = stage.task(ann[1])
    stage.trigger("workflow", ann[0], action="complete_task", task=task["id"], email=email)
    stage.settle()
    assert [one["completed"] for one in stage.tasks(ann[1])] == [True]


@pytest.mark.parametrize(("topic", "body"), [("meeting_cancelled", MEETING), ("meeting_rescheduled", LATER)])
def test_a_meeting_of_another_contact_is_neither_moved_nor_cancelled(stage, ann, bob, topic, body):
    stage.workflow("meeting_booked")
    stage.trigger("meeting_scheduled", bob[0], **MEETING)
    stage.settle()
    (booked,) = stage.appointments(bob[1])
    stage.trigger(topic, ann[0], **body)
    stage.settle()
    (left,) = stage.appointments(bob[1])
    assert (left["appointmentStatus"], left["startTime"]) == (booked["appointmentStatus"], booked["startTime"])
    assert stage.appointments(ann[1]) == []
    assert "belongs to another contact" in refused()


@pytest.mark.parametrize("whose", ["own", "other"])
def test_a_note_is_added_to_a_conversation_of_this_contact_alone(stage, ann, bob, whose):
    owner = {"own": ann, "other": bob}[whose]
    talk = stage.world.gist("POST", "/conversations", json={"from": {"id": int(owner[0])}, "body": "Hello"})
    stage.settle()
    mate = str(stage.world.gist("GET", "/teammates")["teammates"][0]["id"])
    note = {"do": "gist.conversation_note", "values": {"body": "Called", "teammate_id": mate}}
    stage.workflow("contact_opened", {"triggers": [{"on": "gist.conversation_opened"}], "actions": [note]})
    number = talk["conversation"]["id"]
    stage.trigger("conversation_opened", ann[0], conversation={"id": number})
    stage.settle()
    messages = stage.world.gist("GET", f"/conversations/{number}/messages")["messages"]
    assert [one["message_type"] for one in messages].count("note") == (whose == "own")
    assert Execution.objects.get().state == ("done" if whose == "own" else "failed")


@pytest.mark.parametrize("deleted", [True, False])
def test_an_event_that_names_another_contact_does_not_make_a_task_deleted(stage, ann, bob, deleted):
    task = stage.task(bob[1])
    stage.settle()
    now = timezone.now()
    PendingRead.objects.create(
        link=stage.link, kind="task", side="ghl", external_id=task["id"], contact_id=ann[1], deleted=deleted,
        first_at=now, due_at=now,
    )  # fmt: skip
    stage.settle()
    known = Related.objects.get(ghl_id=task["id"])
    assert (known.contact_id, known.deleted_at) == (bob[1], None)
