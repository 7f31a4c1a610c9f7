"""Fixes that a person makes on another page, and a full sync, which finds out what remains."""

from typing import Any

from integration.models import Execution, Pause, RunKind
from integration.problems.fixes.affected import Affected
from integration.problems.fixes.offer import Offer
from integration.problems.pause import describe_pause, pause, pauses_of
from integration.runs.start import start_run


def _everything(affected: Affected) -> str:
    return "Solves it whole." if affected.count == 1 else f"Solves all {affected.count:,}."


def to_reconnect(affected: Affected) -> Offer | None:
    connection = affected.problem.link.connection(affected.problem.side or "ghl")
    title = f"Sign in to {connection.name} once more"
    outcome = f"{_everything(affected)} Mappings and history stay."
    return Offer(title, outcome, "Reconnect", route="connection_reconnect", key=connection.key)


def to_connection(affected: Affected) -> Offer | None:
    connection = affected.problem.link.connection(affected.problem.side or "ghl")
    return Offer(
        f"See what uses the calls of {connection.name}",
        "It goes on by itself as soon as there are calls again.",
        "Open the connection",
        route="connection",
        key=connection.key,
    )


def to_mapping(affected: Affected) -> Offer | None:
    title, outcome = "Change the row in the mapping", "Its row says what is wrong with it."
    return Offer(title, outcome, "Open the mapping", route="mapping", key=affected.problem.link.key)


def to_people(affected: Affected) -> Offer | None:
    title = "Merge or link them on their contact pages"
    outcome = f"{_everything(affected)} Each contact page shows both records side by side."
    return Offer(title, outcome, "See who", route="#people")


def to_workflow(affected: Affected) -> Offer | None:
    """Only where it was a workflow's action that failed."""
    workflow = _workflow_of(affected)
    if not workflow:
        return None
    title, outcome = "Change the action in its workflow", "New runs of the workflow keep to it; retry the others after."
    return Offer(title, outcome, "Open the workflow", route="workflow", key=workflow)


def _workflow_of(affected: Affected) -> str:
    """The workflow whose actions fail, "" where it is none."""
    executions = [entry.execution_id for entry in affected.entries if entry.execution_id]
    workflow = Execution.objects.filter(pk__in=executions[:1]).values_list("workflow", flat=True).first()
    return str(workflow or "")


def test_pausing_workflow(affected: Affected) -> Offer | None:
    key = _workflow_of(affected)
    if not key or key in pauses_of(affected.problem.link, Pause.What.WORKFLOW):
        return None
    title, outcome = (
        "Have the workflow rest",
        "Nothing more of it fails; what it would do waits for later.",
    )
    return Offer(title, outcome, "Pause the workflow", retries=False)


def pause_workflow(affected: Affected, user: Any) -> str:
    """Raises SetupError."""
    made = pause(affected.problem.link, Pause.What.WORKFLOW, _workflow_of(affected), user, "paused to repair a problem")
    return f"{describe_pause(made)} rests until you have it go on, on the page of problems."


def test_full_sync(affected: Affected) -> Offer | None:
    title, outcome = "Read everyone on both sides again", "Finds out what remains of each of these records."
    return Offer(title, outcome, "Start a full sync", retries=False)


def start_full_sync(affected: Affected, user: Any) -> str:
    """Raises SetupError."""
    run = start_run(affected.problem.link, RunKind.FULL, user=user)
    return f"Run {run.pk} reads everyone."
