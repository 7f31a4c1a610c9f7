"""Keep in step, contact opened, meeting booked, tag bridge: what each template does as it comes."""

import pytest

from integration.errors import SetupError
from integration.models import Execution, LogEntry, Related
from integration.workflows import gist_events
from integration.workflows.templates import with_setup


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


MEETING = {"meeting": {"id": 77, "scheduled_at": "2030-03-01T10:00:00Z", "title": "Check-up"}}


@pytest.fixture
def meetings(stage):
    stage.workflow("meeting_booked")
    return stage


def test_a_changed_name_is_changed_in_open_tasks_and_the_next_appointment(stage, ann):
    _, ghl_id = ann
    stage.task(ghl_id, "Call Ann Lee")
    done = stage.task(ghl_id, "Welcome Ann Lee")
    stage.world.ghl("PUT", f"/contacts/{ghl_id}/tasks/{done['id']}/completed", json={"completed": True})
    book(stage, ghl_id, "Check-up Ann Lee")
    stage.settle()
    stage.workflow("keep_in_step")
    stage.world.ghl("PUT", f"/contacts/{ghl_id}", json={"firstName": "Anna", "lastName": "Lee"})
    stage.settle()
    assert [task["title"] for task in stage.tasks(ghl_id)] == ["Call Anna Lee", "Welcome Ann Lee"]
    assert [one["title"] for one in stage.appointments(ghl_id)] == ["Check-up Anna Lee"]


def test_a_new_owner_takes_over_open_tasks_and_the_next_appointment(stage, ann):
    _, ghl_id = ann
    stage.task(ghl_id, "Call back")
    book(stage, ghl_id, "Check-up")
    stage.settle()
    stage.workflow("keep_in_step")
    user = stage.world.ghl("GET", "/users/", params={"locationId": stage.world.location})["users"][0]["id"]
    stage.world.ghl("PUT", f"/contacts/{ghl_id}", json={"assignedTo": user})
    stage.settle()
    assert [task.get("assignedTo") for task in stage.tasks(ghl_id)] == [user]
    assert [one["assignedUserId"] for one in stage.appointments(ghl_id)] == [user]


def book(stage, ghl_id, title):
    calendar = stage.world.ghl("GET", "/calendars/", params={"locationId": stage.world.location})["calendars"][0]
    body = {
        "calendarId": calendar["id"], "locationId": stage.world.location, "contactId": ghl_id, "title": title,
        "startTime": "2030-02-01T10:00:00Z", "endTime": "2030-02-01T10:30:00Z", "ignoreFreeSlotValidation": True,
        "assignedUserId": calendar["teamMembers"][0]["userId"],
    }  # fmt: skip
    return stage.world.ghl("POST", "/calendars/events/appointments", json=body)


def test_an_opened_conversation_brings_what_gist_shows_up_to_date(stage, ann):
    gist_id, ghl_id = ann
    stage.workflow("contact_opened")
    stage.task(ghl_id, "Call back", "2030-01-02T10:00:00Z")
    stage.world.ghl("POST", f"/contacts/{ghl_id}/notes", json={"body": "Prefers mornings"})
    book(stage, ghl_id, "Check-up")
    sender = {"type": "contact", "id": int(gist_id)}
    stage.world.gist("POST", "/conversations", json={"from": sender, "body": "Hello"})
    stage.settle()
    shown = stage.carried(gist_id)
    assert (shown["ghl_open_tasks"], shown["ghl_next_task"], shown["ghl_last_note"]) == (
        1, "Call back", "Prefers mornings",
    )  # fmt: skip
    assert shown["ghl_next_appointment_at"] == 1_896_170_400
    assert shown["gistline_url"].endswith(f"/contacts/alder/gist/{gist_id}/")


def test_what_gist_shows_already_is_not_written_again(stage, ann):
    stage.workflow("contact_opened")
    for _ in range(2):
        stage.trigger("conversation_opened", ann[0])
        stage.settle()
        writes = stage.count("gist", "POST /contacts")
    assert LogEntry.objects.filter(kind="carried", outcome="unchanged").count() == 1
    assert stage.count("gist", "POST /contacts") == writes


def test_a_meeting_becomes_one_appointment_that_is_moved_and_cancelled_with_it(meetings, ann):
    gist_id, ghl_id = ann
    meetings.trigger("meeting_scheduled", gist_id, **MEETING)
    meetings.settle()
    (booked,) = meetings.appointments(ghl_id)
    assert (booked["title"], booked["appointmentStatus"]) == ("Check-up", "confirmed")
    moved = {"meeting": {**MEETING["meeting"], "scheduled_at": "2030-03-02T15:00:00Z"}}
    meetings.trigger("meeting_rescheduled", gist_id, **moved)
    meetings.settle()
    assert Related.objects.get(kind="appointment").base["start_at"] == "2030-03-02T15:00:00Z"
    meetings.trigger("meeting_cancelled", gist_id, **moved)
    meetings.settle()
    assert [one["appointmentStatus"] for one in meetings.appointments(ghl_id)] == ["cancelled"]


def test_a_meeting_whose_fields_stand_elsewhere_is_read_where_the_operator_points(meetings, ann, link):
    gist_events.save_fields(link.gist, {"meeting_id": "booking.ref", "start_at": "booking.when.0"})
    meetings.trigger("meeting_scheduled", ann[0], booking={"ref": "b7", "when": ["2030-03-01T10:00:00Z"]})
    meetings.settle()
    assert len(meetings.appointments(ann[1])) == 1


def test_a_meeting_without_a_start_is_refused_with_what_to_do(meetings, ann):
    meetings.trigger("meeting_scheduled", ann[0], meeting={"id": 1})
    meetings.settle()
    assert "“Meeting fields”" in Execution.objects.get(state="failed").message


@pytest.mark.parametrize("there", ["gist", "ghl"])
def test_a_tag_is_added_and_taken_off_on_the_other_side(stage, ann, link, there):
    link.mapping_versions.get().rows.filter(gist_field="tags").delete()
    stage.workflow("tag_bridge")
    tag(stage, ann, there, "POST")
    stage.settle()
    assert "vip" in tags(stage, ann, "ghl" if there == "gist" else "gist")
    tag(stage, ann, there, "DELETE")
    stage.settle()
    assert tags(stage, ann, "gist") == tags(stage, ann, "ghl") == []


def test_a_tag_in_gist_starts_the_ghl_workflow_that_was_picked(stage, ann, link):
    stage.workflow("tag_bridge", with_setup("tag_bridge", {"tag": "vip", "workflow_id": "welcome-1"}))
    stage.world.forget_calls()
    tag(stage, ann, "gist", "POST")
    stage.settle()
    assert stage.count("ghl", "POST /contacts/{contactId}/workflow/{workflowId}") == 1
    tag(stage, ann, "gist", "DELETE")
    stage.settle()
    assert stage.count("ghl", "DELETE /contacts/{contactId}/workflow/{workflowId}") == 1


def test_a_tag_in_ghl_subscribes_to_the_gist_campaign_that_was_picked(stage, ann, link):
    campaign = stage.world.gist("GET", "/campaigns")["campaigns"][0]

    def subscribers():
        return stage.world.gist("GET", f"/campaigns/{campaign['id']}")["campaign"]["active_subscriber_count"]

    before = subscribers()
    setup = {"tag": "vip", "campaign_id": str(campaign["id"])}
    stage.workflow("tag_bridge", with_setup("tag_bridge", setup))
    tag(stage, ann, "ghl", "POST")
    stage.settle()
    assert subscribers() == before + 1
    tag(stage, ann, "ghl", "DELETE")
    stage.settle()
    assert subscribers() == before
    tag(stage, ann, "ghl", "POST")
    stage.settle()
    # Who left the campaign is not put back by a tag.
    assert subscribers() == before


def test_a_workflow_is_picked_for_one_tag_only():
    with pytest.raises(SetupError, match="name the tag"):
        with_setup("tag_bridge", {"workflow_id": "welcome-1"})


def tag(stage, ann, side, method):
    if side == "ghl":
        stage.world.ghl(method, f"/contacts/{ann[1]}/tags", json={"tags": ["vip"]})
    elif method == "POST":
        stage.world.gist("POST", "/tags", json={"name": "vip", "contacts": [{"id": int(ann[0])}]})
    else:
        gone = {"name": "vip", "contacts": [{"id": int(ann[0]), "untag": True}]}
        stage.world.gist("POST", "/tags", json=gone)


def tags(stage, ann, side):
    if side == "ghl":
        return stage.world.ghl("GET", f"/contacts/{ann[1]}")["contact"]["tags"]
    return [one["name"] for one in stage.in_gist(ann[0])["tags"]]
