"""Tasks and appointments found by runs while no webhook comes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Execution
from integration.runs import read_related as run_read
from integration.webhooks.addresses import webhook_addresses
from tests.world import sync


@pytest.fixture
def ann(stage):
    person = stage.person("Ann Lee")
    stage.world.control("POST", "hooks", {"gist": None, "ghl": None})
    return person


TRIGGERS = ("task_created", "task_completed", "appointment_booked", "appointment_changed")


def watch(stage, *keys):
    does = [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}]
    on = [{"on": f"ghl.{key}"} for key in keys or TRIGGERS]
    return stage.workflow("contact_opened", {"triggers": on, "actions": does})


def begun():
    return sorted(Execution.objects.values_list("trigger", flat=True))


def read(stage):
    sync(stage.link, "incremental")


def done(stage, ghl_id, task):
    stage.world.ghl("PUT", f"/contacts/{ghl_id}/tasks/{task['id']}/completed", json={"completed": True})


def book(stage, ghl_id, start="2030-02-01T10:00:00Z"):
    calendar = stage.world.ghl("GET", "/calendars/", params={"locationId": stage.world.location})["calendars"][0]
    body = {
        "calendarId": calendar["id"], "locationId": stage.world.location, "contactId": ghl_id, "title": "Check-up",
        "startTime": start, "ignoreFreeSlotValidation": True, "ignoreDateRange": True,
        "assignedUserId": calendar["teamMembers"][0]["userId"],
    }  # fmt: skip
    return stage.world.ghl("POST", "/calendars/events/appointments", json=body)


def soon(days):
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT10:00:00Z")


def test_what_stood_there_before_is_no_news_however_often_it_is_read(stage, ann):
    stage.task(ann[1])
    done(stage, ann[1], stage.task(ann[1], "Done long ago"))
    book(stage, ann[1], soon(3))
    watch(stage)
    for _ in range(3):
        read(stage)
    assert begun() == []


def test_a_new_task_its_completion_and_a_new_appointment_begin_workflows_once(stage, ann):
    watch(stage)
    read(stage)
    task = stage.task(ann[1])
    booked = book(stage, ann[1], soon(3))
    for _ in range(2):
        read(stage)
    assert begun() == ["ghl.appointment_booked", "ghl.task_created"]
    done(stage, ann[1], task)
    moved = {"startTime": soon(4), "ignoreFreeSlotValidation": True, "ignoreDateRange": True}
    stage.world.ghl("PUT", f"/calendars/events/appointments/{booked['id']}", json=moved)
    for _ in range(2):
        read(stage)
    assert begun() == [
        "ghl.appointment_booked", "ghl.appointment_changed", "ghl.task_completed", "ghl.task_created",
    ]  # fmt: skip


def test_a_dry_run_takes_no_news_of_tasks_and_leaves_it_to_a_real_one(stage, ann):
    watch(stage)
    read(stage)
    stage.task(ann[1])
    sync(stage.link, "incremental", dry_run=True)
    assert begun() == []
    read(stage)
    assert begun() == ["ghl.task_created"]


def test_a_task_completed_after_the_first_reading_begins_the_workflow_once(stage, ann):
    task = stage.task(ann[1])
    watch(stage)
    read(stage)
    done(stage, ann[1], task)
    for _ in range(2):
        read(stage)
    assert begun() == ["ghl.task_completed"]


def test_a_completion_that_a_run_saw_first_is_not_told_again_by_its_webhook(stage, ann):
    task = stage.task(ann[1])
    watch(stage)
    read(stage)
    hooked_up(stage)
    done(stage, ann[1], task)
    read(stage)
    stage.settle()
    assert begun() == ["ghl.task_completed"]


def hooked_up(stage):
    hooks = {
        "account": "alder",
        "ghl": webhook_addresses(stage.link.ghl)["ghl"],
        "gist": webhook_addresses(stage.link.gist),
    }
    stage.world.control("POST", "hooks", hooks)


def test_what_happened_while_no_workflow_watched_is_no_news(stage, ann):
    flow = watch(stage)
    read(stage)
    flow.enabled = False
    flow.save()
    stage.task(ann[1])
    read(stage)
    flow.enabled = True
    flow.save()
    for _ in range(2):
        read(stage)
    assert begun() == []


def test_an_appointment_that_comes_near_is_not_taken_for_a_new_one(stage, ann, monkeypatch):
    book(stage, ann[1], soon(20))
    watch(stage)
    with monkeypatch.context() as patch:
        patch.setattr(run_read, "AHEAD", run_read.AHEAD / 10)
        read(stage)
    stage.link.refresh_from_db()
    stage.link.cursors["related_appointment"] = soon(1)  # It was made long before that.
    stage.link.save()
    for _ in range(2):
        read(stage)
    assert begun() == []


def test_the_location_is_read_only_while_a_workflow_waits_for_it(stage, ann):
    watch(stage, "note_added")
    stage.world.forget_calls()
    read(stage)
    assert stage.count("ghl", "POST /locations/{locationId}/tasks/search") == 0
    assert stage.count("ghl", "GET /calendars/events") == 0
