"""How a twin answers a call: find the operation, check the token, count the call, play faults, run it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from integration.twin import calls, faults
from integration.twin.hooks import watch
from integration.twin.router import Call, Operation, Raw, Refusal, Reply, Router
from integration.twin.store import Doc, Store, current_store

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class Twin:
    """One API: its operations and its own ways of saying who may call and what went wrong.

    `authorise(call)` finds account and token; `admit(call)` counts the call and gives the headers every answer
    carries; `permit(call, operation)` checks what the token may do. All of them raise Refusal.
    """

    side: str
    router: Router
    authorise: Callable[[Call, Operation], None]
    admit: Callable[[Call], Mapping[str, str]]
    permit: Callable[[Call, Operation], None]
    error: Callable[[int, str], Doc]
    expire: Callable[[Call], Refusal]


def answer_request(twin: Twin, request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer one HTTP request for the API path `path`, which begins with a slash."""
    store = current_store()
    store.refresh()
    found = twin.router.find(request.method or "GET", path)
    if found is None:
        calls.count_call(store, twin.side, "unknown", 404)
        return _to_response(Reply(404, twin.error(404, f"Cannot {request.method} {path}")))
    operation, params = found
    try:
        reply = _build_reply(twin, store, request, path, operation, params)
    except faults.Broken:
        calls.count_call(store, twin.side, operation.name, 0)
        return faults.break_connection(request)
    response = reply if isinstance(reply, HttpResponse) else _to_response(reply)
    calls.count_call(store, twin.side, operation.name, response.status_code)
    return response


def _build_reply(
    twin: Twin, store: Store, request: HttpRequest, path: str, operation: Operation, params: dict[str, str]
) -> Any:
    headers: Mapping[str, str] = {}
    fate = faults.NO_FAULT
    try:
        call = _read_call(twin, store, request, params)
        # The call is counted as soon as its account is known. Faults and missing scopes come after that, so that a
        # call which fails on purpose uses up the limit like any other.
        twin.authorise(call, operation)
        headers = twin.admit(call)
        fate = faults.fate_of(store, twin.side, call.method, path)
        _play_fault(twin, call, fate)
        twin.permit(call, operation)
        reply = _run_operation(twin, call, operation, fate)
        # The consent page is for people: it has no rate limit headers and is never cut in half.
        if isinstance(reply, HttpResponse):
            return reply
    except Refusal as refusal:
        # A refusal is an answer like any other, so it may be lost or cut in half below.
        reply = refusal.reply
    # The write stands and only its answer is lost: a client has to look before it sends again
    # (docs/ghl-api.md#errors).
    if fate.kind == "reset_after":
        raise faults.Broken
    body = _half_body(reply.body) if fate.kind == "broken_json" else reply.body
    return Reply(reply.status, body, {**headers, **reply.headers})


def _body_text(body: Any) -> str:
    return body if isinstance(body, Raw) else json.dumps(body, ensure_ascii=False)


def _half_body(body: Any) -> Raw:
    text = _body_text(body)
    return Raw(text[: len(text) // 2])


def _read_call(twin: Twin, store: Store, request: HttpRequest, params: dict[str, str]) -> Call:
    try:
        body = _read_body(request)
    except ValueError as problem:
        raise Refusal(400, twin.error(400, f"Unexpected token in JSON: {problem}")) from problem
    return Call(
        method=request.method or "GET",
        query=request.GET.dict(),
        body=body,
        headers=request.headers,
        store=store,
        request=request,
        params=params,
    )


def _read_body(request: HttpRequest) -> Any:
    """A form as a mapping, else JSON; nothing at all is an empty mapping."""
    if request.content_type in FORMS:
        return request.POST.dict()
    return json.loads(request.body) if request.body else {}


def _play_fault(twin: Twin, call: Call, fate: faults.Fate) -> None:
    """The faults that come in place of the operation. Raises Refusal, or Broken for a connection to be broken."""
    faults.delay_or_break(fate, call.request)
    if fate.kind == "429":
        headers = {} if fate.retry_after is None else {"Retry-After": f"{fate.retry_after:g}"}
        raise Refusal(429, twin.error(429, "Too Many Requests"), headers)
    if fate.kind == "500":
        raise Refusal(500, twin.error(500, "Internal server error"))
    if fate.kind == "expired_token":
        raise twin.expire(call)


def _run_operation(twin: Twin, call: Call, operation: Operation, fate: faults.Fate) -> Any:
    if not operation.writes:
        return _as_reply(operation, operation.handler(call))
    # A refusal raised in the handler rolls back its writes and its events, because the outbox is filled within the
    # same transaction.
    with watch.watch_api(call.store, twin.side), call.store.transaction(), call.store.delay_search(fate.lag):
        return _as_reply(operation, operation.handler(call))


def _as_reply(operation: Operation, answer: Any) -> Any:
    return answer if isinstance(answer, Reply | HttpResponse) else Reply(operation.status, answer)


def _to_response(reply: Reply) -> HttpResponse:
    text = _body_text(reply.body)
    response = HttpResponse(text, status=reply.status, content_type="application/json; charset=utf-8")
    for name, value in reply.headers.items():
        response[name] = value
    # Django would write every refusal into the log, and the twins refuse often on purpose.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
