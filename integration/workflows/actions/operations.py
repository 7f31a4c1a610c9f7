"""Every other write operation of both clients, as an action whose inputs are the operation's own parameters."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from integration.errors import LostAnswer, NotSent
from integration.models import CreateOn, Provider
from integration.moments import moment_of
from integration.providers.exchange import Steps
from integration.providers.ghl.catalogue import OPERATIONS as GHL
from integration.providers.ghl.fields import CUSTOM, resolve_field
from integration.providers.gist.catalogue import OPERATIONS as GIST
from integration.providers.operations import Call, Json, Operation
from integration.records import is_blank, is_opted_out
from integration.related.write_result import WriteResult
from integration.workflows.actions.base import BODY, Action, Context, Values
from integration.workflows.actions.operation_inputs import (
    ID_LISTS,
    STANDARD,
    TEAMMATE,
    extra_inputs,
    inputs_of,
    types_of,
)
from integration.workflows.actions.operation_people import PERSON, fill_person, gist_number

# Searches are POST in both APIs because their criteria do not fit an address; they change nothing.
READING_POSTS = ("search", "find")
# Logins, and what is about many people at once: a workflow is about one.
NOT_FOR_WORKFLOWS = ("ghl.oauth.", "ghl.contacts.list", "gist.contacts.batch")
# What has mails sent to a person, unless its body says that it ends them (docs/gist-api.md#campaigns).
SUBSCRIBING = ("gist.campaigns.set", "gist.subscription_types.set", "gist.forms.subscribe")
ENDING = ("unsubscribed", "detach")
CREATING = ("ghl.contacts.create", "ghl.contacts.upsert", "gist.contacts.save")


# Calendars are asked in milliseconds since 1970 (docs/ghl-api.md#calendars).
MILLISECONDS = {"startTime", "endTime", "startDate", "endDate"}
# Sent when it is off, too: what these two are without a word is the calendar's own setting.
SENT_WHEN_OFF = ("toNotify", "ignoreFreeSlotValidation")


def is_read(operation: Operation[Any]) -> bool:
    return operation.method == "GET" or operation.key.rpartition(".")[2] in READING_POSTS


def is_write(operation: Operation[Any]) -> bool:
    """A write that a workflow may do."""
    if is_read(operation):
        return False
    return not operation.key.startswith(NOT_FOR_WORKFLOWS) and "bulk" not in operation.key


def send(operation: Operation[Any], context: Context, values: Values) -> Steps[WriteResult]:
    """Send the operation as the values say. One that must not be sent twice is not, after an interruption."""
    # Neither API knows an idempotency key (docs/ghl-api.md#errors, docs/gist-api.md#errors), so a write that may have
    # arrived is left to a person instead of being sent a second time.
    label = operation.title
    if context.look_first and not operation.repeatable:
        return _unsure_result(operation)
    call = yield from build_call(operation, context, values)
    if _makes_contact(operation, call) and not CreateOn(context.link.create_on).allows(operation.provider):
        there = Provider(operation.provider).label
        return WriteResult(
            "operation", label, side=operation.provider, reason="create_off",
            message=f"“{label}” was not sent: the link creates nobody in {there}.",
        )  # fmt: skip
    if operation.key in SUBSCRIBING and (yield from _is_opted_out(context, call)):
        return WriteResult(
            "operation", label, side=operation.provider, reason="opted_out",
            message=f"“{label}” was not sent: this person stopped e-mails.",
        )  # fmt: skip
    filled_in = {name: value for name, value in values.items() if not is_blank(value)}
    try:
        answer = yield from context.send_call(call, "operation", filled_in)
    # A repeatable one is raised on: the execution tries it again later. The rest ends as "unsure".
    except LostAnswer:
        if operation.repeatable:
            raise
        return _unsure_result(operation)
    return WriteResult(
        "operation", label, side=operation.provider, did="sent", message=f"{label}: done.",
        external_id=_id_in(answer),
    )  # fmt: skip


def _makes_contact(operation: Operation[Any], call: Call[Any]) -> bool:
    """Whether it may make somebody; Gist's saves whom its body names by id (docs/gist-api.md#contacts)."""
    return operation.key in CREATING and not (call.body or {}).get("id")


def _is_opted_out(context: Context, call: Call[Any]) -> Steps[bool]:
    body = call.body or {}
    if not context.execution.gist_id or any(body.get(name) for name in ENDING):
        return False
    contact = yield from context.read_contact("gist")
    return is_opted_out("gist", contact.values)


def build_call(operation: Operation[Any], context: Context, values: Values) -> Steps[Call[Any]]:
    """The call, not sent yet, with what it needs of the person and the link filled in. Raises NotSent."""
    path = _path_values(operation, context, values)
    query = _query_values(operation, context, values)
    body = _body_values(operation, context, values)
    if body is None:
        query = yield from fill_person(operation.key, context, query)
    else:
        body = yield from fill_person(operation.key, context, body)
    try:
        return operation(query=query, body=body, **path)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise NotSent(
            f"“{operation.title}” cannot be sent: {place}: {first['msg']}.", provider=operation.provider
        ) from None


def _unsure_result(operation: Operation[Any]) -> WriteResult:
    name = Provider(operation.provider).label
    return WriteResult(
        "operation", operation.title, side=operation.provider, reason="unsure",
        message=f"“{operation.title}” may or may not have been carried out: its answer was lost. Look in {name}; "
        "it is not sent again by itself, so that nothing is done twice.",
    )  # fmt: skip


def _path_values(operation: Operation[Any], context: Context, values: Values) -> dict[str, Any]:
    # Callables, because asking for the contact's id raises when the person is not on that side, which only matters to
    # operations that have it in their path.
    known = {"contact_id": lambda: _own_id(operation, context), "location_id": lambda: context.link.ghl.account_id}
    path: dict[str, Any] = {}
    for name in operation.parameters:
        given = str(values.get(name) or "") or (known[name]() if name in known else "")
        if not given:
            raise NotSent(f"“{operation.title}” needs {name.replace('_', ' ')}.", provider=operation.provider)
        path[name] = given
    return path


def _query_values(operation: Operation[Any], context: Context, values: Values) -> dict[str, Any]:
    query = {name: values[name] for name in operation.query if not is_blank(values.get(name))}
    for name in MILLISECONDS & query.keys():
        moment = moment_of(str(query[name]))
        query[name] = round(moment.timestamp() * 1000) if moment else query[name]
    return {"locationId": context.link.ghl.account_id, **query} if "locationId" in operation.query else query


def _own_id(operation: Operation[Any], context: Context) -> str:
    return context.ghl_id if operation.provider == "ghl" else context.gist_id


def _body_values(operation: Operation[Any], context: Context, values: Values) -> Json | None:
    if operation.body is None:
        return None
    body = {name: value for name, value in values.items() if name not in operation.parameters and not is_blank(value)}
    if isinstance(free := body.pop(BODY, None), dict):
        body |= free
    if TEAMMATE in extra_inputs(operation) and (teammate := body.pop(TEAMMATE.name, "")):
        body.setdefault("from", {"type": "teammate", "teammate_id": gist_number(str(teammate))})
    # GHL wants the location in the body too, and it can only be the link's own: it is no input.
    if "locationId" in operation.body.model_fields:
        body.setdefault("locationId", context.link.ghl.account_id)
    body = {**STANDARD.get(operation.key, {}), **body}
    for name in set(body) & set(operation.body.model_fields):
        body[name] = _convert_typed(operation.body.model_fields[name].annotation, body[name])
    if isinstance(fields := body.get("customFields"), Mapping):
        body["customFields"] = _custom_fields(context, fields)
    for name in ID_LISTS:
        if isinstance(ids := body.get(name), str):
            body[name] = [{"id": gist_number(one.strip())} for one in ids.split(",") if one.strip()]
    return {name: value for name, value in body.items() if not _is_left_off(operation, name, value)}


def _custom_fields(context: Context, given: Mapping[str, Any]) -> list[Json]:
    """By id where the field is known: GHL passes over what it does not know (docs/ghl-api.md#custom-fields)."""
    known = context.side("ghl").fields
    named = ((resolve_field(CUSTOM + name.removeprefix(CUSTOM), known), name, value) for name, value in given.items())
    return [{"id": field.custom_id if field else name, "field_value": value} for field, name, value in named]


def _is_left_off(operation: Operation[Any], name: str, value: Any) -> bool:
    """Whether a switch is off that nobody asked to be off: sent, it would subscribe people and reopen tasks."""
    fields = operation.body.model_fields if operation.body else {}
    return value is False and name in fields and not fields[name].is_required() and name not in SENT_WHEN_OFF


def _convert_typed(annotation: Any, value: Any) -> Any:
    """What an operator typed, as the body wants it."""
    types = types_of(annotation)
    if list[str] in types and isinstance(value, str):
        return [piece.strip() for piece in value.split(",") if piece.strip()]
    if bool in types and isinstance(value, str):
        return value.strip().lower() in ("true", "yes", "1", "on")
    # Gist's ids are numbers (docs/gist-api.md#contacts); GHL's are texts.
    if int in types and str in types and isinstance(value, str):
        return gist_number(value.strip())
    return value


def _id_in(answer: BaseModel) -> str:
    raw = answer.model_dump()
    # Both APIs wrap an object in its name, but some answers of GHL are flat (docs/ghl-api.md#calendars).
    inner = next((value for value in raw.values() if isinstance(value, dict)), raw)
    return str(inner.get("id") or raw.get("id") or "")


ACTIONS = tuple(
    Action(
        operation.key,
        operation.title,
        f"{operation.method} {operation.path}",
        operation.provider,
        partial(send, operation),
        inputs_of(operation),
        # Whom Gist is to be told about is read first.
        1 + (operation.key in PERSON and PERSON[operation.key].reads),
        "operation",
    )
    for operation in (*GHL.values(), *GIST.values())
    if is_write(operation)
)
