"""What a body of a Gist webhook means. Gist does not document its bodies (docs/gist-api.md#webhooks), so the contact
is looked for in the usual places. Only ids are believed; the record is read afterwards.
"""

from collections.abc import Iterator
from typing import Any

from integration.providers.base import EventSubject, id_from

DELETES = ("user_deleted", "lead_deleted")
CREATES = ("contact_created", "user_created", "lead_created")
# Where a body may hold the contact; automations put it under `message`.
WRAPPERS = ("contact", "user", "lead", "message")


def subject_of(topic: str, body: dict[str, Any]) -> EventSubject | None:
    """The contact an event is about; None when it names none."""
    places = [body, *(value for value in (body.get("data"),) if isinstance(value, dict))]
    ids = (id_from(found.get("id")) for place in places for found in _contacts_in(place))
    contact_id = next(filter(None, ids), "")
    if not contact_id:
        return None
    return EventSubject("gist", contact_id, topic in DELETES, reported_created=topic in CREATES)


def _contacts_in(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # A `message` with an author is one of a conversation; the one of an automation holds the contact itself.
    yield from (place[name] for name in WRAPPERS if isinstance(place.get(name), dict) and "author" not in place[name])
    conversation = place.get("conversation")
    listed = conversation.get("contacts") if isinstance(conversation, dict) else None
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
