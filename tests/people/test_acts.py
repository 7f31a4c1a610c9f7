"""What a person does on the contact page: carried out at once in GHL, on record, and refused with a sentence."""

import pytest
from django.utils import timezone

from integration.connections.session import exchange_for_link
from integration.errors import Gone, ProviderError, Rejected, SetupError
from integration.models import Execution, LogEntry, Related
from integration.moments import utc_text
from integration.people import commands, directory
from integration.people.read import read_live


def last():
    return LogEntry.objects.latest("pk")


def test_a_ticked_task_is_completed_in_ghl_and_on_record(ann, operator):
    task = ann.task()
    commands.tick_task(ann.known, task, True, operator)
    assert ann.tasks()[0]["completed"] is True
    entry = last()
    assert (entry.kind, entry.external_id, entry.outcome, entry.ghl_id) == ("task", task, "updated", ann.ghl_id)
    assert entry.message == "Task “Call Ann” was completed."
    assert (entry.run.started_by, entry.run.trigger, entry.run.api_calls) == (operator, "page", {"ghl": 2})


def test_a_task_can_be_reopened(ann, operator):
    task = ann.task()
    for done in (True, False):
        commands.tick_task(ann.known, task, done, operator)
    assert ann.tasks()[0]["completed"] is False
    assert last().message == "Task “Call Ann” was reopened."


def test_ticking_what_is_ticked_writes_nothing(ann, world, operator):
    task = ann.task(completed=True)
    world.forget_calls()
    assert commands.tick_task(ann.known, task, True, operator).outcome == "unchanged"
    assert world.calls()["ghl"] == 1


def test_reading_the_page_and_ticking_is_no_second_news(ann, operator):
    task = ann.task()
    read_live(ann.known)
    commands.tick_task(ann.known, task, True, operator)
    read_live(ann.known)
    assert Related.objects.get(ghl_id=task).base["completed"] is True
    assert Execution.objects.count() == 0


def test_a_task_is_added_with_everything_that_was_given(ann, operator):
    user = ann.world.ghl("GET", f"/users/?locationId={ann.world.location}")["users"][0]
    values = {"title": "Send papers", "body": "By post", "due_at": "2030-01-02T15:00:00Z", "assigned_to": user["id"]}
    commands.add_record(ann.known, "task", values, operator)
    (task,) = ann.tasks()
    assert (task["title"], task["body"], task["assignedTo"]) == ("Send papers", "By post", user["id"])
    assert last().message == "Task “Send papers” was added."


def test_a_task_without_a_title_is_refused_before_anything_is_sent(ann, world, operator):
    world.forget_calls()
    with pytest.raises(Rejected, match="needs a title"):
        commands.add_record(ann.known, "task", {"title": " "}, operator)
    assert world.calls()["ghl"] == 0
    assert not LogEntry.objects.filter(kind="task").exists()


def test_a_task_given_to_somebody_who_left_is_refused(ann, operator):
    with pytest.raises(Rejected, match="no longer works"):
        commands.add_record(ann.known, "task", {"title": "Call", "assigned_to": "gone123"}, operator)
    assert ann.tasks() == []


def test_an_edit_writes_what_changed_and_a_blank_empties(ann, operator):
    task = ann.task(body="Long story")
    commands.edit_record(ann.known, "task", task, {"title": "Ring Ann", "body": None}, operator)
    (held,) = ann.tasks()
    assert (held["title"], held.get("body")) == ("Ring Ann", None)
    assert last().message == "Task “Call Ann” was changed: title, text."


def test_an_edit_does_not_write_over_what_ghl_changed_meanwhile(ann, operator):
    task = ann.task("As GHL has it now")
    with pytest.raises(Rejected, match="changed in GHL meanwhile, to “As GHL has it now”"):
        commands.edit_record(
            ann.known, "task", task, {"title": "Mine"}, operator, shown={"title": "As the form had it"}
        )
    assert ann.tasks()[0]["title"] == "As GHL has it now"


def test_a_task_keeps_a_title_and_a_due_date(ann, operator):
    task = ann.task()
    for field, words in (("title", "needs a title"), ("due_at", "always has a due date")):
        with pytest.raises(Rejected, match=words):
            commands.edit_record(ann.known, "task", task, {field: ""}, operator)


def test_a_task_is_deleted_and_the_page_no_longer_knows_it(ann, operator):
    task = ann.task()
    read_live(ann.known)
    commands.delete_record(ann.known, "task", task, operator)
    assert ann.tasks() == []
    assert Related.objects.get(ghl_id=task).deleted_at
    assert last().message == "Task “Call Ann” was deleted."


def test_another_contact_s_task_is_out_of_reach(ann, world, operator):
    bob = world.ghl_contact(firstName="Bob", email="bob@example.test")
    body = {"title": "Bob's", "dueDate": "2030-01-02T15:00:00Z", "completed": False}
    task = world.ghl("POST", f"/contacts/{bob['id']}/tasks", json=body)["task"]["id"]
    for act in (
        lambda: commands.tick_task(ann.known, task, True, operator),
        lambda: commands.delete_record(ann.known, "task", task, operator),
    ):
        with pytest.raises(Gone, match="does not exist on this contact"):
            act()
    (held,) = world.ghl("GET", f"/contacts/{bob['id']}/tasks")["tasks"]
    assert held["completed"] is False


def test_a_task_that_is_gone_is_on_record_and_no_longer_shown(ann, world, operator):
    task = ann.task()
    read_live(ann.known)
    world.ghl("DELETE", f"/contacts/{ann.ghl_id}/tasks/{task}")
    with pytest.raises(Gone):
        commands.tick_task(ann.known, task, True, operator)
    assert (last().outcome, last().reason, last().can_retry) == ("failed", "gone", False)
    assert Related.objects.get(ghl_id=task).deleted_at


def test_what_ghl_refuses_is_raised_and_on_record_as_settled(ann, world, operator, monkeypatch):
    monkeypatch.setattr("integration.providers.exchange.TRIES", 1)
    task = ann.task()
    world.fault({"side": "ghl", "kind": "500", "path": "/completed", "rate": 1})
    with pytest.raises(ProviderError):
        commands.tick_task(ann.known, task, True, operator)
    assert (last().outcome, last().changes.filter(state="applied").exists()) == ("failed", False)
    assert last().resolved_at is not None
    assert last().run.status == "partial"


def test_notes_are_added_changed_and_deleted(ann, operator):
    commands.add_record(ann.known, "note", {"body": "Likes tea"}, operator)
    (note,) = ann.notes()
    commands.edit_record(ann.known, "note", note["id"], {"body": "Likes coffee"}, operator)
    assert ann.notes()[0]["body"] == "Likes coffee"
    commands.delete_record(ann.known, "note", note["id"], operator)
    assert ann.notes() == []


def test_a_note_of_a_megabyte_is_refused_with_its_length(ann, operator):
    with pytest.raises(Rejected, match="1,048,576 characters"):
        commands.add_record(ann.known, "note", {"body": "x" * 2**20}, operator)


def test_a_tag_that_looks_alike_is_taken_off_in_the_spelling_of_its_side(ann, world, operator):
    world.ghl("POST", f"/contacts/{ann.ghl_id}/tags", json={"tags": ["cafe\u0301"]})
    commands.change_tag(ann.known, "Café", False, operator)
    assert world.everyone("ghl")[0]["tags"] == ["vip"]


def test_a_tag_is_added_and_taken_off_on_both_sides(ann, world, operator):
    commands.change_tag(ann.known, "recall", True, operator)
    assert [sorted(one["tags"]) for one in world.everyone("ghl")] == [["recall", "vip"]]
    commands.change_tag(ann.known, "VIP", False, operator)
    assert world.everyone("ghl")[0]["tags"] == ["recall"]
    page = world.gist("GET", "/contacts?page=1&per_page=5")
    assert [tag["name"] for tag in page["contacts"][0]["tags"]] == ["recall"]


def test_while_a_link_only_watches_nothing_is_written(ann, operator):
    task = ann.task()
    ann.link.mode = "watch"
    with pytest.raises(SetupError, match="only watches"):
        commands.tick_task(ann.known, task, True, operator)


# Appointments --------------------------------------------------------------------------------------------


@pytest.fixture
def free(ann):
    """The first calendar and its free slots."""
    with exchange_for_link(ann.link) as exchange:
        calendar = exchange.carry_out(directory.read_calendars(ann.link))[0]
        return calendar, exchange.carry_out(directory.read_slots(ann.link, calendar.id, timezone.now()))


def booked(ann, free, operator, number=0):
    calendar, slots = free
    values = {"title": "Check-up", "calendar_id": calendar.id, "start_at": utc_text(slots[number])}
    commands.book_appointment(ann.known, values, operator)
    return ann.appointments()[0]["id"]


def test_an_appointment_is_booked_into_a_free_slot(ann, free, operator):
    booked(ann, free, operator)
    assert [one["title"] for one in ann.appointments()] == ["Check-up"]
    assert last().message == "Appointment “Check-up” was booked."


def test_a_slot_that_was_taken_meanwhile_is_refused(ann, free, operator):
    booked(ann, free, operator)
    with pytest.raises(ProviderError, match="no longer available"):
        booked(ann, free, operator)
    assert len(ann.appointments()) == 1


def test_an_appointment_moves_to_another_free_slot_and_stays_as_long(ann, free, operator):
    event = booked(ann, free, operator)
    before = Related.objects.get(ghl_id=event).base
    commands.move_appointment(ann.known, event, free[1][3], operator)
    after = Related.objects.get(ghl_id=event).base
    assert after["start_at"] > before["start_at"]
    assert last().message == "Appointment “Check-up” was moved."


def test_an_appointment_does_not_move_to_a_time_that_is_taken(ann, free, operator):
    event = booked(ann, free, operator)
    with pytest.raises(Rejected, match="no longer free"):
        commands.move_appointment(ann.known, event, free[1][0], operator)


def test_a_cancelled_appointment_stays_as_cancelled(ann, free, operator):
    event = booked(ann, free, operator)
    commands.cancel_appointment(ann.known, event, operator)
    assert ann.appointments()[0]["appointmentStatus"] == "cancelled"
    assert commands.cancel_appointment(ann.known, event, operator).outcome == "unchanged"
