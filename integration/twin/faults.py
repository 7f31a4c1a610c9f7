"""Things that go wrong on purpose: rules set over the control address, drawn with a seed so that runs repeat.

A rule: {"side": "ghl"|"gist"|null, "method": "POST"|null, "path": regex|null, "kind": one of KINDS, "rate": 0..1,
"times": how often it may happen|null, "seconds": for latency, hang (else a minute) and lag, "retry_after": for 429}.
"""

import os
import random
import re
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from integration.twin.store import Doc, Store

# latency and lag come on top of whatever else happens to a call; of the others it suffers one at most.
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
    """The connection is to be broken without an answer."""


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
        # A pattern that does not compile is refused here, where it can be said, and not in every later call.
        re.compile(rule.get("path") or "")
    with store.transaction():
        # The draws begin anew, so that the same seed gives the same faults after every change of the rules.
        store.run("DELETE FROM counters WHERE name LIKE 'fault:%'")
        store.set_control("faults", {"rules": rules, "seed": seed})


def fate_of(store: Store, side: str, method: str, path: str) -> Fate:
    """What happens to this call: every rule that fits is drawn, and of the drawn ones that end it the first counts."""
    plan = store.control("faults", None)
    if not plan or not plan["rules"]:
        return NO_FAULT
    drawn = [
        rule
        for number, rule in _matching_rules(plan["rules"], side, method, path)
        if _draw_rule(store, plan, number, rule)
    ]
    ending = next((rule for rule in drawn if rule["kind"] not in ("latency", "lag")), {})
    return Fate(
        kind=ending.get("kind", ""),
        # A minute outlasts the time-out of every client of which one is known (docs/gist-api.md#errors).
        seconds=float(ending.get("seconds", 60)),
        retry_after=ending.get("retry_after"),
        latency=sum(float(rule.get("seconds") or 0) for rule in drawn if rule["kind"] == "latency"),
        lag=max((float(rule.get("seconds") or 3) for rule in drawn if rule["kind"] == "lag"), default=0),
    )


def _matching_rules(rules: list[Doc], side: str, method: str, path: str) -> Iterator[tuple[int, Doc]]:
    for number, rule in enumerate(rules):
        if rule.get("side") not in (None, side) or rule.get("method") not in (None, method):
            continue
        if re.search(rule.get("path") or "", path):
            yield number, rule


def _draw_rule(store: Store, plan: Doc, number: int, rule: Doc) -> bool:
    with store.transaction():
        # Each turn has a number of its own over all threads and processes, and a chance that depends on nothing else.
        turn = store.next_number(f"fault:{number}:turn")
        chance = random.Random(f"{plan['seed']}:{number}:{turn}").random()  # noqa: S311 -- repeatable on purpose
        if chance >= float(rule.get("rate", 1)):
            return False
        happened = store.next_number(f"fault:{number}:happened")
    return rule.get("times") is None or happened <= int(rule["times"])


def delay_or_break(fate: Fate, request: HttpRequest) -> None:
    """The part of a fault that takes place before the call is looked at. Raises Broken."""
    if fate.latency:
        time.sleep(fate.latency)
    if fate.kind == "hang":
        _wait_while_connected(request, fate.seconds)
        raise Broken
    if fate.kind == "reset_before":
        raise Broken


def _wait_while_connected(request: HttpRequest, seconds: float) -> None:
    """Until then, or until the client has given up: a thread that nobody waits for would be missing for others."""
    connection = _socket_of(request)
    if connection is None:
        time.sleep(seconds)
        return
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        readable, _, _ = select.select([connection], [], [], min(left, 0.5))
        # Readable without data is how the other end's closing shows.
        if readable and _is_closed(connection):
            return
        if readable:
            time.sleep(min(left, 0.5))  # The next call is there already: it waits like this one.


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def break_connection(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Break the connection for good. The returned response reaches nobody."""
    connection = _socket_of(request)
    if connection is None:
        return StreamingHttpResponse(_raise_reset())
    _reset_connection(connection)
    response = HttpResponse(status=500)
    response._has_been_logged = True  # type: ignore[attr-defined] # else Django writes an error into the log
    return response


def _socket_of(request: HttpRequest) -> Any:
    """The connection of a request; None in tests without a server.

    Waitress gives a method of its channel. Django's development server keeps a connection open whatever a view raises,
    and hides its socket well.
    """
    if ask_channel := request.META.get("waitress.client_disconnected"):
        return ask_channel.__self__.socket
    reader = getattr(getattr(request.META.get("wsgi.input"), "_read", None), "__self__", None)
    return getattr(getattr(reader, "raw", None), "_sock", None)


def _reset_connection(connection: Any) -> None:
    """Close with RST, and give the server a dead socket in place of it, to which it cannot write."""
    # With a linger time of 0 seconds close() sends RST instead of ending the connection in order.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ours, theirs = socket.socketpair()
    theirs.close()
    os.dup2(ours.fileno(), connection.fileno())
    ours.close()


def _raise_reset() -> Iterator[bytes]:
    """A WSGI server that reads this finds the connection gone before a byte was sent."""
    raise ConnectionResetError("broken on purpose")
    yield b""
