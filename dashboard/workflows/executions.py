"""One execution of a workflow as its page shows it: every action with what became of it."""

from dataclasses import dataclass, field

from dashboard.workflows.fields import known_names
from integration.models import Execution, ExecutionState, LogEntry
from integration.workflows import words
from integration.workflows.actions import ACTIONS

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
    entries = execution.entries.defer("calls", "changes").order_by("pk")
    by_step: dict[int, list[LogEntry]] = {}
    for entry in entries[:MOST_ENTRIES]:
        by_step.setdefault(entry.step if entry.step is not None else -1, []).append(entry)
    names = known_names(execution.link)
    return [
        StepView(
            number,
            ACTIONS[one["do"]].title if one["do"] in ACTIONS else one["do"],
            words.values(one, names) if one["do"] in ACTIONS else "",
            *_standing(execution, number),
            by_step.get(number, []),
        )
        for number, one in enumerate(execution.actions)
    ]


def _standing(execution: Execution, number: int) -> tuple[str, str]:
    if number < execution.step or execution.state == ExecutionState.DONE:
        return "ok", "Done"
    if number == execution.step:
        return TONES[ExecutionState(execution.state)]
    return "idle", "Not reached"
