"""What happened becomes executions: each enabled workflow whose trigger it fits begins once for it.

Contacts are noticed where their decision is put on record, tasks and the like where they are taken in, and Gist's
events where they are unpacked; each in the transaction that makes it happen no second time.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integration.models import Execution, ExecutionState, InboxEvent, Link, Mode, Pair, Workflow
from integration.queue import ring
from integration.records import RelatedRecord, is_blank
from integration.related import store
from integration.related.carry import PREFIX
from integration.workflows import own_work
from integration.workflows.triggers import fits, rest_of

REQUEST = f"{PREFIX}ghl_complete_task"
LOOP_RUNS, LOOP_MINUTES = 25, 10
"""A workflow that runs so often for one person in so many minutes is taken for a loop."""
NEVER_IN_A_LOOP = ("gist.webhook", "gist.meeting_scheduled", "gist.meeting_rescheduled", "gist.meeting_cancelled")
"""What no action of a workflow can bring about: however many come, people sent them."""
LOOP = (
    f"It ran {LOOP_RUNS} times for this person within {LOOP_MINUTES} minutes, as workflows do that start each other. "
    "Nothing was done this time. Look at what its actions change, and at the triggers of the other workflows."
)


@dataclass(frozen=True)
class Person:
    """Who it happened to."""

    gist_id: str = ""
    ghl_id: str = ""
    label: str = ""


@dataclass(frozen=True)
class ContactNews:
    """What was read of a contact against what was known: `before` is None for someone never seen.

    `made_at` is when it was made, as the record says and as its event says; empty when neither does. `decided_run`
    is the run that last decided about the contact.
    """

    side: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    made_at: tuple[datetime, ...]
    person: Person
    decided_run: int = 0

    @property
    def contact_id(self) -> str:
        return self.person.gist_id if self.side == "gist" else self.person.ghl_id


def workflows_on(link: Link) -> list[Workflow]:
    """Those that are switched on; none while the link only watches."""
    if link.mode != Mode.LIVE:
        return []
    return list(Workflow.objects.filter(link=link, enabled=True))


def watched(link: Link) -> set[str]:
    """Of what belongs to GHL's contacts, the kinds that a workflow waits for news of."""
    keys = {one["on"] for workflow in workflows_on(link) for one in workflow.definition["triggers"]}
    return {kind for (kind, _), key in RELATED.items() if key in keys}


# Contacts ------------------------------------------------------------------------------------------------


def contacts(workflows: list[Workflow], news: Iterable[ContactNews]) -> None:
    """Begin what these contacts' changes trigger."""
    begun = []
    for one in news:
        for workflow in workflows:
            for key, facts in _happened(workflow, one):
                begun += _begin(workflow, key, one.person, _by_others(workflow, one, key, facts), _cause(key, one))
    _save(begun)


def _by_others(workflow: Workflow, news: ContactNews, key: str, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The facts without what the workflow did itself, None when nothing is left: its own work does not start it."""
    if news.before is None or not _entry(workflow, key, facts):
        return facts
    mine = own_work.changes(workflow, news.side, news.contact_id, news.decided_run)
    return own_work.without(mine, key, facts, news.after) or None


def _cause(key: str, news: ContactNews) -> str:
    if key.endswith("contact_created"):
        # Someone is new once, however it was heard of.
        return f"{key}:{news.contact_id}"
    return f"{key}:{uuid.uuid4().hex}"


def _happened(workflow: Workflow, news: ContactNews) -> Iterable[tuple[str, dict[str, Any]]]:
    """Trigger keys and event facts of what the news hold."""
    side = news.side
    new = news.before is None
    if new and not _is_new(workflow, news):
        return  # Known to the other system long before the workflow was: a backfill greets nobody.
    if new:
        yield f"{side}.contact_created", {}
    before = news.before or {}
    # A field that was not kept before says nothing about a change.
    fields = [key for key in before if key in news.after and not _same(before[key], news.after[key])]
    fields = [key for key in fields if key not in ("tags", REQUEST)]
    if fields and not new:
        yield f"{side}.contact_changed", {"fields": fields, "before": {key: before.get(key) for key in fields}}
    held, now = _tags(before), _tags(news.after)
    for name in now.keys() - held.keys():
        yield f"{side}.tag_added", {"tag": now[name]}
    for name in held.keys() - now.keys():
        yield f"{side}.tag_removed", {"tag": held[name]}
    asked = news.after.get(REQUEST)
    if not is_blank(asked) and not _same(before.get(REQUEST), asked):
        yield "gist.complete_task", {"task": str(asked)}


def _is_new(workflow: Workflow, news: ContactNews) -> bool:
    """Whether somebody never seen came after the workflow was switched on."""
    if not news.made_at:
        return workflow.link.full_run_at is not None
    switched_on = workflow.enabled_at or timezone.now()
    return max(news.made_at) >= switched_on.replace(microsecond=0)


def _tags(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag).strip().casefold(): str(tag) for tag in values.get("tags") or ()}


def _same(one: Any, other: Any) -> bool:
    return (is_blank(one) and is_blank(other)) or one == other


# Tasks, notes, appointments ------------------------------------------------------------------------------


RELATED = {
    ("task", store.CREATED): "ghl.task_created",
    ("task", store.COMPLETED): "ghl.task_completed",
    ("task", store.DELETED): "ghl.task_deleted",
    ("note", store.CREATED): "ghl.note_added",
    ("appointment", store.CREATED): "ghl.appointment_booked",
    ("appointment", store.CHANGED): "ghl.appointment_changed",
    ("appointment", store.CANCELLED): "ghl.appointment_changed",
}


def related(link: Link, news: Iterable[store.News], person: Person, by: Execution | None = None) -> None:
    """Begin what happened to tasks, notes and appointments; a workflow is not started by its own work."""
    begun = []
    on = workflows_on(link)
    for one in news:
        for what in _kinds_of(one):
            key = RELATED.get((one.record.kind, what))
            if key:
                others = [flow for flow in on if flow.pk not in (one.workflow_id, by and by.workflow_id)]
                facts, cause = _facts_of(one.record), _related_cause(key, what, one)
                begun += [made for flow in others for made in _begin(flow, key, person, facts, cause)]
    _save(begun)


def _related_cause(key: str, what: str, news: store.News) -> str:
    """A record is made and deleted once, however it was heard of; it can be changed again and again."""
    if what in (store.CREATED, store.DELETED):
        return f"{key}:{news.record.id}"
    first = news.met or news.what == store.CREATED
    return f"{key}:{news.record.id}:{'met' if first else uuid.uuid4().hex[:8]}"


def _kinds_of(news: store.News) -> Iterable[str]:
    """A task that is met for the first time when it is completed already was both made and completed."""
    yield news.what
    if news.what == store.CREATED and news.record.values.get("completed"):
        yield store.COMPLETED


def _facts_of(record: RelatedRecord) -> dict[str, Any]:
    values = record.values
    if record.kind == "task":
        return {"task_id": record.id, "task": record.id, "task_title": values.get("title")}
    if record.kind == "note":
        return {"note": values.get("body"), "note_id": record.id}
    return {"appointment_id": record.id, **{key: values.get(key) for key in ("title", "start_at", "end_at")}}


def person_of(link: Link, ghl_id: str) -> Person:
    pair = Pair.objects.filter(link=link, kind="contact", ghl_id=ghl_id, state__in=Pair.TOGETHER).first()
    return Person(pair.gist_id if pair else "", ghl_id, pair.label if pair else "")


# Events of Gist ------------------------------------------------------------------------------------------


def event(link: Link, key: str, heard: InboxEvent, person: Person, facts: Mapping[str, Any]) -> None:
    """Begin what a webhook triggers by itself. The contact may be known by its e-mail address only, in `facts`."""
    begun = []
    for workflow in workflows_on(link):
        begun += _begin(workflow, key, person, facts, f"event:{heard.pk}", heard)
    _save(begun)


# Beginning -----------------------------------------------------------------------------------------------


def _entry(workflow: Workflow, key: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The trigger of the workflow that what happened fits."""
    return next((one for one in workflow.definition["triggers"] if one["on"] == key and fits(one, facts)), None)


def _begin(
    workflow: Workflow,
    key: str,
    person: Person,
    facts: Mapping[str, Any] | None,
    cause: str,
    heard: InboxEvent | None = None,
) -> list[Execution]:
    if facts is None or (entry := _entry(workflow, key, facts)) is None:
        return []
    told = {**facts, "tag_rest": rest_of(entry["tag"], facts["tag"])} if entry.get("tag") else dict(facts)
    execution = Execution(
        link_id=workflow.link_id,
        workflow=workflow,
        version=workflow.versions.get(number=workflow.version),
        cause=cause[:200],
        trigger=key,
        event=heard,
        gist_id=person.gist_id,
        ghl_id=person.ghl_id,
        label=person.label,
        facts={"event": told},
    )
    return [_unless_loop(execution)]


def _unless_loop(execution: Execution) -> Execution:
    if execution.trigger in NEVER_IN_A_LOOP:
        return execution
    lately = timezone.now() - timedelta(minutes=LOOP_MINUTES)
    who = {"gist_id": execution.gist_id} if execution.gist_id else {"ghl_id": execution.ghl_id}
    runs = Execution.objects.filter(workflow=execution.workflow, created_at__gt=lately, **who).count()
    if runs >= LOOP_RUNS and any(who.values()):
        execution.state, execution.reason, execution.message = ExecutionState.SKIPPED, "loop", LOOP
        execution.finished_at = timezone.now()
    return execution


def _save(begun: list[Execution]) -> None:
    """Those of a cause that was met before are there already."""
    if begun:
        Execution.objects.bulk_create(begun, ignore_conflicts=True)
        ring(Link.objects.filter(pk__in={one.link_id for one in begun}))
