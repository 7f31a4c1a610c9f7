"""What a person would fill into the form of any operation, of things that stand on both sides."""

from datetime import timedelta

import pytest
from django.utils import timezone


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
        "field_id": field["customField"]["id"], "value_id": value["customValue"]["id"],
        "business_id": company["id"], "followers": user,
        "type_id": str(world.gist("GET", "/subscription_types")["subscription_types"][0]["id"]),
        "form_id": str(world.gist("GET", "/forms")["forms"][0]["id"]),
        "campaign": str(world.gist("GET", "/campaigns")["campaigns"][0]["id"]),
    }  # fmt: skip


def here(world):
    return {"locationId": world.location}


WORDS = {"message_type": "note", "dataType": "TEXT", "priority": "priority"}


def value_of(key, side, known, there):
    """What a person would fill in: an id of what is there, or a word."""
    if known.type == "moment":
        return (timezone.now() + timedelta(days=7)).isoformat()
    if known.type == "flag":
        return True
    if known.type == "number":
        return 20
    name = known.name
    if name == "field":
        return "custom_properties.shoe" if side == "gist" else "city"
    if name == "note_id" and "appointments" in key:
        name = "appointment_note_id"
    if name == "tag_id" and side == "gist":
        name = "gist_tag_id"
    return there.get(name) or there.get(known.type) or WORDS.get(name, "example")
