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
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    store: Store
    request: HttpRequest
    params: dict[str, str] = field(default_factory=dict)
    account: str = ""
    token: Doc = field(default_factory=dict)

    def query_list(self, name: str) -> list[str]:
        """A query parameter given several times, as `name`, `name[]` or joined by commas."""
        given = self.request.GET.getlist(name) + self.request.GET.getlist(f"{name}[]")
        return [piece for item in given for piece in item.split(",") if piece]


class Raw(str):
    """The text of a body, to be sent as it is instead of being written as JSON."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A call is refused: `reply` holds status, body and headers of the answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.reply = Reply(status, body, headers or {})


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """One operation of an API.

    `status` is that of success. `scope` is what the token needs, "" when nothing. `access` is the kind of token that
    may call it: location, agency, both, or open for calls without one. With `writes` it runs in a transaction.
    """

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
        # By method and number of segments, so that a call is compared with a handful of patterns only.
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
            # A search is a POST that only reads; it must not queue behind the one writer.
            changes = method != "GET" if writes is None else writes
            operation = Operation(method, pattern, handler, status, scope, access, changes)
            segments = _split_path(pattern)
            self.operations.append(operation)
            self._by_shape.setdefault((method, len(segments)), []).append((segments, operation))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        segments = _split_path(path)
        fitting = [
            (segments_of, operation)
            for segments_of, operation in self._by_shape.get((method, len(segments)), [])
            if all(own == given or own[0] == "{" for own, given in zip(segments_of, segments, strict=True))
        ]
        if not fitting:
            return None
        # `/users/search` fits `/users/{userId}` too: the pattern with the fewest placeholders is meant.
        own, operation = min(fitting, key=lambda pair: sum(segment[0] == "{" for segment in pair[0]))
        return operation, {name[1:-1]: value for name, value in zip(own, segments, strict=True) if name[0] == "{"}


def _split_path(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
