"""Every action of the catalogue with no more than its required values: each side takes what is sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link
from integration.models import Execution, WorkflowVersion
from integration.workflows.actions import ACTIONS, Context
from integration.workflows.definition import check_definition
from integration.workflows.dry_run import dry_run
from integration.workflows.executions import carry_out_action

# What an event tells of which an action makes something.
EVENT = {"tag": "vip", "task": "Call back", "meeting_id": "m1", "start_at": "2030-01-07T15:00:00Z"}


@pytest.fixture
def there(world, link):
    """What stands on both sides: ids by the names that the inputs of actions have."""
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"])
    ghl = world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee")
    contact, calendars = f"/contacts/{ghl['id']}", "/calendars/events/appointments"
    due = {"dueDate": "2030-01-02T10:00:00Z", "completed": False}
    calendar = next(
        one for one in world.ghl("GET", "/calendars/", params=here(world))["calendars"] if one["teamMembers"]
    )
    booked = world.ghl(
        "POST", calendars,
        json={
            "calendarId": calendar["id"], "locationId": world.location, "contactId": ghl["id"],
            "startTime": "2030-01-07T16:00:00Z", "ignoreFreeSlotValidation": True,
        },
    )  # fmt: skip
    note = world.ghl("POST", f"/calendars/appointments/{booked['id']}/notes", json={"body": "Bring the X-ray"})["note"]
    opened = world.gist("POST", "/conversations", json={"from": {"id": gist["id"]}, "body": "Hello?"})["conversation"]
    one = f"/conversations/{opened['id']}"
    message = world.gist("GET", f"{one}/messages")["messages"][0]["id"]
    tag = world.gist("POST", f"{one}/tags", json={"message_id": message, "tags": "asks"})["conversation"]["tags"][0]
    user = world.ghl("GET", "/users/", params=here(world))["users"][0]["id"]
    field = world.ghl("POST", f"/locations/{world.location}/customFields", json={"name": "Size", "dataType": "TEXT"})
    value = world.ghl("POST", f"/locations/{world.location}/customValues", json={"name": "Hours", "value": "9 to 5"})
    company = world.ghl("POST", "/businesses/", json={"name": "Acme", "locationId": world.location})["buiseness"]
    label = world.ghl("POST", f"/locations/{world.location}/tags", json={"name": "warm"})["tag"]
    return {
        "gist": str(gist["id"]), "ghl": ghl["id"],
        "task_id": world.ghl("POST", f"{contact}/tasks", json={"title": "Call back", **due})["task"]["id"],
        "note_id": world.ghl("POST", f"{contact}/notes", json={"body": "Likes tea"})["note"]["id"],
        "appointment_note_id": note["id"], "event_id": booked["id"], "calendar": calendar["id"], "user": user,
        "teammate": str(world.gist("GET", "/teammates")["teammates"][0]["id"]), "conversation_id": str(opened["id"]),
        "message_id": str(message), "gist_tag_id": str(tag["id"]), "tag_id": label["id"],
        "field_id": field["customField"]["id"], "value_id": value["customValue"]["id"], "business_id": company["id"], "followers": user,
        "type_id": str(world.gist("GET", "/subscription_types")["subscription_types"][0]["id"]),
        "form_id": str(world.gist("GET", "/forms")["forms"][0]["id"]),
        "campaign": str(world.gist("GET", "/campaigns")["campaigns"][0]["id"]),
    }  # fmt: skip


def here(world):
    return {"locationId": world.location}


WORDS = {"message_type": "note", "dataType": "TEXT", "priority": "priority"}


def value_of(action, known, there):
    """What a person would fill in: an id of what is there, or a word."""
    if known.type == "moment":
        return (timezone.now() + timedelta(days=7)).isoformat()
    if known.type == "flag":
        return True
    name = known.name
    if name == "field":
        return "custom_properties.shoe" if action.side == "gist" else "city"
    if name == "note_id" and "appointments" in action.key:
        name = "appointment_note_id"
    if name == "tag_id" and action.side == "gist":
        name = "gist_tag_id"
    return there.get(name) or there.get(known.type) or WORDS.get(name, "example")


@pytest.mark.parametrize("key", ACTIONS)
def test_an_action_with_its_required_values_is_taken(world, link, there, key):
    action = ACTIONS[key]
    values = {one.name: value_of(action, one, there) for one in action.inputs if one.required}
    entry = {"triggers": [{"on": "gist.tag_added"}], "actions": [{"do": key, "values": values}]}
    execution = Execution(
        link=link, version=WorkflowVersion(number=0, definition=check_definition(entry)), trigger="gist.tag_added",
        gist_id=there["gist"], ghl_id=there["ghl"], created_at=timezone.now(),
        facts={"event": {**EVENT, "conversation_id": there["conversation_id"]}},
    )  # fmt: skip
    with exchange_for_link(link) as exchange:
        sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
        result = exchange.carry_out(
            carry_out_action(action, Context(link, execution, sides["gist"], sides["ghl"], "test:0"))
        )
    assert result.reason != "unsure"


def sent(link, key, **values):
    """The body that an action would send for Ann, who is known on both sides."""
    definition = {"triggers": [{"on": "gist.tag_added"}], "actions": [{"do": key, "values": values}]}
    (step,) = dry_run(link, check_definition(definition), gist_id=link.pairs.get().gist_id).steps
    return step.calls[-1].body


@pytest.fixture
def paired(link, there):
    return link.pairs.create(kind="contact", gist_id=there["gist"], ghl_id=there["ghl"])


def test_an_appointment_is_booked_for_the_person_of_the_workflow(link, there, paired):
    body = sent(link, "ghl.appointments.create", calendarId=there["calendar"], startTime="2030-01-07T15:00:00Z")
    assert (body["contactId"], body["locationId"]) == (there["ghl"], link.ghl.account_id)


def test_gist_is_told_who_the_person_is(link, there, paired):
    assert sent(link, "gist.campaigns.set", id="30") == {"id": 30, "email": "ann@example.test"}
    assert sent(link, "gist.conversations.create", body="Hello")["from"] == {"id": int(there["gist"])}


def test_a_body_that_was_written_as_json_needs_nothing_twice(link, paired):
    body = {"id": 30, "user_id": "u7", "unsubscribed": False}
    assert sent(link, "gist.campaigns.set", body_json=body) == {"id": 30, "user_id": "u7"}


def test_a_switch_that_is_off_is_not_sent(link, there, paired):
    assert "unsubscribed_from_emails" not in sent(link, "gist.contacts.save", unsubscribed_from_emails=False)
    assert sent(link, "ghl.tasks.complete", task_id="t", completed=False) == {"completed": False}
