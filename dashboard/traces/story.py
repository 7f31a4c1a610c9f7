"""What one trace is about, in the order in which it happened, each step with the way to it."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard.grants import visible, visible_events
from dashboard.links.env import with_sides
from dashboard.traces.family import entries_of, family_of
from integration.models import EventState, Execution, ExecutionState, InboxEvent, LogEntry, PendingRead, Run, RunStatus
from integration.sync.reasons import reason
from integration.workflows.triggers import TRIGGERS

# Of each kind; a run that reads everyone has a list of its own.
MOST = 100


@dataclass(frozen=True)
class Step:
    """One thing that happened. `kind` names it, `entry` is set for an entry of the log, whose changes and calls belong
    to it.
    """

    at: datetime
    kind: str
    icon: str
    tone: str
    title: str
    why: str = ""
    href: str = ""
    entry: LogEntry | None = None


@dataclass(frozen=True)
class Story:
    trace: str
    steps: list[Step]
    traces: set[str]
    more: bool
    """Of some kind there are more than are shown."""

    @property
    def others(self) -> list[str]:
        """Traces of what was merged with it."""
        return sorted(self.traces - {self.trace})


def read_story(trace: str) -> Story:
    """Empty when nothing that the sender sees has this trace. A fixed number of queries, but for merged webhooks."""
    traces = family_of(trace)
    found = with_sides(entries_of(traces)).select_related("run").prefetch_related("changes")
    entries = list(found.order_by("pk")[:MOST])
    events = list(visible_events(InboxEvent.objects.filter(trace__in=traces)).order_by("pk")[:MOST])
    begun = visible(Execution.objects.filter(trace__in=traces)).select_related("workflow").defer("facts")
    executions = list(begun.order_by("pk")[:MOST])
    waiting = list(visible(PendingRead.objects.filter(trace__in=traces)).select_related("link").order_by("pk")[:MOST])
    ids = {entry.run_id for entry in entries}
    runs = {run.pk: run for run in (entry.run for entry in entries)}
    own = visible(Run.objects.filter(trace__in=traces)).exclude(pk__in=ids).defer("rules", "checkpoint")
    runs |= {run.pk: run for run in own.order_by("pk")[:MOST]}
    steps = [
        *(_event_step(one) for one in events),
        *(_run_step(one) for one in runs.values()),
        *(_entry_step(one) for one in entries),
        *(_execution_step(one) for one in executions),
        *(_waiting_step(one) for one in waiting),
    ]
    # What was stored at the same moment stands in the order above, as it was brought about.
    steps.sort(key=lambda step: step.at)
    more = any(len(found) == MOST for found in (entries, events, executions, waiting))
    return Story(trace, steps, traces, more)


def _event_step(event: InboxEvent) -> Step:
    state = EventState(event.state)
    joined = "It was merged with the webhook before it: one reading covers both." if event.joined else ""
    refused = reverse("rejected_event", args=[event.pk]) if state == EventState.REFUSED else ""
    title = f"Webhook of {event.get_provider_display()}: {event.topic or 'no topic'}"
    why = " ".join(filter(None, [f"{state.label}.", event.message, joined]))
    return Step(event.received_at, "webhook", "bolt", event.provider, title, why, refused)


def _run_step(run: Run) -> Step:
    status = RunStatus(run.status)
    why = f"{status.label}. {run.examined:,} examined, {run.created + run.updated:,} written, {run.failed:,} failed."
    title = f"{run.get_kind_display()} run {run.pk:,} began"
    href = reverse("run", args=[run.pk])
    return Step(run.started_at or run.created_at, "run", "arrow-path", status.tone, title, why, href)


TONES = {"created": "ok", "updated": "ok", "failed": "bad"}


def _entry_step(entry: LogEntry) -> Step:
    title = f"{entry.get_outcome_display()}: {entry.label or 'no name'}"
    why = f"{reason(entry.reason).title}. {entry.message}".strip()
    href = reverse("log_entry", args=[entry.pk])
    return Step(entry.created_at, "entry", "queue-list", TONES.get(entry.outcome, "idle"), title, why, href, entry)


def _execution_step(execution: Execution) -> Step:
    state = ExecutionState(execution.state)
    trigger = TRIGGERS.get(execution.trigger)
    title = f"Workflow “{execution.workflow.name}” began"
    why = f"{trigger.title if trigger else execution.trigger}. {state.label}. {execution.message}".strip()
    href = reverse("workflow_run", args=[execution.pk])
    return Step(execution.created_at, "workflow", "bolt", state.tone, title, why, href)


def _waiting_step(pending: PendingRead) -> Step:
    title = f"A {pending.kind} of {pending.get_side_display()} waits to be read"
    return Step(pending.due_at, "waiting", "clock", "wait", title, f"{pending.link.name} reads it next.")
