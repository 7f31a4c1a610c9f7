"""A trace: the short id that everything carries which one webhook, click or run brings about.

    request, or run that begins by itself ─► event ─► pending read ─► snapshot ─► log entry, changes, calls, workflows

Whoever takes up something that is stored with a trace *follows* it: what is stored or logged meanwhile carries it on.
What decides many people at once carries each one's trace with it (`Entry.trace`).
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

# As written in addresses and by whoever looks for one.
TRACE = r"[0-9a-f]{16}"

_followed: ContextVar[str] = ContextVar("trace", default="")
_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


def new_trace() -> str:
    """16 hexadecimal digits: of ten million traces two are alike with a chance of 1 in 300,000."""
    return secrets.token_hex(8)


def read_trace(text: str) -> str:
    """The trace that somebody typed or pasted, "" where it is none."""
    found = text.strip().lower()
    return found if re.fullmatch(TRACE, found) else ""


def current_trace() -> str:
    """The trace that is followed now, "" for none."""
    return _followed.get()


def begin_trace() -> str:
    """For what begins something: the trace of the request under way, else a new one."""
    return current_trace() or new_trace()


def facts_followed() -> Mapping[str, Any]:
    """What each line of the log says beside its message, the trace first where there is one."""
    trace = current_trace()
    return {**_facts.get(), "trace": trace} if trace else _facts.get()


@contextmanager
def follow(trace: str, **facts: Any) -> Iterator[None]:
    """Until this ends, what is stored and logged is part of the trace; a blank one leaves what is followed."""
    token = _followed.set(trace or current_trace())
    try:
        with log_facts(**facts):
            yield
    finally:
        _followed.reset(token)


@contextmanager
def log_facts(**facts: Any) -> Iterator[None]:
    """Until this ends, each line of the log says these facts, which must be no secrets and nobody's data; a `trace`
    among them is that of lines which belong to no other.
    """
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)
