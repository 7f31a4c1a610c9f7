"""Every trigger a workflow can have: the one registry that code, pages and setup files read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.values import member_key


@dataclass(frozen=True)
class Trigger:
    """`topics` are the webhooks that start it by themselves; without any it is seen in the record itself, however it
    changed, and `reported_by` are the webhooks that have the record read at once.

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
    reported_by: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """Webhooks by which it is known at once."""
        return self.topics or self.reported_by


_TAG = {"tag": "Which tag? A star at the end stands for anything."}
_TASK = ("task_id", "task_title")
_MEETING = ("meeting_id", "start_at", "end_at", "title")
_SEEN = "Seen by webhook or by the next sync, whichever comes first."
_GIST, _GHL = "Needs Gist's webhook.", "Needs GHL's webhooks."
_CHANGED_IN_GHL = ("ContactUpdate", "ContactTagUpdate", "ContactDndUpdate")
_CONVERSATION = ("conversation_id",)
_OPPORTUNITY = ("opportunity_id", "opportunity", "pipeline_id", "stage_id", "status", "amount", "user_id")
_APPOINTMENT_EVENTS = ("AppointmentCreate", "AppointmentUpdate")
_CREATED_IN_GIST = ("contact_created", "user_created", "lead_created")
_FIELD_EVENTS = ("custom_property_value_updated", "contact_email_updated")


def _gist(key: str, title: str, *topics: str, **more: Any) -> Trigger:
    """One that Gist's webhooks start by themselves."""
    return Trigger(f"gist.{key}", "gist", f"{title} in Gist", more.pop("does", _GIST), topics, **more)


def _ghl(key: str, title: str, *topics: str, **more: Any) -> Trigger:
    """One that GHL's webhooks start by themselves."""
    return Trigger(f"ghl.{key}", "ghl", f"{title} in GHL", more.pop("does", _GHL), topics, **more)


def _related(key: str, title: str, gives: tuple[str, ...], *events: str, does: str = _SEEN) -> Trigger:
    """News of a task, note or appointment."""
    return Trigger(f"ghl.{key}", "ghl", f"{title} in GHL", does, gives=gives, reported_by=events)


_OF_GIST = (
    Trigger(
        "gist.contact_created", "gist", "Contact created in Gist", f"Someone new is in Gist. {_SEEN}",
        reported_by=_CREATED_IN_GIST,
    ),
    Trigger(
        "gist.contact_changed", "gist", "Contact changed in Gist", f"A mapped field changed in Gist. {_SEEN}",
        options={"field": "Which field? Leave it empty for any."}, gives=("fields",), reported_by=_FIELD_EVENTS,
    ),
    Trigger(
        "gist.tag_added", "gist", "Tag added in Gist", _SEEN, options=_TAG, gives=("tag", "tag_rest"),
        reported_by=("contact_tagged",),
    ),
    Trigger(
        "gist.tag_removed", "gist", "Tag removed in Gist", _SEEN, options=_TAG, gives=("tag", "tag_rest"),
        reported_by=("contact_untagged",),
    ),
    Trigger(
        "gist.complete_task", "gist", "Property ghl_complete_task set in Gist",
        f"Somebody wrote the id or title of a task into it. {_SEEN}", gives=("task",), reported_by=_FIELD_EVENTS[:1],
    ),
    _gist("contact_deleted", "Contact deleted", "user_deleted", "lead_deleted"),
    _gist("contact_unsubscribed", "Contact unsubscribed from e-mails", "contact_unsubscribed_from_emails"),
    _gist("email_given", "Lead gave an e-mail address", "lead_submitted_email"),
    _gist(
        "conversation_opened", "Conversation opened", "conversation_opened", "contact_initiated_conversation",
        does="Needs Gist's webhooks.", gives=_CONVERSATION,
    ),
    _gist("conversation_assigned", "Conversation assigned", "conversation_assigned", gives=_CONVERSATION),
    _gist("conversation_closed", "Conversation closed", "conversation_closed", gives=_CONVERSATION),
    _gist("conversation_rated", "Conversation rated", "conversation_rating", gives=("rating", *_CONVERSATION)),
    _gist("message_received", "Message received", "new_message_received", gives=("message", *_CONVERSATION)),
    _gist("teammate_replied", "Teammate replied", "teammate_replied", gives=("message", *_CONVERSATION)),
    _gist(
        "note_added", "Note added", "note_added", does=f"A note in a conversation. {_GIST}",
        gives=("note", *_CONVERSATION),
    ),
    _gist("meeting_scheduled", "Meeting scheduled", "meeting_scheduled", gives=_MEETING),
    _gist("meeting_rescheduled", "Meeting rescheduled", "meeting_rescheduled", gives=_MEETING),
    _gist("meeting_cancelled", "Meeting cancelled", "meeting_cancelled", gives=_MEETING),
    _gist(
        "event", "Event performed", "contact_performed_event",
        options={"name": "Which event? Leave it empty for any."}, gives=("name",),
    ),
    _gist(
        "form_submitted", "Form submitted", "contact_submitted_form",
        options={"form": "Which form, by name? Leave it empty for any."}, gives=("form",),
    ),
    _gist(
        "campaign_subscribed", "Subscribed to a campaign", "contact_subscribed_to_campaign",
        options={"campaign": "Which campaign, by name? Leave it empty for any."}, gives=("campaign",),
    ),
    _gist(
        "campaign_unsubscribed", "Unsubscribed from a campaign", "contact_unsubscribed_from_campaign",
        options={"campaign": "Which campaign, by name? Leave it empty for any."}, gives=("campaign",),
    ),
    _gist(
        "page_visited", "Page visited", "new_page_visit",
        options={"page": "Which page? A star at the end stands for anything; leave it empty for any."},
        gives=("page",),
    ),
    Trigger(
        "gist.webhook", "gist", "Workflow webhook from Gist",
        "A Gist automation sends a body of your own to the address `workflow`.",
        topics=("workflow",), options={"action": "Which action does the body name? Leave it empty for any."},
        gives=("action", "task", "title", "body", "due_at"),
    ),
)  # fmt: skip
_OF_GHL = (
    Trigger(
        "ghl.contact_created", "ghl", "Contact created in GHL", f"Someone new is in GHL. {_SEEN}",
        reported_by=("ContactCreate",),
    ),
    Trigger(
        "ghl.contact_changed", "ghl", "Contact changed in GHL", f"A mapped field changed in GHL. {_SEEN}",
        options={"field": "Which field? Leave it empty for any."}, gives=("fields",), reported_by=_CHANGED_IN_GHL,
    ),
    Trigger(
        "ghl.tag_added", "ghl", "Tag added in GHL", _SEEN, options=_TAG, gives=("tag", "tag_rest"),
        reported_by=("ContactTagUpdate",),
    ),
    Trigger(
        "ghl.tag_removed", "ghl", "Tag removed in GHL", _SEEN, options=_TAG, gives=("tag", "tag_rest"),
        reported_by=("ContactTagUpdate",),
    ),
    _ghl("contact_deleted", "Contact deleted", "ContactDelete"),
    _ghl("contact_dnd_changed", "Do not disturb changed", "ContactDndUpdate"),
    _related("task_created", "Task created", _TASK, "TaskCreate", does=_GHL),
    _related("task_completed", "Task completed", _TASK, "TaskComplete", does=_GHL),
    _related(
        "task_reopened", "Task reopened", _TASK, does="GHL sends no webhook for it: seen when the task is read again.",
    ),
    _related(
        "task_changed", "Task changed", _TASK, does="GHL sends no webhook for it: seen when the task is read again.",
    ),
    _related("task_deleted", "Task deleted", _TASK, "TaskDelete", does=_GHL),
    _related("note_added", "Note added", ("note",), "NoteCreate", does=_GHL),
    _related("note_changed", "Note changed", ("note",), "NoteUpdate", does=_GHL),
    _related("note_deleted", "Note deleted", ("note",), "NoteDelete", does=_GHL),
    _related("appointment_booked", "Appointment booked", _MEETING[1:], "AppointmentCreate", does=_GHL),
    _related(
        "appointment_changed", "Appointment changed or cancelled", _MEETING[1:], *_APPOINTMENT_EVENTS, does=_GHL,
    ),
    _related("appointment_deleted", "Appointment deleted", _MEETING[1:], "AppointmentDelete", does=_GHL),
    _ghl("opportunity_created", "Opportunity created", "OpportunityCreate", gives=_OPPORTUNITY),
    _ghl("opportunity_changed", "Opportunity changed", "OpportunityUpdate", gives=_OPPORTUNITY),
    _ghl(
        "opportunity_status_changed", "Status of an opportunity changed", "OpportunityStatusUpdate",
        options={"status": "Which status: open, won, lost or abandoned? Leave it empty for any."}, gives=_OPPORTUNITY,
    ),
    _ghl(
        "opportunity_stage_changed", "Stage of an opportunity changed", "OpportunityStageUpdate",
        options={"stage_id": "Id of which stage? Leave it empty for any."}, gives=_OPPORTUNITY,
    ),
    _ghl("opportunity_assigned", "Opportunity assigned", "OpportunityAssignedToUpdate", gives=_OPPORTUNITY),
    _ghl("opportunity_value_changed", "Value of an opportunity changed", "OpportunityMonetaryValueUpdate",
         gives=_OPPORTUNITY),
    _ghl("opportunity_deleted", "Opportunity deleted", "OpportunityDelete", gives=_OPPORTUNITY),
    _ghl("message_received", "Message received", "InboundMessage", gives=("message", "channel", "conversation_id")),
    _ghl("message_sent", "Message sent", "OutboundMessage", gives=("message", "channel", "conversation_id")),
)  # fmt: skip
_ALL = (*_OF_GIST, *_OF_GHL)

TRIGGERS: dict[str, Trigger] = {trigger.key: trigger for trigger in _ALL}
BY_TOPIC: dict[tuple[str, str], Trigger] = {(one.side, topic): one for one in _ALL for topic in one.topics}
"""By side and topic of the webhook that starts it."""


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
