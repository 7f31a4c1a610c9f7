"""What Gist's webhooks say to workflows: whom they are about, and the facts that placeholders can name.

Gist documents no bodies but the contact's (docs/gist-api.md#webhooks). Meetings are therefore read by paths that an
operator can point elsewhere after looking at a body that came.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any

from django.db.models import Q

from integration.errors import SetupError
from integration.models import Connection, EventState, InboxEvent, Link, Pair, Snapshot
from integration.moments import find_zone, moment_text
from integration.records import PersonRef, make_storable
from integration.workflows import start
from integration.workflows.triggers import BY_TOPIC

Body = Mapping[str, Any]
NAMES_TWO = "It names a contact and the e-mail address of another one: nothing was done for either."
# Name of a fact to what it is.
MEETING_FIELDS = {
    "meeting_id": "What names the meeting, the same when it is moved or cancelled",
    "start_at": "When it begins",
    "end_at": "When it ends; without it, it takes half an hour",
    "title": "What it is about",
    "email": "The contact's e-mail address, where no contact is named",
}


def _usual_paths(*names: str) -> tuple[str, ...]:
    return tuple(f"{wrapper}{name}" for wrapper in ("meeting.", "data.meeting.", "data.", "") for name in names)


# Where each is looked for, in this order, until an operator points at another place.
MEETING_PATHS = {
    "meeting_id": _usual_paths("id", "uuid", "meeting_id"),
    "start_at": _usual_paths("scheduled_at", "start_time", "start_at", "starts_at", "start", "start_date"),
    "end_at": _usual_paths("end_time", "end_at", "ends_at", "end", "end_date"),
    "title": _usual_paths("title", "name", "subject", "meeting_type"),
    "email": ("contact.email", "data.contact.email", *_usual_paths("contact.email", "email", "invitee_email")),
}
# Fields that a Gist automation can put into its webhook: name, meaning, example.
WORKFLOW_BODY = (
    ("action", "What is asked for; left out, a task that is named is completed", "complete_task"),
    ("task", "Id or title of a task", "Call back about the invoice"),
    ("title", "A title, for a new task or note", "Send the offer"),
    ("body", "A text, for a new task or note", "Asked for the price list."),
    ("due_at", "A moment, for a new task", "2026-01-31T17:00:00Z"),
    ("email", "The contact's e-mail address, where the automation does not send the contact", "ann@example.com"),
)  # fmt: skip
# Custom fields stand at the top of the body, as far as is known, or where Gist puts the rest.
WRAPPERS = ("", "data.", "message.")
NAMED = {
    "conversation_id": ("conversation.id", "data.conversation.id", "message.conversation_id", "conversation_id"),
    "note": ("message.body", "note.body", "data.message.body", "conversation_message.body"),
    "name": ("event.name", "data.event.name", "event_name", "event"),
    "message": ("message.body", "conversation_message.body", "data.message.body", "message.text"),
    "rating": (
        "rating.rating",
        "rating.value",
        "rating",
        "conversation_rating.rating",
        "data.rating",
        "conversation.rating",
    ),
    "form": ("form.name", "data.form.name", "form_name", "form.id", "form_id"),
    "campaign": ("campaign.name", "data.campaign.name", "campaign_name", "campaign.id", "campaign_id"),
    "page": ("page.url", "page_visit.url", "data.page.url", "data.url", "page_url", "url"),
}


def begin_workflows(link: Link, event: InboxEvent, gist_id: str) -> bool:
    """Begin the workflows that this event triggers by itself. Whether it says who it is about."""
    # Contact topics begin nothing here: those triggers are seen in the record itself, so that polling finds them as
    # well.
    trigger = BY_TOPIC.get(("gist", event.topic))
    if trigger is None:
        return False
    facts = facts_of(event.topic, event.payload, event.connection, find_zone(link.zone))
    email = str(facts.get("email") or "")
    if event.topic == "workflow" and _is_of_another(link, gist_id, email):
        event.state, event.reason, event.message = EventState.PARKED, "names_two", NAMES_TWO
        return False
    person = _person_named(link, gist_id, email)
    if person is None:
        return False
    start.begin_for_event(link, trigger.key, event, person, facts)
    return True


def facts_of(topic: str, body: Body, connection: Connection | None, zone: tzinfo = UTC) -> dict[str, Any]:
    """The facts that `event.…` placeholders name, blank ones left out. Moments without a zone are those of `zone`."""
    if topic.startswith("meeting_"):
        found = {name: _first_found(body, paths) for name, paths in _meeting_paths(connection).items()}
        found |= {name: moment_text(found[name], zone) or found[name] for name in ("start_at", "end_at")}
    elif topic == "workflow":
        # An automation that names a task and nothing else means the commonest request, to complete it.
        found = {name: _first_found(body, _custom_field_paths(name)) for name, _, _ in WORKFLOW_BODY}
        found["action"] = found["action"] or ("complete_task" if found["task"] else None)
    else:
        found = {name: _first_found(body, paths) for name, paths in NAMED.items()}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _custom_field_paths(name: str) -> Iterator[str]:
    """Where a field of an automation's own body may stand."""
    names = (name, "task_id", "task_title") if name == "task" else (name,)
    return (f"{wrapper}{one}" for one in names for wrapper in WRAPPERS)


def _first_found(body: Body, paths: Iterable[str]) -> str | None:
    return next((found for path in paths if (found := _value_at(body, path)) is not None), None)


def _value_at(body: Any, path: str) -> str | None:
    """The text or number at a dotted path; None where there is none."""
    for name in path.split("."):
        if isinstance(body, list) and name.isdecimal():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, Mapping) else None
    # True is an int in Python, and an object at the path means that the operator pointed too high.
    if isinstance(body, bool) or not isinstance(body, str | int | float):
        return None
    # Facts are stored with every execution: a long text is cut, and `storable` takes out what no database stores.
    return make_storable(str(body)).strip()[:20_000] or None


def _is_of_another(link: Link, gist_id: str, email: str) -> bool:
    """Whether the address is known, and only of other people than the contact that is named beside it."""
    if not gist_id or not email:
        return False
    rows = Snapshot.objects.filter(link=link).with_address(email.strip().lower()).select_related("pair")
    owners = {row.pair.gist_id if row.pair else row.external_id for row in rows if row.pair or row.side == "gist"}
    return bool(owners) and gist_id not in owners


def _person_named(link: Link, gist_id: str, email: str) -> PersonRef | None:
    # By snapshot, not by asking Gist: webhooks are unpacked in a transaction, and no call is made inside one.
    if not gist_id and email:
        # Somebody may book under an address that only GHL knows, as a further one.
        rows = Snapshot.objects.filter(Q(side="gist") | Q(pair__isnull=False), link=link)
        known = rows.with_address(email.strip().lower()).select_related("pair").first()
        gist_id = (known.pair.gist_id if known.pair else known.external_id) if known else ""
    return Pair.objects.person_ref(link, "gist", gist_id) if gist_id else None


# Meeting fields ------------------------------------------------------------------------------------------


def _meeting_paths(connection: Connection | None) -> dict[str, tuple[str, ...]]:
    own = meeting_fields_of(connection) if connection else {}
    # A path that an operator chose replaces the guesses, so that a guess never wins over what was pointed at.
    return {name: (own[name],) if own.get(name) else paths for name, paths in MEETING_PATHS.items()}


def meeting_fields_of(connection: Connection) -> dict[str, str]:
    """Where an operator said that a meeting's facts stand: name to dotted path."""
    return dict(connection.settings.get("meeting_fields") or {})


def save_fields(connection: Connection, fields: Mapping[str, str]) -> None:
    """Keep the paths that are filled in; a blank one is looked for in the usual places. Raises SetupError."""
    wanted = {name: str(path).strip() for name, path in fields.items() if str(path).strip()}
    for name, path in wanted.items():
        if name not in MEETING_FIELDS:
            raise SetupError(f"“{name}” is no fact of a meeting; known are: {', '.join(MEETING_FIELDS)}.", name)
        if len(path) > 200 or not all(piece.strip() for piece in path.split(".")):
            raise SetupError(f"“{path}” is no path; write it like meeting.start_time.", name)
    connection.settings = {**connection.settings, "meeting_fields": wanted}
    connection.save(update_fields=["settings"])


def last_body(connection: Connection, topic: str = "meeting_") -> InboxEvent | None:
    """The newest event whose topic begins so."""
    return InboxEvent.objects.filter(connection=connection, topic__startswith=topic).order_by("-pk").first()
