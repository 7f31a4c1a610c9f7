"""Input that cannot work: each is refused or handled with words, never a crash, never a silent drop."""

import pytest

from integration.models import Execution, LogEntry
from integration.twin.store import Row, current_store
from integration.workflows.actions import ACTIONS


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


def go(stage, ann, key, **values):
    """One action carried out for Ann; its execution."""
    prepare(stage, key, **values)
    return again(stage, ann, key)


def prepare(stage, key, **values):
    return stage.workflow(
        "contact_opened",
        {"triggers": [{"on": "gist.webhook", "action": key}], "actions": [{"do": key, "values": values}]},
    )


def again(stage, ann, key, **event):
    stage.trigger("workflow", ann[0], action=key, **event)
    stage.settle()
    return Execution.objects.latest("pk")


def refused(execution, *words):
    """Parked, with a sentence in the execution and an entry in the log."""
    assert (execution.state, execution.finished_at is not None) == ("failed", True)
    assert execution.reason in ("not_sent", "gone")
    entry = LogEntry.objects.get(execution=execution, outcome="failed")
    for word in words:
        assert word in execution.message
        assert word in entry.message
    return True


def test_a_task_without_a_due_date_is_due_a_day_later(stage, ann):
    assert go(stage, ann, "task.create", title="Call").state == "done"
    assert stage.tasks(ann[1])[0]["dueDate"]


def test_a_due_date_in_the_past_is_kept(stage, ann):
    assert go(stage, ann, "task.create", title="Call", due_at="2001-02-03T04:05:06Z").state == "done"
    assert stage.tasks(ann[1])[0]["dueDate"].startswith("2001-02-03T04:05:06")


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("2030-01-02T10:00:00+02:00", "2030-01-02T08:00:00"), ("2030-01-02 10:00", "2030-01-02T10:00"),
        ("1893456000", "2030-01-01T00"),
    ],
)  # fmt: skip
def test_a_due_date_from_gist_is_written_as_ghl_takes_it(stage, ann, said, sent):
    stage.link.ghl.settings = {"timezone": "UTC"}
    stage.link.ghl.save()
    stage.workflow("contact_opened", due_from_event())
    assert again(stage, ann, "x", due_at=said).state == "done"
    assert stage.tasks(ann[1])[0]["dueDate"].startswith(sent)


def due_from_event():
    task = {"do": "task.create", "values": {"title": "Call", "due_at": "{{ event.due_at }}"}}
    return {"triggers": [{"on": "gist.webhook"}], "actions": [task]}


def test_a_due_date_that_is_none_is_refused(stage, ann):
    stage.workflow("contact_opened", due_from_event())
    assert refused(again(stage, ann, "x", due_at="next Tuesday"), "next Tuesday", "no moment")
    assert stage.tasks(ann[1]) == []


@pytest.mark.parametrize("key", ["note.create", "contact.assign"])
def test_an_assignee_who_left_is_refused_in_ghl_s_words_or_kept(stage, ann, key):
    values = {"body": "Hello"} if key == "note.create" else {"user_id": "leftuser"}
    ended = go(stage, ann, key, **values)
    assert ended.state == "done" or refused(ended)


@pytest.mark.parametrize("length", [65_000, 65_001])
def test_a_note_that_is_too_long_is_refused(stage, ann, length):
    ended = go(stage, ann, "note.create", body="x" * length)
    assert ended.state == "done" if length == 65_000 else refused(ended, "65,001", "65,000")
    assert len(stage.notes(ann[1])) == (length == 65_000)


def test_a_note_whose_text_is_blank_for_this_person_is_refused(stage, ann):
    assert refused(go(stage, ann, "note.create", body="{{ ghl.city }}"), "text", "blank for this person")


def test_a_task_whose_title_is_blank_for_this_person_is_refused(stage, ann):
    assert refused(go(stage, ann, "task.create", title="{{ ghl.city }}"), "title")


def test_a_moment_of_a_field_that_holds_none_is_refused(stage, ann):
    due = {"from": "ghl.city", "days": 1, "hours": 0}
    assert refused(go(stage, ann, "task.create", title="Call", due_at=due), "ghl.city holds no date")


def meeting(stage, ann, **values):
    stage.workflow(
        "meeting_booked",
        {
            "triggers": [{"on": "gist.meeting_scheduled"}],
            "actions": [{"do": "appointment.follow_meeting", "values": values}],
        },
    )
    stage.trigger("meeting_scheduled", ann[0], meeting={"id": 7, "scheduled_at": "2030-03-01T03:00:00Z"})
    stage.settle()
    return Execution.objects.get()


def calendars(stage):
    """No call changes or deletes a calendar: it is done where the twin keeps them."""
    return [(current_store(), one) for one in current_store().all("ghl.calendar", stage.world.location)]


def test_a_calendar_without_a_free_slot_is_booked_all_the_same(stage, ann):
    assert meeting(stage, ann).state == "done"  # It stands in Gist's calendar already.
    assert len(stage.appointments(ann[1])) == 1


def test_a_calendar_without_a_member_is_refused_or_given_somebody(stage, ann):
    for store, calendar in calendars(stage):
        store.put(Row("ghl.calendar", stage.world.location, calendar["id"], {**calendar, "teamMembers": []}))
    assert refused(meeting(stage, ann), "has no team member")
    assert stage.appointments(ann[1]) == []


def test_a_location_without_a_calendar_is_refused(stage, ann):
    for store, calendar in calendars(stage):
        store.delete("ghl.calendar", stage.world.location, calendar["id"])
    assert refused(meeting(stage, ann), "no calendar")


def test_a_calendar_that_is_not_there_is_refused(stage, ann):
    assert refused(meeting(stage, ann, calendar_id="gone"), "GHL has no calendar gone")


@pytest.mark.parametrize("named", ["somebody else's", "deleted", "made up"])
def test_a_task_that_is_not_this_contact_s_is_refused(stage, ann, named):
    _, bob = stage.person("Bob Ray")
    theirs, gone = stage.task(bob, "Theirs"), stage.task(ann[1], "Gone")
    stage.world.ghl("DELETE", f"/contacts/{ann[1]}/tasks/{gone['id']}")
    stage.settle()
    task = {"somebody else's": theirs["id"], "deleted": gone["id"], "made up": "no-such-task"}[named]
    assert refused(go(stage, ann, "task.complete", task=task), "no task with the id or title")
    assert not stage.tasks(bob)[0]["completed"]


def test_a_contact_that_was_deleted_in_ghl_is_refused(stage, ann):
    stage.world.control("POST", "hooks", {"ghl": None})
    stage.world.ghl("DELETE", f"/contacts/{ann[1]}")
    assert refused(go(stage, ann, "note.create", body="Hello"))


def test_a_field_that_cannot_be_written_is_refused(stage, ann):
    assert refused(go(stage, ann, "ghl.contact.set", field="customFields.nothing", value="x"), "no field")
    assert refused(go(stage, ann, "gist.contact.set", field="city", value="x"), "cannot be written")


@pytest.mark.parametrize(
    ("key", "field", "value", "sentence"),
    [
        ("ghl.contact.set", "country", "Germany", "no country code"),
        ("ghl.contact.set", "dateOfBirth", "2023-02-30", "is no date"),
        ("ghl.contact.set", "phone", "0412 000 111", "no phone number in United States"),
        ("gist.contact.set", "custom_properties.note", "x" * 256, "at most 255"),
    ],
)
def test_a_value_that_the_field_would_not_take_is_refused_with_the_reason(stage, ann, key, field, value, sentence):
    assert refused(go(stage, ann, key, field=field, value=value), sentence)


def test_a_moment_is_written_into_a_date_as_the_day_that_it_is_there(stage, ann):
    stage.link.ghl.settings = {"timezone": "Europe/Berlin"}
    stage.link.ghl.save()
    assert go(stage, ann, "ghl.contact.set", field="dateOfBirth", value="1990-05-16T22:00:00Z").state == "done"
    assert stage.world.everyone("ghl")[0]["dateOfBirth"] == "1990-05-17"


def test_a_tag_that_looks_alike_is_there_already(stage, ann):
    stage.world.ghl("POST", f"/contacts/{ann[1]}/tags", json={"tags": ["cafe\u0301"]})
    assert go(stage, ann, "ghl.tags.add", tags="Café, Straße, strasse").state == "done"
    assert stage.world.everyone("ghl")[0]["tags"] == ["cafe\u0301", "straße", "strasse"]


def test_a_trigger_that_names_no_tag_or_conversation_is_refused(stage, ann):
    assert refused(go(stage, ann, "tag.mirror"), "names no tag")
    said = go(stage, ann, "gist.conversation_note", body="Hello", teammate_id="1")
    assert refused(said, "names no conversation")


@pytest.mark.parametrize("first", range(0, len(ACTIONS), 25))
def test_no_action_with_ids_of_nothing_crashes(stage, ann, first):
    """Every action is tried with values that name nothing: done, or parked with a sentence."""
    # Ann is needed for the others.
    keys = [key for key in [*ACTIONS][first : first + 25] if not (key.endswith(".delete") and "contact" in key)]
    for key in keys:
        prepare(stage, key, **values_of_nothing(key))
        stage.trigger("workflow", ann[0], action=key)
    stage.settle()
    for ended in Execution.objects.select_related("version"):
        (key,) = (action["do"] for action in ended.version.definition["actions"])
        keys.remove(key)
        assert ended.state in ("done", "failed"), (key, ended.reason, ended.message)
        assert ended.reason not in ("internal",), (key, ended.message)
        assert ended.state == "done" or ended.message, key
    assert keys == []


def values_of_nothing(key):
    given = {"moment": "2030-01-02T10:00:00Z", "flag": True, "number": 1, "pairs": "x = nothing"}
    values = {one.name: given.get(one.type, "nothing") for one in ACTIONS[key].inputs if one.name != "contact_id"}
    return values | ({"body_json": {"from": {"id": 1}}} if "body_json" in values else {})
