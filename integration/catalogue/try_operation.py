"""Sends one operation to the accounts of a link because a person wants to see what it does, and shows both ends."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from integration.catalogue.entries import CatalogueEntry
from integration.connections.session import contacts_of, exchange_for_link, note_broken_login
from integration.errors import ProviderError, ReconnectRequired, SetupError
from integration.models import Execution, Link, Run, RunStatus, WorkflowVersion
from integration.people.commands import check_may_write
from integration.providers.exchange import Steps
from integration.providers.operations import Call, Operation
from integration.records import PersonRef
from integration.related.write_result import WriteResult, run_of_person
from integration.workflows.actions.base import Context
from integration.workflows.actions.operations import build_call, is_read, is_write, send
from integration.workflows.record import record_result

Mask = Callable[[Any], Any]
# Parts of names of members that say how somebody is reached, and of those that say more about a person.
REACHED_BY = ("email", "phone", "address", "ip_", "number")
ABOUT_PEOPLE = ("name", "title", "body", "birth", "value", "properties", "preview", "text")
# What bodies hold that are not about people.
NOBODYS = ("Tag", "Custom field", "Custom value", "Location", "Workflow", "Segment", "Campaign", "Form", "Business")
MASKED = "•••"


@dataclass
class Tried:
    """What was sent and what came back, masked; `status` of HTTP, or the `problem` that stopped it before an answer.

    `sent` is every call that was made for it, in order; `entry_id` where it stands in the log.
    """

    method: str
    path: str
    body: str
    answer: str
    status: int | None
    milliseconds: int
    problem: str
    sent: list[str]
    entry_id: int | None = None

    @property
    def is_ok(self) -> bool:
        return self.status is not None and self.status < 400


def why_not_tried(entry: CatalogueEntry) -> str:
    """Why this operation has no form to try it; "" where it has one."""
    if entry.operation is None:
        return "It waits for an event, or does several things at once: try it in a workflow, with one real person."
    if entry.key.startswith("ghl.oauth."):
        return "It deals in logins: Gistline calls it itself while it connects an agency."
    if not is_read(entry.operation) and not is_write(entry.operation):
        return "It changes many people at once: Gistline has no button for that."
    return ""


def try_operation(
    entry: CatalogueEntry,
    link: Link,
    values: Mapping[str, Any],
    person: PersonRef,
    user: Any,
    *,
    mask: Mask | None = None,
) -> Tried:
    """Sends it once; bodies are shown through `mask`, by default without what is plainly personal. What writes is put
    on record, also when it is refused. Raises SetupError for what has no form.
    """
    operation = entry.operation
    if operation is None or why_not_tried(entry):
        raise SetupError(why_not_tried(entry))
    writes = not is_read(operation)
    if writes:
        check_may_write(link)
    context, calls_built = _context_of(link, person), list[Call[Any]]()
    work = send(operation, context, values) if writes else _read(operation, context, values, calls_built)
    with exchange_for_link(link) as exchange:
        (sent,) = exchange.run([(None, work)])
    result = sent.value or WriteResult("operation", operation.title, operation.provider, error=sent.error)
    result.calls = sent.calls
    tried = _describe(operation, calls_built, result, mask or partial(mask_personal, subject=entry.subject))
    if writes and sent.calls:
        run = _run_of(link, user, exchange.made, sent.error)
        tried.entry_id = record_result(run, result, person, context.journal).pk
    if isinstance(sent.error, ReconnectRequired) and sent.error.provider:
        note_broken_login(link.connection(sent.error.provider), sent.error)
    return tried


def as_curl(tried: Tried, base_url: str, version: str) -> str:
    """The request as a command for a shell; the login stands as $TOKEN."""
    parts = [f"curl -X {tried.method} {_quoted(base_url + tried.path)}", '-H "Authorization: Bearer $TOKEN"']
    parts += [f"-H 'Version: {version}'"] if version else []
    parts += ["-H 'Content-Type: application/json'", f"-d {_quoted(tried.body)}"] if tried.body else []
    return " \\\n  ".join(parts)


def mask_personal(value: Any, subject: str, name: str = "") -> Any:
    """The same body with personal values replaced: how people are reached and, where it is about people, what they are
    called and what they wrote.
    """
    if isinstance(value, Mapping):
        return {key: mask_personal(one, subject, str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [mask_personal(one, subject, name) for one in value]
    words = REACHED_BY if subject in NOBODYS else REACHED_BY + ABOUT_PEOPLE
    personal = any(word in name.lower() for word in words)
    return MASKED if personal and isinstance(value, str | int | float) and value not in ("", True, False) else value


def _read(
    operation: Operation[Any], context: Context, values: Mapping[str, Any], calls_built: list[Call[Any]]
) -> Steps[WriteResult]:
    call = yield from build_call(operation, context, values)
    calls_built.append(call)
    yield call
    return WriteResult("operation", operation.title, operation.provider)


def _context_of(link: Link, person: PersonRef) -> Context:
    execution = Execution(
        link=link, version=WorkflowVersion(number=0, definition={}), trigger="", facts={}, gist_id=person.gist_id,
        ghl_id=person.ghl_id, label=person.label,
    )  # fmt: skip
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    return Context(link, execution, sides["gist"], sides["ghl"], key="try")


def _run_of(link: Link, user: Any, made: Mapping[str, int], error: ProviderError | None) -> Run:
    run = run_of_person(link, user)
    status = RunStatus.PARTIAL if error else RunStatus.SUCCEEDED
    Run.objects.filter(pk=run.pk).update(api_calls=dict(made), status=status)
    return run


def _describe(operation: Operation[Any], calls_built: list[Call[Any]], result: WriteResult, mask: Mask) -> Tried:
    own = next((one for one in reversed(result.calls) if one.get("operation") == operation.key), {})
    query = "&".join(f"{name}={value}" for call in calls_built for name, value in call.query.items())
    path = f"{own['path']}{'?' + query if query else ''}" if own else ""
    # A call that was answered shows its answer; the sentence is for what never came so far.
    problem = "" if own.get("status") else str(result.error or result.message)
    return Tried(
        method=operation.method, path=path, body=_text(own.get("request"), mask),
        answer=_text(own.get("response"), mask), status=own.get("status"),
        milliseconds=int(own.get("milliseconds") or 0), problem=problem,
        sent=[f"{one['method']} {one['path']}" for one in result.calls],
    )  # fmt: skip


def _text(body: Any, mask: Mask) -> str:
    return "" if body is None else json.dumps(mask(body), indent=2, ensure_ascii=False)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
