"""Things that go wrong on purpose: rules set over the control address, drawn with a seed so that runs repeat.

A rule: {"side": "ghl"|"gist"|null, "method": "POST"|null, "path": regex|null, "kind": one of KINDS, "rate": 0..1,
"times": how often it may happen|null, "seconds": for latency, hang and lag, "retry_after": for 429}.
"""

import os
import random
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from integration.twin.store import Doc, Store

KINDS = (
    "latency",
    "429",
    "500",
    "hang",
    "reset_before",
    "reset_after",
    "broken_json",
    "expired_token",
    "lag",
)


class Broken(Exception):
    """The connection is to be broken: no answer leaves the house."""


@dataclass(frozen=True)
class Fate:
    """What happens to one call. `lag` is how many seconds the search index stays behind its write."""

    kind: str = ""
    seconds: float = 0
    retry_after: float | None = None
    latency: float = 0
    lag: float = 0


NO_FAULT = Fate()


def set_faults(store: Store, rules: list[Doc], seed: int) -> None:
    """Raises ValueError for a kind or pattern that cannot be."""
    for rule in rules:
        if rule.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        re.compile(rule.get("path") or "")
    with store.transaction():
        store.run("DELETE FROM counters WHERE name LIKE 'fault:%'")
        store.set_control("faults", {"rules": rules, "seed": seed})


def fate_of(store: Store, side: str, method: str, path: str) -> Fate:
    """Draw every rule that fits; of those that end the call the first one drawn counts."""
    plan = store.control("faults", None)
    if not plan or not plan["rules"]:
        return NO_FAULT
    drawn = [rule for number, rule in _fitting(plan["rules"], side, method, path) if _draw(store, plan, number, rule)]
    ending = next((rule for rule in drawn if rule["kind"] not in ("latency", "lag")), {})
    return Fate(
        kind=ending.get("kind", ""),
        seconds=float(ending.get("seconds") or 60),
        retry_after=ending.get("retry_after"),
        latency=sum(float(rule.get("seconds") or 0) for rule in drawn if rule["kind"] == "latency"),
        lag=max((float(rule.get("seconds") or 3) for rule in drawn if rule["kind"] == "lag"), default=0),
    )


def _fitting(rules: list[Doc], side: str, method: str, path: str) -> Iterator[tuple[int, Doc]]:
    for number, rule in enumerate(rules):
        if rule.get("side") not in (None, side) or rule.get("method") not in (None, method):
            continue
        if re.search(rule.get("path") or "", path):
            yield number, rule


def _draw(store: Store, plan: Doc, number: int, rule: Doc) -> bool:
    with store.transaction():
        turn = store.number(f"fault:{number}:turn")
        chance = random.Random(f"{plan['seed']}:{number}:{turn}").random()  # noqa: S311 -- repeatable on purpose
        if chance >= float(rule.get("rate", 1)):
            return False
        happened = store.number(f"fault:{number}:happened")
    return rule.get("times") is None or happened <= int(rule["times"])


def wait(fate: Fate) -> None:
    """The part of a fault that takes place before the call is looked at. Raises Broken."""
    if fate.latency:
        time.sleep(fate.latency)
    if fate.kind == "hang":
        time.sleep(fate.seconds)
        raise Broken
    if fate.kind == "reset_before":
        raise Broken


def break_connection(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Break the connection for good. The returned response reaches nobody."""
    connection = request.META.get("gunicorn.socket") or _socket_of_runserver(request)
    if connection is None:
        return StreamingHttpResponse(_raise())
    _reset(connection)
    response = HttpResponse(status=500)
    response._has_been_logged = True  # type: ignore[attr-defined] # else Django writes an error into the log
    return response


def _socket_of_runserver(request: HttpRequest) -> Any:
    """Django's development server keeps a connection open whatever a view raises, and hides its socket well."""
    reader = getattr(getattr(request.META.get("wsgi.input"), "_read", None), "__self__", None)
    return getattr(getattr(reader, "raw", None), "_sock", None)


def _reset(connection: Any) -> None:
    """Close with RST, and give the server a dead socket in place of it, to which it cannot write."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ours, theirs = socket.socketpair()
    theirs.close()
    os.dup2(ours.fileno(), connection.fileno())
    ours.close()


def _raise() -> Iterator[bytes]:
    """A WSGI server that reads this finds the connection gone before a byte was sent."""
    raise ConnectionResetError("broken on purpose")
    yield b""
