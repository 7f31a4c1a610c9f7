"""What Gist can and cannot do with what GHL keeps of a contact: the registry that page and words come from.

Gist's API has no tasks, notes or appointments on contacts (docs/gist-api.md#contacts), so they are carried. Names of
properties come from `mapping.carried`, ways to begin a change from `triggers`: neither can drift from what
is done.
"""

from dataclasses import dataclass

from integration.mapping.carried import (
    ADDRESS,
    LAST_NOTE,
    LAST_TASK,
    NEXT_APPOINTMENT,
    NEXT_TASK,
    NEXT_TASK_DUE,
    OPEN_TASKS,
    PROPERTIES,
    Property,
)
from integration.related.gist_properties import PREFIX
from integration.workflows.start import REQUEST
from integration.workflows.templates import TEMPLATES
from integration.workflows.triggers import TRIGGERS, Trigger

WEBHOOKS = "Gist's webhooks, as the connection's page lists them"


@dataclass(frozen=True)
class Way:
    """How a change begins in Gist: by `trigger`, which is None where a person does it in Gistline."""

    title: str
    how: str
    costs: str
    needs: str = "nothing more"
    trigger: Trigger | None = None


@dataclass(frozen=True)
class Capability:
    """One kind of object: what GHL has, what Gist shows of it, and how a change begins in Gist."""

    object: str
    in_ghl: str
    properties: tuple[Property, ...]
    also: tuple[str, ...]
    ways: tuple[Way, ...]
    cannot: str


def _properties_named(*names: str) -> tuple[Property, ...]:
    return tuple(one for name in names for one in PROPERTIES if one.name == name)


def _trigger_way(key: str, how: str, costs: str, needs: str = "nothing more") -> Way:
    return Way(TRIGGERS[key].title, how, costs, needs, TRIGGERS[key])


def _task_done_tag() -> str:
    """The tag that ticks a task, as the template has it: `task-done:*`."""
    return str(next(one["tag"] for one in TEMPLATES["task_done"].definition["triggers"] if "tag" in one))


def _done_event() -> str:
    """The event that says in Gist that a task is done."""
    actions = TEMPLATES["task_done"].definition["actions"]
    return str(next(one["values"]["name"] for one in actions if one["do"] == "gist.event"))


_NATIVE = "Native: read and written by GHL's API"
_PAGE = Way("The contact's page in Gistline", "Tick it, edit it or add one there.", "1 call to GHL")
_TAG = _task_done_tag().replace("*", "<id>")

CAPABILITIES = (
    Capability(
        "Task",
        _NATIVE,
        _properties_named(OPEN_TASKS, NEXT_TASK, NEXT_TASK_DUE, LAST_TASK),
        (f"the event “{_done_event()}” in the contact's activity",),
        (
            _trigger_way("gist.tag_added", f"Put the tag {_TAG} on the contact. It is taken off once the task is done.",
                 "2 calls to GHL, about 4 to Gist"),
            _trigger_way("gist.complete_task",
                 f"Write the task's id or title into {REQUEST.removeprefix(PREFIX)}. It is emptied once it is done.",
                 "2 calls to GHL, about 4 to Gist"),
            _trigger_way("gist.webhook", "A Gist automation sends a body with the action and the task's id or title.",
                 "2 calls to GHL, about 3 to Gist", "a Gist automation with a webhook step"),
            _PAGE,
        ),
        "Gist has no list of tasks: it shows how many are open and which is next.",
    ),
    Capability(
        "Note",
        _NATIVE,
        _properties_named(LAST_NOTE),
        ("an internal note in the conversation, where a workflow adds one",),
        (
            _trigger_way("gist.note_added", "Write an internal note in a conversation.", "1 call to GHL", WEBHOOKS),
            _trigger_way("gist.webhook", "A Gist automation sends a body with the note's text.", "1 call to GHL",
                 "a Gist automation with a webhook step"),
            _PAGE,
        ),
        "A GHL note cannot be edited from Gist: Gist shows the newest one, shortened.",
    ),
    Capability(
        "Appointment",
        _NATIVE,
        _properties_named(NEXT_APPOINTMENT),
        (),
        (
            _trigger_way("gist.meeting_scheduled", "Book a meeting in Gist.", "2 calls to GHL", WEBHOOKS),
            _trigger_way("gist.meeting_rescheduled", "Move the meeting in Gist.", "2 calls to GHL", WEBHOOKS),
            _trigger_way("gist.meeting_cancelled", "Cancel the meeting in Gist.", "2 calls to GHL", WEBHOOKS),
            _PAGE,
        ),
        "Gist's calendar cannot be written: an appointment made in GHL is shown in Gist, and is no meeting there.",
    ),
    Capability(
        "The whole record",
        _NATIVE,
        _properties_named(ADDRESS),
        (),
        (
            _trigger_way("gist.conversation_opened", "Open a conversation: what Gist shows is read anew from GHL.",
                 "3 calls to GHL, up to 2 to Gist", WEBHOOKS),
            Way("The address in Gist's sidebar", f"Follow {ADDRESS}: both sides stand there, field by field.",
                "a few calls when the page is opened"),
        ),
        "Gist shows no foreign page inside a conversation: the address opens in a new tab.",
    ),
)  # fmt: skip
