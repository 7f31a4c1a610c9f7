"""A dry run of a workflow with one real person: the same steps as ever, with reads sent and writes only shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone
from pydantic import BaseModel, ValidationError

from integration.connections.session import contacts_of, exchange_for_link
from integration.errors import ProviderError
from integration.models import Execution, Link, Pair, Snapshot, WorkflowVersion
from integration.moments import utc_text
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.providers.http import redact_secrets
from integration.providers.operations import Call, Json
from integration.related.write_result import WriteResult
from integration.workflows.actions import ACTIONS, Context
from integration.workflows.actions.operations import is_read
from integration.workflows.conditions import find_unmet_condition
from integration.workflows.definition import Definition
from integration.workflows.executions import carry_out_action
from integration.workflows.facts import gather_facts, why_not_taken
from integration.workflows.triggers import TRIGGERS

R = TypeVar("R")
A = TypeVar("A", bound=BaseModel)
# Stands for the id of what a write would make.
NEW_ID = "new"
# What `event.…` placeholders show in a dry run, where nothing has happened.
EXAMPLES: Mapping[str, Any] = {
    "tag": "example", "tag_rest": "example", "task": "example", "task_id": "example", "task_title": "Example",
    "note": "Example", "title": "Example", "body": "Example", "name": "Example", "action": "example",
    "conversation_id": "0", "meeting_id": "example", "fields": [],
}  # fmt: skip
NO_TASK = "This contact has no task in GHL to try it with. Test with somebody who has one, or add one first."


@dataclass(frozen=True)
class PlannedCall:
    """`sent`: a read that was really made; else a write that only would be. `body` is masked."""

    method: str
    path: str
    body: Json | None
    sent: bool


@dataclass(frozen=True)
class DryRunStep:
    """One action: what it came to in a sentence, `tone` as of a status, and its calls in order."""

    title: str
    outcome: str
    tone: str
    calls: list[PlannedCall]


@dataclass
class DryRun:
    """`unmet` says why the workflow would not be for this person, `problem` why it could not be tried."""

    person: str
    unmet: str = ""
    steps: list[DryRunStep] = field(default_factory=list)
    problem: str = ""

    @property
    def writes(self) -> int:
        return sum(not call.sent for step in self.steps for call in step.calls)


def dry_run(link: Link, definition: Definition, *, gist_id: str = "", ghl_id: str = "") -> DryRun:
    """What the workflow would do for this person now. Give one of the ids at least. Writes nothing."""
    execution = _unsaved_execution(link, definition, gist_id, ghl_id)
    result = DryRun(execution.label or gist_id or ghl_id)
    with exchange_for_link(link) as exchange:
        sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
        try:
            context = _context_of(link, execution, sides)
            execution.facts["event"] |= exchange.carry_out(_find_task(context))
            execution.facts = exchange.carry_out(gather_facts(context, definition))
        except ProviderError as problem:
            result.problem = str(problem)
            return result
        if not (execution.facts["gist"] or execution.facts["ghl"]):
            result.problem = "Neither side has this person."
            return result
        result.unmet = why_not_taken(context, execution.facts) or find_unmet_condition(definition, execution.facts)
        for step in range(len(definition["actions"])):
            execution.step = step
            result.steps.append(_dry_run_step(exchange, _context_of(link, execution, sides)))
    return result


def _unsaved_execution(link: Link, definition: Definition, gist_id: str, ghl_id: str) -> Execution:
    known = {"gist_id": gist_id} if gist_id else {"ghl_id": ghl_id}
    if pair := Pair.objects.filter(link=link, kind="contact", **known).first():
        gist_id, ghl_id = pair.gist_id, pair.ghl_id
    one = Snapshot.objects.filter(link=link, external_id__in=[gist_id, ghl_id]).first()
    # Nothing has happened, so the first trigger lends its examples to the placeholders of `event`.
    trigger = definition["triggers"][0]["on"]
    return Execution(
        link=link,
        version=WorkflowVersion(number=0, definition=definition),
        trigger=trigger,
        gist_id=gist_id,
        ghl_id=ghl_id,
        label=one.label if one else "",
        facts={"event": _example_event(definition["triggers"][0])},
    )


def _example_event(trigger: Mapping[str, str]) -> dict[str, Any]:
    """What the first trigger would tell, by examples."""
    tomorrow = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    moments = {"start_at": utc_text(tomorrow), "end_at": utc_text(tomorrow + timedelta(hours=1))}
    examples = {**EXAMPLES, **moments}
    if pattern := trigger.get("tag"):
        stem = pattern.removesuffix("*")
        examples["tag"] = stem + EXAMPLES["tag_rest"] if pattern.endswith("*") else pattern
    return {name: examples[name] for name in TRIGGERS[trigger["on"]].gives if name in examples}


def _find_task(context: Context) -> Steps[dict[str, Any]]:
    """What the trigger would tell of a task that the contact really has, an open one if there is one.

    Blank where they have none. Nothing is asked where no action completes the task of the trigger.
    """
    if not any(_takes_task(one) for one in context.execution.actions) or not context.execution.ghl_id:
        return {}
    tasks = yield from context.related.list_all("task", context.execution.ghl_id)
    task = next((one for one in tasks if not one.values["completed"]), next(iter(tasks), None))
    event = {**context.event, "task": "", "task_id": "", "tag_rest": ""}
    if task is None:
        return event
    facts = {"task": task.id, "task_id": task.id, "task_title": task.label, "tag_rest": task.id}
    if tag := str(context.event.get("tag") or ""):
        facts["tag"] = tag.removesuffix(EXAMPLES["tag_rest"]) + task.id
    return {**event, **facts}


def _takes_task(entry: Mapping[str, Any]) -> bool:
    """Whether an action works on the task that the trigger names."""
    return entry["do"] == "task.complete" and not (entry.get("values") or {}).get("task")


def _context_of(link: Link, execution: Execution, sides: Mapping[str, ContactSide]) -> Context:
    return Context(link, execution, sides["gist"], sides["ghl"], f"dry-run:{execution.step}")


def _dry_run_step(exchange: Exchange, context: Context) -> DryRunStep:
    action = ACTIONS[context.execution.actions[context.execution.step]["do"]]
    calls: list[PlannedCall] = []
    takes_task = _takes_task(context.execution.actions[context.execution.step])
    if takes_task and context.execution.ghl_id and not context.event.get("task_id"):
        return DryRunStep(action.title, NO_TASK, "idle", calls)
    try:
        result: WriteResult = exchange.carry_out(_without_writes(carry_out_action(action, context), calls))
    except ProviderError as problem:
        return DryRunStep(action.title, str(problem), "bad", calls)
    outcome = f"{result.label} would be {result.did}." if result.did else result.sentence
    return DryRunStep(action.title, outcome, "ok" if result.did else "idle", calls)


def _without_writes(steps: Steps[R], calls: list[PlannedCall]) -> Steps[R]:
    """The steps with their reads sent on, and every write noted and answered as if it had been carried out."""
    answer: Any = None
    error: ProviderError | None = None
    while True:
        try:
            call = steps.throw(error) if error else steps.send(answer)
        except StopIteration as end:
            result: R = end.value
            return result
        # Errors of reads are thrown into the steps, as `Exchange` does, because actions handle Gone and Rejected
        # themselves.
        answer, error = None, None
        sent = is_read(call.operation)
        calls.append(PlannedCall(call.operation.method, call.path, redact_secrets(call.body), sent))
        if not sent:
            answer = _made_up_answer(call)
            continue
        try:
            answer = yield call
        except ProviderError as problem:
            error = problem


def _made_up_answer(call: Call[A]) -> A:
    """An answer of the operation's shape, made of what would be sent."""
    body = call.body or {}
    fields = {**body, "id": str(body.get("id") or NEW_ID)}
    # Answers wrap their object (`{"task": {…}}`): each member that is a model is filled with what would have been sent.
    nested = {
        name: _fit_to_model(info.annotation, fields)
        for name, info in call.operation.answer.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }
    return _fit_to_model(call.operation.answer, {**fields, **nested})


def _fit_to_model(model: type[A], fields: Json) -> A:
    """The model made of what fits it: some answers hold in another shape what was sent, as Gist's tags."""
    try:
        return model.model_validate(fields)
    except ValidationError as problem:
        unfit = {error["loc"][0] for error in problem.errors()}
    fitting = {name: value for name, value in fields.items() if name not in unfit}
    try:
        return model.model_validate(fitting)
    except ValidationError:
        return model.model_construct(**fitting)
