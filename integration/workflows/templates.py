"""The ready-made workflows: what each is for, and the definition a copy begins with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.mapping.command_tags import COMPLETE_TASK
from integration.workflows.actions import Input
from integration.workflows.actions.tag_bridge import BRIDGE
from integration.workflows.actions.tag_bridge import INPUTS as BRIDGE_INPUTS
from integration.workflows.definition import Definition, check_definition

Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """`does` is a sentence for the gallery; `needs` says what must be set up outside Gistline, "" for nothing.

    `setup` is what is asked before a copy is made; see `with_setup`.
    """

    key: str
    title: str
    does: str
    definition: Definition
    needs: str = ""
    setup: tuple[Input, ...] = ()


def _on(*keys: str, **options: str) -> list[Json]:
    return [{"on": key, **options} for key in keys]


def _do(key: str, **values: Any) -> Json:
    return {"do": key, "values": values}


_WEBHOOKS = "Gist's webhooks, as the Gist connection's page lists them."

_ALL = (
    Template(
        "welcome_new_contact",
        "Welcome new contact",
        "Someone new in Gist arrives in GHL with first tasks, a note and tags.",
        {
            "triggers": _on("gist.contact_created"),
            "match": "all",
            "conditions": [],
            "actions": [
                _do(
                    "task.create", title="Welcome {{ contact.name }}", due_at={"from": "now", "days": 1.0, "hours": 0.0}
                ),
                _do("note.create", body="Came from Gist."),
            ],
        },
    ),
    Template(
        "keep_in_step",
        "Keep in step",
        "When a contact changes, open tasks and the next appointment follow: names in titles, and who takes them.",
        {
            "triggers": _on("gist.contact_changed", "ghl.contact_changed"),
            "match": "all",
            "conditions": [],
            "actions": [
                _do("tasks.update_open", rename=True, assigned_to="{{ contact.owner }}"),
                _do("appointment.update_next", rename=True, assigned_to="{{ contact.owner }}"),
            ],
        },
    ),
    Template(
        "task_done",
        "Task done",
        "A task ticked off in Gist is completed in GHL; Gist shows how the tasks stand, whoever ticked them.",
        {
            "triggers": [
                {"on": "gist.tag_added", "tag": COMPLETE_TASK},
                {"on": "gist.complete_task"},
                {"on": "gist.webhook", "action": "complete_task"},
                {"on": "ghl.task_completed"},
            ],
            "match": "all",
            "conditions": [],
            "actions": [
                _do("task.complete"),
                _do("gist.take_back"),
                _do("carry"),
                _do("gist.event", name="GHL task completed", detail="{{ event.task_title }}"),
            ],
        },
    ),
    Template(
        "contact_opened",
        "Contact opened",
        "When a conversation opens in Gist, the contact shows its GHL tasks, notes and appointments as they are now.",
        {
            "triggers": _on("gist.conversation_opened"),
            "match": "all",
            "conditions": [],
            "actions": [_do("carry")],
        },
        needs=_WEBHOOKS,
    ),
    Template(
        "meeting_booked",
        "Meeting booked",
        "A meeting in Gist becomes an appointment in GHL; moved and cancelled follow.",
        {
            "triggers": _on("gist.meeting_scheduled", "gist.meeting_rescheduled", "gist.meeting_cancelled"),
            "match": "all",
            "conditions": [],
            "actions": [_do("appointment.follow_meeting"), _do("carry")],
        },
        needs=_WEBHOOKS,
    ),
    Template(
        "tag_bridge",
        "Tag bridge",
        "A tag on one side adds or removes a tag on the other; or, for one tag, a GHL workflow or a Gist campaign.",
        {
            "triggers": _on("gist.tag_added", "gist.tag_removed", "ghl.tag_added", "ghl.tag_removed"),
            "match": "all",
            "conditions": [],
            "actions": [_do(BRIDGE)],
        },
        setup=(Input("tag", "Tag", help="Empty: every tag. A star at the end stands for anything."), *BRIDGE_INPUTS),
    ),
)

TEMPLATES: dict[str, Template] = {template.key: template for template in _ALL}


def with_setup(template: str, values: Mapping[str, Any]) -> Definition:
    """The template's definition with what was asked before a copy is made. Raises SetupError."""
    base = TEMPLATES[template].definition
    given = {one.name: values[one.name] for one in TEMPLATES[template].setup if values.get(one.name)}
    tag = given.pop("tag", "")
    triggers = [{**one, "tag": tag} if tag else one for one in base["triggers"]]
    actions = [{**one, "values": given} if given and one["do"] == BRIDGE else one for one in base["actions"]]
    return check_definition({**base, "triggers": triggers, "actions": actions})


def from_setup(template: str, entry: Mapping[str, Any]) -> Definition:
    """The definition of a setup file's entry: the template's own, with the tasks, notes and tags it names.

    `tasks` are `{"title", "body", "due_in_days", "assigned_to"}`, `notes` `{"body"}`, `tags` texts; what the entry
    does not name stays as the template has it.
    """
    base = TEMPLATES[template].definition
    asked = [
        *(_task_action(task) for task in entry.get("tasks") or ()),
        *(_note_action(note) for note in entry.get("notes") or ()),
    ]
    if tags := entry.get("tags"):
        asked.append(_do("ghl.tags.add", tags=", ".join(tags)))
    if user := entry.get("assigned_to"):
        asked.insert(0, _do("contact.assign", user_id=user))
    if not asked:
        return base
    # The actions of this template are examples of exactly what the entry names; those of the others are what the
    # template is for.
    kept = [] if template == "welcome_new_contact" else base["actions"]
    return {**base, "actions": [*kept, *asked]}


def _task_action(task: Mapping[str, Any]) -> Json:
    days = task.get("due_in_days")
    due = {"due_at": {"from": "now", "days": float(1 if days is None else days), "hours": 0.0}}
    optional = {name: task[name] for name in ("body", "assigned_to") if task.get(name)}
    return _do("task.create", title=task["title"], **optional, **due)


def _note_action(note: Mapping[str, Any]) -> Json:
    return _do("note.create", body=note["body"])


def as_setup(template: str, definition: Mapping[str, Any]) -> Json:
    """The keys of a setup file's entry that make this definition; `definition` itself where nothing less says it."""
    # An export stays as short as what a person would have written, and importing it again changes nothing.
    if template in TEMPLATES and definition == check_definition(TEMPLATES[template].definition):
        return {}
    entry = _entry_of(definition["actions"])
    if template in TEMPLATES and entry and definition == check_definition(from_setup(template, entry)):
        return entry
    return {"definition": dict(definition)}


def _entry_of(actions: Sequence[Mapping[str, Any]]) -> Json:
    """Tasks, notes, tags and owner that these actions give; whether they say all of it, the caller looks."""
    entry: Json = {}
    for action in actions:
        values = action["values"]
        if action["do"] == "task.create":
            days = values["due_at"].get("days", 0) if isinstance(values.get("due_at"), dict) else 0
            optional = {name: values[name] for name in ("title", "body", "assigned_to") if name in values}
            entry.setdefault("tasks", []).append(optional | {"due_in_days": int(days)})
        elif action["do"] == "note.create":
            entry.setdefault("notes", []).append({"body": values["body"]})
        elif action["do"] == "ghl.tags.add":
            entry["tags"] = [tag.strip() for tag in str(values["tags"]).split(",")]
        elif action["do"] == "contact.assign":
            entry["assigned_to"] = values["user_id"]
    return entry
