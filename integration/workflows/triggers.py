"""Every trigger a workflow can have: the one registry that code, pages and setup files read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.values import member_key


@dataclass(frozen=True)
class Trigger:
    """`topics` are the Gist webhooks that report it; without any it is seen in the record itself, however it changed.

    `options` are the keys that narrow it down, with the question each answers; a tag may end in `*`. `gives` names the
    `event.…` placeholders that its actions can use.
    """

    key: str
    side: str
    title: str
    does: str
    topics: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    gives: tuple[str, ...] = ()


_TAG = {"tag": "Which tag? A star at the end stands for anything."}
_TASK = ("task_id", "task_title")
_MEETING = ("meeting_id", "start_at", "end_at", "title")
_SEEN = "Seen by webhook or by the next sync, whichever comes first."

_ALL = (
    Trigger("gist.contact_created", "gist", "Contact created in Gist", f"Someone new is in Gist. {_SEEN}"),
    Trigger(
        "gist.contact_changed", "gist", "Contact changed in Gist", f"A mapped field changed in Gist. {_SEEN}",
        options={"field": "Which field? Leave it empty for any."}, gives=("fields",),
    ),
    Trigger("gist.tag_added", "gist", "Tag added in Gist", _SEEN, options=_TAG, gives=("tag", "tag_rest")),
    Trigger("gist.tag_removed", "gist", "Tag removed in Gist", _SEEN, options=_TAG, gives=("tag", "tag_rest")),
    Trigger(
        "gist.complete_task", "gist", "Property ghl_complete_task set in Gist",
        f"Somebody wrote the id or title of a task into it. {_SEEN}", gives=("task",),
    ),
    Trigger(
        "gist.conversation_opened", "gist", "Conversation opened in Gist", "Needs Gist's webhooks.",
        topics=("conversation_opened", "contact_initiated_conversation"), gives=("conversation_id",),
    ),
    Trigger(
        "gist.note_added", "gist", "Note added in Gist", "A note in a conversation. Needs Gist's webhook.",
        topics=("note_added",), gives=("note", "conversation_id"),
    ),
    Trigger(
        "gist.meeting_scheduled", "gist", "Meeting scheduled in Gist", "Needs Gist's webhook.",
        topics=("meeting_scheduled",), gives=_MEETING,
    ),
    Trigger(
        "gist.meeting_rescheduled", "gist", "Meeting rescheduled in Gist", "Needs Gist's webhook.",
        topics=("meeting_rescheduled",), gives=_MEETING,
    ),
    Trigger(
        "gist.meeting_cancelled", "gist", "Meeting cancelled in Gist", "Needs Gist's webhook.",
        topics=("meeting_cancelled",), gives=_MEETING,
    ),
    Trigger(
        "gist.event", "gist", "Event performed in Gist", "Needs Gist's webhook.",
        topics=("contact_performed_event",), options={"name": "Which event? Leave it empty for any."},
        gives=("name",),
    ),
    Trigger(
        "gist.webhook", "gist", "Workflow webhook from Gist",
        "A Gist automation sends a body of your own to the address `workflow`.",
        topics=("workflow",), options={"action": "Which action does the body name? Leave it empty for any."},
        gives=("action", "task", "title", "body", "due_at"),
    ),
    Trigger("ghl.contact_created", "ghl", "Contact created in GHL", f"Someone new is in GHL. {_SEEN}"),
    Trigger(
        "ghl.contact_changed", "ghl", "Contact changed in GHL", f"A mapped field changed in GHL. {_SEEN}",
        options={"field": "Which field? Leave it empty for any."}, gives=("fields",),
    ),
    Trigger("ghl.tag_added", "ghl", "Tag added in GHL", _SEEN, options=_TAG, gives=("tag", "tag_rest")),
    Trigger("ghl.tag_removed", "ghl", "Tag removed in GHL", _SEEN, options=_TAG, gives=("tag", "tag_rest")),
    Trigger("ghl.task_created", "ghl", "Task created in GHL", "Needs GHL's webhooks.", gives=_TASK),
    Trigger("ghl.task_completed", "ghl", "Task completed in GHL", "Needs GHL's webhooks.", gives=_TASK),
    Trigger("ghl.task_deleted", "ghl", "Task deleted in GHL", "Needs GHL's webhooks.", gives=_TASK),
    Trigger("ghl.note_added", "ghl", "Note added in GHL", "Needs GHL's webhooks.", gives=("note",)),
    Trigger(
        "ghl.appointment_booked", "ghl", "Appointment booked in GHL", "Needs GHL's webhooks.",
        gives=("start_at", "end_at", "title"),
    ),
    Trigger(
        "ghl.appointment_changed", "ghl", "Appointment changed or cancelled in GHL", "Needs GHL's webhooks.",
        gives=("start_at", "end_at", "title"),
    ),
)  # fmt: skip

TRIGGERS: dict[str, Trigger] = {trigger.key: trigger for trigger in _ALL}
BY_TOPIC: dict[str, Trigger] = {topic: trigger for trigger in _ALL for topic in trigger.topics}


def describe_trigger(entry: Mapping[str, Any]) -> str:
    """A trigger of a definition, in words: `Tag added in Gist (vip)`."""
    trigger = TRIGGERS[entry["on"]]
    chosen = ", ".join(str(entry[option]) for option in trigger.options if entry.get(option))
    return f"{trigger.title} ({chosen})" if chosen else trigger.title


def trigger_fits(entry: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether what happened is what the trigger's options ask for."""
    for option in TRIGGERS[entry["on"]].options:
        wanted = str(entry.get(option) or "").strip()
        if wanted and not _fits_one(option, wanted, facts):
            return False
    return True


def _fits_one(option: str, wanted: str, facts: Mapping[str, Any]) -> bool:
    if option == "field":
        return wanted in facts.get("fields", ())
    actual = str(facts.get(option) or "")
    if wanted.endswith("*"):
        return member_key(actual).startswith(_stem_key(wanted[:-1]))
    return member_key(actual) == member_key(wanted)


def rest_of(pattern: str, tag: str) -> str:
    """What the star of a tag pattern stood for: "task-done:*" and "task-done:abc" give "abc"."""
    if not pattern.strip().endswith("*"):
        return ""
    stem = _stem_key(pattern.strip().rstrip("*"))
    # A tag may look like the pattern and be spelt with more signs or fewer.
    cuts = (cut for cut in range(len(tag), -1, -1) if _stem_key(tag[:cut]) == stem)
    return next((tag[cut:] for cut in cuts), "")


def _stem_key(stem: str) -> str:
    """As `member_key`, but for a text that goes on: a space at its end counts."""
    return member_key(f"{stem}.")[:-1]
