"""What the pages of workflows need: their head, the words of their lists, and one execution with its actions."""

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse, reverse_lazy

from dashboard.lists import EmptyState, ListWords
from dashboard.versions import NewerVersion, VersionRow, chosen_versions, versions_context
from dashboard.workflows.drafts import compare_definitions
from dashboard.workflows.fields import known_names
from dashboard.workflows.filters import Today, today_of
from integration.models import Execution, ExecutionState, LogEntry, Outcome, Workflow
from integration.sync.reasons import reason
from integration.workflows import describe
from integration.workflows.actions import ACTIONS

LIST = ListWords(
    things="workflows",
    search_examples="Name, status:on, link:alder, template:task_done",
    no_match="No workflow fits these filters.",
    nothing=EmptyState(
        "No workflows yet",
        "Choose a ready-made one: welcome new contacts, tick off tasks from Gist, book meetings. Each is a copy that "
        "you can change.",
        reverse_lazy("workflow_new"),
        "Add a workflow",
    ),
)


def execution_list(workflow: Workflow) -> ListWords:
    """The words of the history of one workflow."""
    if workflow.enabled:
        text, verb = "It starts by itself when its trigger happens. The test shows what it would do.", "Open the test"
    else:
        text, verb = "It is off. What happens before it is switched on does not start it.", "Open the steps"
    return ListWords(
        things="runs",
        search_examples="Name, e-mail address, id, state:failed",
        no_match="No run of this workflow fits these filters.",
        nothing=EmptyState("It has not run yet", text, reverse("workflow", args=[workflow.pk]), verb),
    )


def head_of(workflow: Workflow, tab: str) -> dict[str, Any]:
    """What the head of every page of a workflow shows."""
    newest = workflow.versions.select_related("created_by").defer("definition").first()
    today = today_of([workflow]).get(workflow.pk, Today())
    return {"workflow": workflow, "link": workflow.link, "tab": tab, "newest": newest, "today": today}


def newer_version(workflow: Workflow, read: int) -> NewerVersion | None:
    """What was saved since version `read` was opened; None when that one still stands."""
    if workflow.version == read:
        return None
    current = workflow.versions.select_related("created_by").get(number=workflow.version)
    opened = workflow.versions.filter(number=read).first()
    before = opened.definition if opened else {}
    return NewerVersion(current, read, before, compare_definitions(before, current.definition))


def workflow_versions_context(workflow: Workflow, query: QueryDict) -> dict[str, Any]:
    found = list(workflow.versions.select_related("created_by"))
    older, newer = chosen_versions(query, found)
    rows = [
        VersionRow(
            version,
            size=len(version.definition["actions"]),
            in_use=version.number == workflow.version,
            restore_href=reverse("workflow_restore", args=[workflow.pk, version.number]),
        )
        for version in found
    ]
    lines = compare_definitions(older.definition if older else {}, newer.definition if newer else {})
    return {**head_of(workflow, "versions"), **versions_context(rows, older, newer, lines, "Actions")}


# One execution ------------------------------------------------------------------------------------------

MOST_ENTRIES = 200
TONES = {
    ExecutionState.WAITING: ("wait", "Waits"),
    ExecutionState.RUNNING: ("run", "Its turn now"),
    ExecutionState.FAILED: ("bad", "Failed"),
    ExecutionState.SKIPPED: ("idle", "Left out"),
}


@dataclass(frozen=True)
class StepView:
    """One action: `tone` as of a status, `state` in words, and its entries in the log, oldest first."""

    number: int
    title: str
    values: str
    tone: str
    state: str
    entries: list[LogEntry] = field(default_factory=list)


def steps_of(execution: Execution) -> list[StepView]:
    entries = execution.entries.defer("calls", "noticed").order_by("pk")
    by_step: dict[int, list[LogEntry]] = {}
    for entry in entries[:MOST_ENTRIES]:
        by_step.setdefault(entry.step if entry.step is not None else -1, []).append(entry)
    names = known_names(execution.link)
    return [
        StepView(
            number,
            ACTIONS[one["do"]].title if one["do"] in ACTIONS else one["do"],
            describe.describe_values(one, names) if one["do"] in ACTIONS else "",
            *_state_of(execution, number, by_step.get(number, [])),
            by_step.get(number, []),
        )
        for number, one in enumerate(execution.actions)
    ]


def _state_of(execution: Execution, number: int, entries: list[LogEntry]) -> tuple[str, str]:
    """Tone and word. An action whose turn is over is done only if its log does not say otherwise."""
    if number < execution.step or execution.state == ExecutionState.DONE:
        if entries and entries[-1].outcome == Outcome.SKIPPED:
            return "wait" if entries[-1].reason == "unsure" else "idle", reason(entries[-1].reason).title
        return "ok", "Done"
    if number == execution.step:
        return TONES[ExecutionState(execution.state)]
    return "idle", "Not reached"
