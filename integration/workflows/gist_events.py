"""What Gist's webhooks say to workflows: whom they are about, and the facts that placeholders can name.

Gist documents no bodies but the contact's (docs/gist-api.md#webhooks). Meetings are therefore read by paths that an
operator can point elsewhere after looking at a body that came.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integration.errors import SetupError
from integration.models import Connection, InboxEvent, Link, Pair, Snapshot
from integration.providers.ghl.related import moment_text
from integration.records import storable
from integration.workflows import notice
from integration.workflows.triggers import BY_TOPIC

Body = Mapping[str, Any]
MEETING_FIELDS = {
    "meeting_id": "What names the meeting, the same when it is moved or cancelled",
    "start_at": "When it begins",
    "end_at": "When it ends; without it, it takes half an hour",
    "title": "What it is about",
    "email": "The contact's e-mail address, where no contact is named",
}
"""Name of a fact to what it is."""


def _usual(*names: str) -> tuple[str, ...]:
    return tuple(f"{wrapper}{name}" for wrapper in ("meeting.", "data.meeting.", "data.", "") for name in names)


MEETING_PATHS = {
    "meeting_id": _usual("id", "uuid", "meeting_id"),
    "start_at": _usual("scheduled_at", "start_time", "start_at", "starts_at", "start", "start_date"),
    "end_at": _usual("end_time", "end_at", "ends_at", "end", "end_date"),
    "title": _usual("title", "name", "subject", "meeting_type"),
    "email": ("contact.email", "data.contact.email", *_usual("contact.email", "email", "invitee_email")),
}
"""Where each is looked for, in this order, until an operator points at another place."""
WORKFLOW_BODY = (
    ("action", "What is asked for; left out, a task that is named is completed", "complete_task"),
    ("task", "Id or title of a task", "Call back about the invoice"),
    ("title", "A title, for a new task or note", "Send the offer"),
    ("body", "A text, for a new task or note", "Asked for the price list."),
    ("due_at", "A moment, for a new task", "2026-01-31T17:00:00Z"),
    ("email", "The contact's e-mail address, where the automation does not send the contact", "ann@example.com"),
)  # fmt: skip
"""Fields that a Gist automation can put into its webhook: name, meaning, example."""
WRAPPERS = ("", "data.", "message.")
"""Custom fields stand at the top of the body, as far as is known, or where Gist puts the rest."""
NAMED = {
    "conversation_id": ("conversation.id", "data.conversation.id", "message.conversation_id", "conversation_id"),
    "note": ("message.body", "note.body", "data.message.body", "conversation_message.body"),
    "name": ("event.name", "data.event.name", "event_name", "event"),
}


def begin(link: Link, heard: InboxEvent, gist_id: str) -> bool:
    """Begin the workflows that this event triggers by itself. Whether it says who it is about."""
    trigger = BY_TOPIC.get(heard.topic) if heard.provider == "gist" else None
    if trigger is None:
        return False
    facts = facts_of(heard.topic, heard.said, heard.connection)
    person = _person(link, gist_id, str(facts.get("email") or ""))
    if person is None:
        return False
    notice.event(link, trigger.key, heard, person, facts)
    return True


def facts_of(topic: str, body: Body, connection: Connection | None) -> dict[str, Any]:
    """The facts that `event.…` placeholders name, blank ones left out."""
    if topic.startswith("meeting_"):
        found = {name: _first(body, paths) for name, paths in _paths(connection).items()}
        found |= {name: moment_text(found[name]) or found[name] for name in ("start_at", "end_at")}
    elif topic == "workflow":
        found = {name: _first(body, _custom(name)) for name, _, _ in WORKFLOW_BODY}
        found["action"] = found["action"] or ("complete_task" if found["task"] else None)
    else:
        found = {name: _first(body, paths) for name, paths in NAMED.items()}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _custom(name: str) -> Iterator[str]:
    """Where a field of an automation's own body may stand."""
    names = (name, "task_id", "task_title") if name == "task" else (name,)
    return (f"{wrapper}{one}" for one in names for wrapper in WRAPPERS)


def _first(body: Body, paths: Iterable[str]) -> str | None:
    return next((found for path in paths if (found := _at(body, path)) is not None), None)


def _at(body: Any, path: str) -> str | None:
    """The text or number at a dotted path; None where there is none."""
    for name in path.split("."):
        if isinstance(body, list) and name.isdecimal():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, Mapping) else None
    if isinstance(body, bool) or not isinstance(body, str | int | float):
        return None
    return storable(str(body)).strip()[:20_000] or None


def _person(link: Link, gist_id: str, email: str) -> notice.Person | None:
    if not gist_id and email:
        known = Snapshot.objects.filter(link=link, side="gist", email=email.strip().lower()).first()
        gist_id = known.external_id if known else ""
    if not gist_id:
        return None
    pair = Pair.objects.filter(link=link, kind="contact", gist_id=gist_id, state__in=Pair.TOGETHER).first()
    return notice.Person(gist_id, pair.ghl_id if pair else "", pair.label if pair else "")


# Meeting fields ------------------------------------------------------------------------------------------


def _paths(connection: Connection | None) -> dict[str, tuple[str, ...]]:
    own = fields_of(connection) if connection else {}
    return {name: (own[name],) if own.get(name) else paths for name, paths in MEETING_PATHS.items()}


def fields_of(connection: Connection) -> dict[str, str]:
    """Where an operator said that a meeting's facts stand: name to dotted path."""
    return dict(connection.settings.get("meeting_fields") or {})


def save_fields(connection: Connection, fields: Mapping[str, str]) -> None:
    """Keep the paths that are filled in; a blank one is looked for in the usual places. Raises SetupError."""
    wanted = {name: str(path).strip() for name, path in fields.items() if str(path).strip()}
    for name, path in wanted.items():
        if name not in MEETING_FIELDS:
            raise SetupError(f"“{name}” is no fact of a meeting; known are: {', '.join(MEETING_FIELDS)}.", name)
        if len(path) > 200 or not all(part.strip() for part in path.split(".")):
            raise SetupError(f"“{path}” is no path; write it like meeting.start_time.", name)
    connection.settings = {**connection.settings, "meeting_fields": wanted}
    connection.save(update_fields=["settings"])


def last_body(connection: Connection, topic: str = "meeting_") -> InboxEvent | None:
    """The newest event whose topic begins so."""
    return InboxEvent.objects.filter(connection=connection, topic__startswith=topic).order_by("-pk").first()
