"""What happened becomes executions: each enabled workflow whose trigger it fits begins once for it.

Contacts are noticed where their decision is put on record, tasks and the like where they are taken in, and Gist's
events where they are unpacked; each in the transaction that makes it happen no second time.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from integration.mapping.carried import NAMES
from integration.models import Execution, ExecutionState, InboxEvent, Link, Mode, Snapshot, Workflow
from integration.queue import call_worker
from integration.records import PersonRef, RelatedRecord, is_blank
from integration.related import store
from integration.related.gist_properties import PREFIX
from integration.sync.news import ContactNews
from integration.trace import current_trace
from integration.values import same_value, split_members
from integration.workflows import loops
from integration.workflows.triggers import rest_of, trigger_fits

REQUEST = f"{PREFIX}ghl_complete_task"
CARRIED = {PREFIX + name for name in NAMES}
# A workflow that runs so often for one person in so many minutes is taken for a loop.
# `loops` leaves out what a workflow wrote itself; two that start each other are only known by how often they run.
LOOP_RUNS, LOOP_MINUTES = 25, 10
# What no action of a workflow can bring about: however many come, people sent them.
NEVER_IN_A_LOOP = ("gist.webhook", "gist.meeting_scheduled", "gist.meeting_rescheduled", "gist.meeting_cancelled")
LOOP = (
    f"It ran {LOOP_RUNS} times for this person within {LOOP_MINUTES} minutes, as workflows do that start each other. "
    "Nothing was done this time. Look at what its actions change, and at the triggers of the other workflows."
)


def workflows_on(link: Link) -> list[Workflow]:
    """Those that are switched on; none while the link only watches."""
    if link.mode != Mode.LIVE:
        return []
    return list(Workflow.objects.filter(link=link, enabled=True))


def watched_kinds(link: Link) -> set[str]:
    """Of what belongs to GHL's contacts, the kinds that a workflow waits for news of."""
    keys = {one["on"] for workflow in workflows_on(link) for one in workflow.definition["triggers"]}
    return {kind for (kind, _), key in RELATED.items() if key in keys}


# Contacts ------------------------------------------------------------------------------------------------


def begin_for_contacts(link: Link, news: Iterable[ContactNews]) -> None:
    """Begin what these contacts' changes trigger. Where no workflow is switched on, `news` is not even gathered."""
    workflows, begun = workflows_on(link), []
    if not workflows:
        return
    for one in news:
        for workflow in workflows:
            for key, facts in _fired_triggers(workflow, one):
                by_others = _by_others(workflow, one, key, facts)
                begun += _build_executions(
                    workflow, key, one.person, by_others, _contact_cause(key, one), trace=one.trace
                )
    _save_executions(begun)


def _by_others(workflow: Workflow, news: ContactNews, key: str, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The facts without what the workflow did itself, None when nothing is left: its own work does not start it."""
    # Nobody is made new by a workflow of this link: the first time somebody is new is worth its beginning.
    if news.before is None or key.endswith("contact_created") or not _fitting_trigger(workflow, key, facts):
        return facts
    mine = loops.own_changes(workflow, news.side, news.contact_id, news.decided_run)
    return loops.without_own_changes(mine, key, facts, news.after) or None


def _contact_cause(key: str, news: ContactNews) -> str:
    if key.endswith("contact_created"):
        # Someone is new once, whether a webhook or a run reports it.
        return f"{key}:{news.contact_id}"
    # A field or tag can change again and again, so each change is a cause of its own. It is noticed in the transaction
    # that moves the snapshot, which is why it cannot be noticed twice.
    return f"{key}:{uuid.uuid4().hex}"


def _fired_triggers(workflow: Workflow, news: ContactNews) -> Iterable[tuple[str, dict[str, Any]]]:
    """Trigger keys and event facts of what the news hold."""
    side = news.side
    # Whom a filter leaves out until an edit is known here, and new to the link.
    new = (news.before is None or news.taken_since is not None) and _is_new(workflow, news)
    if news.before is None and not new:
        return  # Known to the other system long before the workflow was: a backfill greets nobody.
    if new:
        yield f"{side}.contact_created", {}
    before = news.before or {}
    # A field that was not kept before says nothing about a change.
    fields = [key for key in before if key in news.after and not same_value(before[key], news.after[key])]
    # Tags and the request have triggers of their own, and what Gistline carries is no edit of anybody's.
    fields = [key for key in fields if key not in ("tags", REQUEST) and key not in CARRIED]
    if fields and not new:
        yield f"{side}.contact_changed", {"fields": fields, "before": {key: before.get(key) for key in fields}}
    held, now = split_members(before.get("tags")), split_members(news.after.get("tags"))
    for name in now.keys() - held.keys():
        yield f"{side}.tag_added", {"tag": now[name]}
    for name in held.keys() - now.keys():
        yield f"{side}.tag_removed", {"tag": held[name]}
    asked = news.after.get(REQUEST)
    if not is_blank(asked) and not same_value(before.get(REQUEST), asked):
        yield "gist.complete_task", {"task": str(asked)}


def _is_new(workflow: Workflow, news: ContactNews) -> bool:
    """Whether somebody never seen, or left out by a filter until now, came after the workflow was switched on."""
    if news.taken_since is not None:
        return True
    # Without a creation date the best evidence is the first full run: who turns up after it was not there before.
    if not news.made_at:
        return workflow.link.full_run_at is not None
    switched_on = workflow.enabled_at or timezone.now()
    # Gist gives creation times in whole seconds (docs/gist-api.md#dates): somebody made in the second of switching on
    # is new.
    return max(news.made_at) >= switched_on.replace(microsecond=0)


# Tasks, notes, appointments ------------------------------------------------------------------------------


RELATED = {
    ("task", store.CREATED): "ghl.task_created",
    ("task", store.COMPLETED): "ghl.task_completed",
    ("task", store.REOPENED): "ghl.task_reopened",
    ("task", store.CHANGED): "ghl.task_changed",
    ("task", store.DELETED): "ghl.task_deleted",
    ("note", store.CREATED): "ghl.note_added",
    ("note", store.CHANGED): "ghl.note_changed",
    ("note", store.DELETED): "ghl.note_deleted",
    ("appointment", store.CREATED): "ghl.appointment_booked",
    ("appointment", store.CHANGED): "ghl.appointment_changed",
    ("appointment", store.CANCELLED): "ghl.appointment_changed",
    ("appointment", store.DELETED): "ghl.appointment_deleted",
}


def begin_for_related(
    link: Link, news: Iterable[store.News], person: PersonRef, by: Execution | None = None, *, trace: str = ""
) -> None:
    """Begin what happened to tasks, notes and appointments; a workflow is not started by its own work. `trace`: where
    no other is followed.
    """
    begun = []
    on = workflows_on(link)
    for one in news:
        for what in _kinds_of(one):
            key = RELATED.get((one.record.kind, what))
            if key:
                # `workflow_id` is the workflow that made the record, `by` the one whose action is at work now: neither
                # is started by what it did itself.
                others = [flow for flow in on if flow.pk not in (one.workflow_id, by and by.workflow_id)]
                facts, cause = _facts_of(one.record), _related_cause(key, what, one)
                begun += [
                    made for flow in others for made in _build_executions(flow, key, person, facts, cause, trace=trace)
                ]
    _save_executions(begun)


def _related_cause(key: str, what: str, news: store.News) -> str:
    """What names the event: a record is created and deleted once, whoever reports it, but changed again and again."""
    if what in (store.CREATED, store.DELETED):
        return f"{key}:{news.record.id}"
    # A task can be completed again and again, each time with a cause of its own. The first event about a record is
    # often read by a run and then told by a webhook too: it gets a fixed cause, so that the database takes it once.
    first = news.is_first_event or news.what == store.CREATED
    return f"{key}:{news.record.id}:{'met' if first else uuid.uuid4().hex[:8]}"


def _kinds_of(news: store.News) -> Iterable[str]:
    """A task that is already completed when it is first read was both created and completed."""
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


# Events of Gist ------------------------------------------------------------------------------------------


def begin_for_event(link: Link, key: str, inbox_event: InboxEvent, person: PersonRef, facts: Mapping[str, Any]) -> None:
    """Begin what a webhook triggers by itself. The contact may be known by its e-mail address only, in `facts`."""
    begun = []
    for workflow in workflows_on(link):
        begun += _build_executions(workflow, key, person, facts, f"event:{inbox_event.pk}", inbox_event)
    _save_executions(begun)


# Beginning -----------------------------------------------------------------------------------------------


def _fitting_trigger(workflow: Workflow, key: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of the definition whose trigger and options fit what happened; None when none does."""
    return next((one for one in workflow.definition["triggers"] if one["on"] == key and trigger_fits(one, facts)), None)


def _build_executions(
    workflow: Workflow,
    key: str,
    person: PersonRef,
    facts: Mapping[str, Any] | None,
    cause: str,
    inbox_event: InboxEvent | None = None,
    *,
    trace: str = "",
) -> list[Execution]:
    if facts is None or (entry := _fitting_trigger(workflow, key, facts)) is None:
        return []
    event_facts = {**facts, "tag_rest": rest_of(entry["tag"], facts["tag"])} if entry.get("tag") else dict(facts)
    execution = Execution(
        link_id=workflow.link_id,
        workflow=workflow,
        version=workflow.versions.get(number=workflow.version),
        cause=cause[:200],
        trigger=key,
        event=inbox_event,
        gist_id=person.gist_id,
        ghl_id=person.ghl_id,
        label=person.label,
        facts={"event": event_facts},
        trace=current_trace() or trace,
    )
    return [_unless_loop(execution)]


def _unless_loop(execution: Execution) -> Execution:
    if execution.trigger in NEVER_IN_A_LOOP:
        return execution
    lately = timezone.now() - timedelta(minutes=LOOP_MINUTES)
    of_person = {"gist_id": execution.gist_id} if execution.gist_id else {"ghl_id": execution.ghl_id}
    runs = Execution.objects.filter(workflow=execution.workflow, created_at__gt=lately, **of_person).count()
    # Put on record as skipped with the reason instead of being left out silently.
    if runs >= LOOP_RUNS and any(of_person.values()):
        execution.state, execution.reason, execution.message = ExecutionState.SKIPPED, "loop", LOOP
        execution.finished_at = timezone.now()
    return execution


def _save_executions(begun: list[Execution]) -> None:
    """Store the executions whose cause is new, and have a worker called for their links.

    Nothing begins for somebody whom the link's filter leaves out.
    """
    begun = [one for one in begun if not _is_filtered(one)]
    if begun:
        # The unique constraint on workflow and cause is what makes webhook, poll and repeat of one event begin it once.
        Execution.objects.bulk_create(begun, ignore_conflicts=True)
        call_worker(Link.objects.filter(pk__in={one.link_id for one in begun}))


def _is_filtered(execution: Execution) -> bool:
    """As the last run decided. Who was never read is asked for when the execution's turn comes (executions.py)."""
    ids = Q(side="gist", external_id=execution.gist_id) | Q(side="ghl", external_id=execution.ghl_id)
    return Snapshot.objects.filter(ids, link_id=execution.link_id, reason="filtered").exists()
