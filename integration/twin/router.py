"""What a twin's operations are made of: a call comes in, a reply or a refusal goes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from integration.twin.store import Doc, Store


@dataclass
class Call:
    """One call to a twin. `account` and `token` are known once it is authorised."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    store: Store
    request: HttpRequest
    params: dict[str, str] = field(default_factory=dict)
    account: str = ""
    token: Doc = field(default_factory=dict)

    def many(self, name: str) -> list[str]:
        """A query parameter given several times, as `name`, `name[]` or joined by commas."""
        given = self.request.GET.getlist(name) + self.request.GET.getlist(f"{name}[]")
        return [part for item in given for part in item.split(",") if part]


class Raw(str):
    """A body that is text already."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.reply = Reply(status, body, headers or {})


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """`writes` ones run in a transaction; `access` says which tokens may call it."""

    method: str
    pattern: str
    handler: Handler
    status: int
    scope: str
    access: str
    writes: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.pattern}"


class Router:
    """Finds the operation for a method and path. `{name}` in a pattern is any one segment; literal ones go first."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._by_shape: dict[tuple[str, int], list[tuple[list[str], Operation]]] = {}

    def add(
        self,
        method: str,
        pattern: str,
        *,
        status: int = 200,
        scope: str = "",
        access: str = "location",
        writes: bool | None = None,
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            changes = method != "GET" if writes is None else writes
            operation = Operation(method, pattern, handler, status, scope, access, changes)
            segments = _segments(pattern)
            self.operations.append(operation)
            self._by_shape.setdefault((method, len(segments)), []).append((segments, operation))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        segments = _segments(path)
        fitting = [
            (segments_of, operation)
            for segments_of, operation in self._by_shape.get((method, len(segments)), [])
            if all(own == given or own[0] == "{" for own, given in zip(segments_of, segments, strict=True))
        ]
        if not fitting:
            return None
        own, operation = min(fitting, key=lambda pair: sum(segment[0] == "{" for segment in pair[0]))
        return operation, {name[1:-1]: value for name, value in zip(own, segments, strict=True) if name[0] == "{"}


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
