"""What a stored webhook says: which records may have changed. Only ids are believed; the rest is read afterwards.

Gist does not document its bodies (docs/gist-api.md#webhooks), so the contact is looked for in the usual places.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from integration.models import InboxEvent
from integration.providers.ghl.related import moment_of
from integration.records import storable

DELETES = {"ContactDelete", "TaskDelete", "NoteDelete", "AppointmentDelete", "user_deleted", "lead_deleted"}
BIRTHS = {"ContactCreate", "contact_created", "user_created", "lead_created"}
AROUND = ("Task", "Note", "Appointment")
"""What belongs to a GHL contact, as the types of its events begin."""
WRAPPERS = ("contact", "user", "lead", "message")
"""Where a Gist body may hold the contact; automations put it under `message`."""
ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
"""What an id of either side may be made of: it becomes part of an address."""


@dataclass(frozen=True)
class Heard:
    """What an event is about: a contact, or a task, note or appointment, whose contact may not be named.

    `born`: the event says that it was made. `title` helps to find a task whose contact is not named.
    """

    side: str
    external_id: str
    deleted: bool = False
    kind: str = "contact"
    contact_id: str = ""
    title: str = ""
    born: bool = False

    @property
    def record(self) -> tuple[str, str, str]:
        return self.kind, self.side, self.external_id


def heard(event: InboxEvent) -> Heard | None:
    """What the event is about; None when it names nothing that can be read."""
    body = event.said
    if event.provider == "ghl":
        return _of_ghl(event.topic, body)
    found = _gist_id(body)
    return Heard("gist", found, event.topic in DELETES, born=event.topic in BIRTHS) if found else None


def _of_ghl(topic: str, body: dict[str, Any]) -> Heard | None:
    body = body["data"] if isinstance(body.get("data"), dict) else body
    prefix = next((prefix for prefix in AROUND if topic.startswith(prefix)), "")
    if prefix:
        return _around(topic, prefix, body)
    found = _id(body.get("id") if topic.startswith("Contact") else body.get("contactId"))
    return Heard("ghl", found, topic in DELETES, born=topic in BIRTHS) if found else None


def _around(topic: str, prefix: str, body: dict[str, Any]) -> Heard | None:
    """A task's, note's or appointment's event. TaskCreate may lack the contact (docs/ghl-api.md#webhooks)."""
    nested = body.get("appointment")
    told = nested if isinstance(nested, dict) else body
    found, contact_id = _id(told.get("id")), _id(told.get("contactId"))
    bare = prefix == "Task" and not told.get("contactId")
    if not found or not (contact_id or bare or topic in DELETES):
        return Heard("ghl", contact_id) if contact_id else None
    title = told.get("title") if isinstance(told.get("title"), str) else ""
    return Heard(
        "ghl", found, topic in DELETES, prefix.lower(), contact_id, storable(title)[:200],
        born=topic.endswith("Create") and not _was_changed(told),
    )  # fmt: skip


JUST_MADE = timedelta(seconds=10)


def _was_changed(told: dict[str, Any]) -> bool:
    """Whether it was changed since it was made: GHL calls every appointment's event AppointmentCreate."""
    made, changed = moment_of(told.get("dateAdded")), moment_of(told.get("dateUpdated"))
    return bool(made and changed and changed - made > JUST_MADE)


def _gist_id(body: dict[str, Any]) -> str:
    places = [body, *(value for value in (body.get("data"),) if isinstance(value, dict))]
    ids = (_id(found.get("id")) for place in places for found in _contacts_in(place))
    return next(filter(None, ids), "")


def _contacts_in(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (place[name] for name in WRAPPERS if isinstance(place.get(name), dict) and "author" not in place[name])
    conversation = place.get("conversation")
    listed = conversation.get("contacts") if isinstance(conversation, dict) else None
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _id(value: Any) -> str:
    """As text, or "" for what can be no id."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if ID.fullmatch(text) else ""
