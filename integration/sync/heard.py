"""What a stored webhook says: which contacts may have changed. Only ids are believed; the rest is read afterwards.

Gist does not document its bodies (docs/gist-api.md#webhooks), so the contact is looked for in the usual places.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integration.models import InboxEvent

DELETES = {"ContactDelete", "user_deleted", "lead_deleted"}
WRAPPERS = ("contact", "user", "lead", "message")
"""Where a Gist body may hold the contact; automations put it under `message`."""
ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
"""What an id of either side may be made of: it becomes part of an address."""


@dataclass(frozen=True)
class Heard:
    """A contact of one side that an event is about."""

    side: str
    external_id: str
    deleted: bool = False


def heard(event: InboxEvent) -> Heard | None:
    """The contact the event is about; None when it names none."""
    try:
        body = json.loads(bytes(event.body), strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    found = _ghl_id(event.topic, body) if event.provider == "ghl" else _gist_id(body)
    return Heard(event.provider, found, event.topic in DELETES) if found else None


def _ghl_id(topic: str, body: dict[str, Any]) -> str:
    """Contact events carry the contact's id; those of its tasks, notes and appointments name it."""
    body = body["data"] if isinstance(body.get("data"), dict) else body
    if topic.startswith("Contact"):
        return _id(body.get("id"))
    nested = body.get("appointment")
    holder = nested if isinstance(nested, dict) else body
    return _id(holder.get("contactId"))


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
