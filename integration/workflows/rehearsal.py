"""A dry run of a workflow with one real person: the same steps as ever, with reads sent and writes only shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from integration.connections import contacts_of, exchange_for_link
from integration.errors import ProviderError
from integration.models import Execution, Link, Pair, Snapshot, WorkflowVersion
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.providers.http import redact
from integration.providers.operations import Call, Json
from integration.related.deeds import Deed
from integration.workflows.actions import ACTIONS, Context
from integration.workflows.actions.operations import is_read
from integration.workflows.conditions import unmet
from integration.workflows.definition import Definition
from integration.workflows.executions import carry_out
from integration.workflows.facts import gather
from integration.workflows.triggers import TRIGGERS

R = TypeVar("R")
A = TypeVar("A", bound=BaseModel)
NEW_ID = "new"
"""Stands for the id of what a write would make."""
EXAMPLES: Mapping[str, Any] = {
    "tag": "example", "tag_rest": "example", "task": "example", "task_id": "example", "task_title": "Example",
    "note": "Example", "title": "Example", "body": "Example", "name": "Example", "action": "example",
    "conversation_id": "0", "meeting_id": "example", "fields": [],
}  # fmt: skip
"""What `event.…` placeholders show in a rehearsal, where nothing has happened."""


@dataclass(frozen=True)
class PlannedCall:
    """`sent`: a read that was really made; else a write that only would be. `body` is masked."""

    method: str
    path: str
    body: Json | None
    sent: bool


@dataclass(frozen=True)
class RehearsedStep:
    """One action: what it came to in a sentence, `tone` as of a status, and its calls in order."""

    title: str
    outcome: str
    tone: str
    calls: list[PlannedCall]


@dataclass
class Rehearsal:
    """`unmet` says why the workflow would not be for this person, `problem` why it could not be rehearsed."""

    person: str
    unmet: str = ""
    steps: list[RehearsedStep] = field(default_factory=list)
    problem: str = ""

    @property
    def writes(self) -> int:
        return sum(not call.sent for step in self.steps for call in step.calls)


def rehearse(link: Link, definition: Definition, *, gist_id: str = "", ghl_id: str = "") -> Rehearsal:
    """What the workflow would do for this person now. Give one of the ids at least. Writes nothing."""
    execution = _execution(link, definition, gist_id, ghl_id)
    rehearsal = Rehearsal(execution.label or gist_id or ghl_id)
    with exchange_for_link(link) as exchange:
        sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
        try:
            execution.facts = exchange.carry_out(gather(_context(link, execution, sides), definition))
        except ProviderError as problem:
            rehearsal.problem = str(problem)
            return rehearsal
        if not (execution.facts["gist"] or execution.facts["ghl"]):
            rehearsal.problem = "Neither side has this person."
            return rehearsal
        rehearsal.unmet = unmet(definition, execution.facts)
        for step in range(len(definition["actions"])):
            execution.step = step
            rehearsal.steps.append(_rehearsed(exchange, _context(link, execution, sides)))
    return rehearsal


def _execution(link: Link, definition: Definition, gist_id: str, ghl_id: str) -> Execution:
    known = {"gist_id": gist_id} if gist_id else {"ghl_id": ghl_id}
    if pair := Pair.objects.filter(link=link, kind="contact", **known).first():
        gist_id, ghl_id = pair.gist_id, pair.ghl_id
    one = Snapshot.objects.filter(link=link, external_id__in=[gist_id, ghl_id]).first()
    trigger = definition["triggers"][0]["on"]
    return Execution(
        link=link,
        version=WorkflowVersion(number=0, definition=definition),
        trigger=trigger,
        gist_id=gist_id,
        ghl_id=ghl_id,
        label=one.label if one else "",
        facts={"event": {name: EXAMPLES[name] for name in TRIGGERS[trigger].gives if name in EXAMPLES}},
    )


def _context(link: Link, execution: Execution, sides: Mapping[str, ContactSide]) -> Context:
    return Context(link, execution, sides["gist"], sides["ghl"], f"rehearsal:{execution.step}")


def _rehearsed(exchange: Exchange, context: Context) -> RehearsedStep:
    action = ACTIONS[context.execution.actions[context.execution.step]["do"]]
    calls: list[PlannedCall] = []
    try:
        deed: Deed = exchange.carry_out(_without_writes(carry_out(action, context), calls))
    except ProviderError as problem:
        return RehearsedStep(action.title, str(problem), "bad", calls)
    said = f"{deed.label} would be {deed.did}." if deed.did else deed.sentence
    return RehearsedStep(action.title, said, "ok" if deed.did else "idle", calls)


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
        answer, error = None, None
        sent = is_read(call.operation)
        calls.append(PlannedCall(call.operation.method, call.path, redact(call.body), sent))
        if not sent:
            answer = _as_if(call)
            continue
        try:
            answer = yield call
        except ProviderError as problem:
            error = problem


def _as_if(call: Call[A]) -> A:
    """An answer of the operation's shape, made of what would be sent."""
    body = call.body or {}
    told = {**body, "id": str(body.get("id") or NEW_ID)}
    nested = {
        name: _shaped(info.annotation, told)
        for name, info in call.operation.answer.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }
    return _shaped(call.operation.answer, {**told, **nested})


def _shaped(model: type[A], told: Json) -> A:
    """The model made of what fits it: some answers hold in another shape what was sent, as Gist's tags."""
    try:
        return model.model_validate(told)
    except ValidationError as problem:
        unfit = {error["loc"][0] for error in problem.errors()}
    fitting = {name: value for name, value in told.items() if name not in unfit}
    try:
        return model.model_validate(fitting)
    except ValidationError:
        return model.model_construct(**fitting)
