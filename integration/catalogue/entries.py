"""The one list of actions, reads and triggers, made from the registries that the code itself works by.

Endpoints come from both providers' catalogues, ready-made actions and triggers from the workflows': none of it can
drift from what is done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from integration.models import Provider
from integration.providers.ghl.catalogue import OPERATIONS as GHL
from integration.providers.gist.catalogue import OPERATIONS as GIST
from integration.providers.operations import Operation
from integration.workflows.actions import ACTIONS, Action, Input
from integration.workflows.actions.operation_inputs import inputs_of
from integration.workflows.actions.operations import is_read
from integration.workflows.triggers import TRIGGERS, Trigger

KINDS = {"action": "Action", "read": "Read", "trigger": "Trigger"}
# The second part of a key, or of a trigger's its first word, to what it is about.
SUBJECTS = {
    "contacts": "Contact", "contact": "Contact", "tasks": "Task", "task": "Task", "notes": "Note", "note": "Note",
    "calendars": "Appointment", "events": "Appointment", "appointments": "Appointment", "appointment": "Appointment",
    "tags": "Tag", "tag": "Tag", "custom_fields": "Custom field", "custom_values": "Custom value",
    "conversations": "Conversation", "conversation": "Conversation", "messages": "Conversation",
    "message": "Conversation", "teammate": "Conversation", "meeting": "Appointment", "opportunity": "Opportunity",
    "businesses": "Business", "users": "User", "teammates": "User", "teams": "User", "locations": "Location",
    "oauth": "Location", "token": "Location", "workflows": "Workflow", "webhook": "Workflow", "segments": "Segment",
    "campaigns": "Campaign", "campaign": "Campaign", "subscription_types": "Campaign", "forms": "Form", "form": "Form",
    "event": "Event", "page": "Event", "complete": "Task", "email": "Contact", "take_back": "Task", "carry": "Task",
}  # fmt: skip
GIST_EVENTS = ("gist.events.", "gist.event")


@dataclass(frozen=True)
class CatalogueEntry:
    """`method` and `path` of an endpoint; `event` the webhooks of a trigger. A ready-made action has neither: it makes
    several calls, `calls` at most.

    `repeatable`: sent twice it does no more than once. `source` cites the fact sheet. `operation` is the endpoint.
    """

    key: str
    kind: str
    side: str
    subject: str
    title: str
    does: str
    calls: int
    repeatable: bool
    method: str = ""
    path: str = ""
    event: str = ""
    scope: str = ""
    fields: tuple[Input, ...] = ()
    source: str = ""
    operation: Operation[Any] | None = None

    @property
    def address(self) -> str:
        return self.path or self.event

    @property
    def version(self) -> str:
        """Of the API, as its header names it. A template would call the operation itself."""
        return self.operation.version if self.operation else ""

    @property
    def is_ready_made(self) -> bool:
        return self.kind == "action" and not self.path

    def report(self) -> dict[str, Any]:
        """What `manage.py catalogue --json` prints as a line."""
        fields = [
            {"name": one.name, "label": one.label, "type": one.type, "required": one.required, "help": one.help}
            for one in self.fields
        ]
        names = ("key", "kind", "side", "title", "method", "path", "event", "scope", "calls", "repeatable")
        return {**{name: getattr(self, name) for name in names}, "fields": fields}


def _subject_of(key: str) -> str:
    if key.startswith(GIST_EVENTS):
        return "Event"
    words = key.split(".")
    # `task.create` is a ready-made action; all others begin with their side.
    name = words[1] if words[0] in Provider.values and len(words) > 1 else words[0]
    return SUBJECTS.get(name) or SUBJECTS[name.partition("_")[0]]


def _of_endpoint(operation: Operation[Any]) -> CatalogueEntry:
    action = ACTIONS.get(operation.key)
    return CatalogueEntry(
        operation.key, "read" if is_read(operation) else "action", operation.provider, _subject_of(operation.key),
        operation.title, f"{operation.method} {operation.path}", action.calls if action else 1, operation.repeatable,
        operation.method, operation.path, scope=operation.scope, fields=inputs_of(operation), source=operation.source,
        operation=operation,
    )  # fmt: skip


def _of_action(action: Action) -> CatalogueEntry:
    # It looks before it writes, so that an interrupted try is taken up where it stopped.
    return CatalogueEntry(
        action.key, "action", action.side, _subject_of(action.key), action.title, action.does, action.calls, True,
        fields=action.inputs,
    )  # fmt: skip


def _of_trigger(trigger: Trigger) -> CatalogueEntry:
    options = tuple(Input(name, question) for name, question in trigger.options.items())
    # Each event is stored once and starts a workflow once, however often it is delivered.
    return CatalogueEntry(
        trigger.key, "trigger", trigger.side, _subject_of(trigger.key), trigger.title, trigger.does, 0, True,
        event=", ".join(trigger.events), fields=options,
    )  # fmt: skip


def _entries() -> Iterator[CatalogueEntry]:
    endpoints: Iterable[Operation[Any]] = (*GHL.values(), *GIST.values())
    yield from map(_of_endpoint, endpoints)
    yield from (_of_action(one) for key, one in ACTIONS.items() if key not in GHL and key not in GIST)
    yield from map(_of_trigger, TRIGGERS.values())


CATALOGUE: dict[str, CatalogueEntry] = {one.key: one for one in _entries()}
