"""Every other write operation of both clients, as an action whose inputs are the operation's own parameters."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from integration.errors import LostAnswer, Rejected
from integration.providers.exchange import Steps
from integration.providers.ghl.catalogue import OPERATIONS as GHL
from integration.providers.gist.catalogue import OPERATIONS as GIST
from integration.providers.operations import Call, Json, Operation
from integration.records import is_blank
from integration.related.deeds import Deed, changes_of
from integration.workflows.actions.base import Action, Context, Input, InputType, Values

BODY = "body_json"
"""The input for a body, or those parts of it, that are no plain values; a definition holds it parsed."""
READING_POSTS = ("search", "find")
NOT_FOR_WORKFLOWS = ("ghl.oauth.", "ghl.contacts.list", "gist.contacts.batch")
"""Logins, and what is about many people at once: a workflow is about one."""


PICKED: dict[str, InputType] = {
    "assignedTo": "user", "userId": "user", "assignedUserId": "user", "calendarId": "calendar",
    "dueDate": "moment", "startTime": "moment", "endTime": "moment", "eventStartTime": "moment",
}  # fmt: skip
"""Members of a body that are picked from a list, or are moments."""


def is_read(operation: Operation[Any]) -> bool:
    return operation.method == "GET" or operation.key.rpartition(".")[2] in READING_POSTS


def is_write(operation: Operation[Any]) -> bool:
    """A write that a workflow may do."""
    if is_read(operation):
        return False
    return not operation.key.startswith(NOT_FOR_WORKFLOWS) and "bulk" not in operation.key


def carry_out(operation: Operation[Any], context: Context, values: Values) -> Steps[Deed]:
    """Send the operation as the values say. One that must not be sent twice is not, after an interruption."""
    label = operation.title
    if context.look_first and not operation.repeatable:
        return _unsure(operation)
    call = _call(operation, context, values)
    try:
        answer = yield call
    except LostAnswer:
        if operation.repeatable:
            raise
        return _unsure(operation)
    sent = {name: value for name, value in values.items() if not is_blank(value)}
    return Deed(
        "operation", label, side=operation.provider, did="sent", message=f"{label}: done.",
        changes=changes_of(operation.provider, {}, sent), external_id=_id_in(answer),
    )  # fmt: skip


def _call(operation: Operation[Any], context: Context, values: Values) -> Call[Any]:
    try:
        return operation(body=_body(operation, context, values), **_path(operation, context, values))
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise Rejected(
            f"“{operation.title}” cannot be sent: {place}: {first['msg']}.", provider=operation.provider
        ) from None


def _unsure(operation: Operation[Any]) -> Deed:
    name = {"gist": "Gist", "ghl": "GHL"}[operation.provider]
    return Deed(
        "operation", operation.title, side=operation.provider, reason="unsure",
        message=f"“{operation.title}” may or may not have been carried out: its answer was lost. Look in {name}; "
        "it is not sent again by itself, so that nothing is done twice.",
    )  # fmt: skip


def _path(operation: Operation[Any], context: Context, values: Values) -> dict[str, Any]:
    known = {"contact_id": lambda: _own_id(operation, context), "location_id": lambda: context.link.ghl.account_id}
    path: dict[str, Any] = {}
    for name in operation.parameters:
        given = str(values.get(name) or "") or (known[name]() if name in known else "")
        if not given:
            raise Rejected(f"“{operation.title}” needs {name.replace('_', ' ')}.", provider=operation.provider)
        path[name] = given
    return path


def _own_id(operation: Operation[Any], context: Context) -> str:
    return context.ghl_id if operation.provider == "ghl" else context.gist_id


def _body(operation: Operation[Any], context: Context, values: Values) -> Json | None:
    if operation.body is None:
        return None
    body = {name: value for name, value in values.items() if name not in operation.parameters and not is_blank(value)}
    if isinstance(free := body.pop(BODY, None), dict):
        body |= free
    if "locationId" in operation.body.model_fields:
        body.setdefault("locationId", context.link.ghl.account_id)
    for name in set(body) & set(operation.body.model_fields):
        body[name] = _typed(operation.body.model_fields[name].annotation, body[name])
    return body


def _typed(annotation: Any, value: Any) -> Any:
    """What an operator typed, as the body wants it."""
    types = {annotation, *get_args(annotation)}
    if list[str] in types and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if bool in types and isinstance(value, str):
        return value.strip().lower() in ("true", "yes", "1", "on")
    return value


def _id_in(answer: BaseModel) -> str:
    raw = answer.model_dump()
    inner = next((value for value in raw.values() if isinstance(value, dict)), raw)
    return str(inner.get("id") or raw.get("id") or "")


def _inputs(operation: Operation[Any]) -> tuple[Input, ...]:
    path = [
        Input(name, _label(name), required=name not in ("contact_id", "location_id")) for name in operation.parameters
    ]
    fields = operation.body.model_fields if operation.body else {}
    body = [
        Input(name, _label(name), _kind(name, info.annotation), required=info.is_required())
        for name, info in fields.items()
        if name != "locationId" and _is_simple(info.annotation)
    ]
    return (*path, *body, *_free(operation, fields))


def _free(operation: Operation[Any], fields: Mapping[str, Any]) -> tuple[Input, ...]:
    """Where there is no form for the body, or for a part of it, it is written as JSON."""
    if operation.body is None:
        return ()
    if not fields:
        return (Input(BODY, "Body", "long", help="JSON, as the documentation of the API asks for it."),)
    nested = {name: info for name, info in fields.items() if not _is_simple(info.annotation)}
    if not nested:
        return ()
    told = f"JSON, for what has no field of its own: {', '.join(nested)}."
    return (Input(BODY, "More of the body", "long", any(info.is_required() for info in nested.values()), told),)


def _is_simple(annotation: Any) -> bool:
    """Texts, numbers, flags and lists of texts can be typed into a form; nested objects cannot."""
    types = {annotation, *get_args(annotation)} - {type(None)}
    return types <= {str, int, float, bool, list[str], str | None, int | None, bool | None, list[str] | None}


def _label(name: str) -> str:
    """`dueDate` and `user_id` as people say them: `Due date`, `User id`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").capitalize()


def _kind(name: str, annotation: Any) -> InputType:
    if name in PICKED:
        return PICKED[name]
    types = {annotation, *get_args(annotation)}
    return "flag" if bool in types else "number" if int in types and str not in types else "text"


ACTIONS = tuple(
    Action(
        operation.key,
        operation.title,
        f"{operation.method} {operation.path}",
        operation.provider,
        partial(carry_out, operation),
        _inputs(operation),
        kind="operation",
    )
    for operation in (*GHL.values(), *GIST.values())
    if is_write(operation)
)
