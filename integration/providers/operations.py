"""What a provider can do, as data: one `Operation` per endpoint, from which calls are made.

An operation called with its parameters gives a `Call`: a request that has not been sent yet. Nothing here
touches the network. The catalogue, the clients and the contract tests all read the same operations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]
_PLACEHOLDER = re.compile(r"{(\w+)}")


class Schema(BaseModel):
    """A body or an answer. Answers are read leniently: providers add fields without notice."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


A = TypeVar("A", bound=BaseModel)


@dataclass(frozen=True)
class Operation(Generic[A]):
    """One endpoint of one provider. `source` cites the fact sheet; `repeatable` means safe to send twice."""

    key: str
    title: str
    method: str
    path: str
    answer: type[A]
    source: str
    scope: str = ""
    version: str = ""
    body: type[BaseModel] | None = None
    query: tuple[str, ...] = ()
    repeatable: bool = True
    form: bool = False
    lenient: Mapping[int, Json] = field(default_factory=dict, hash=False)
    """Statuses that are an answer, not a fault, and the body they stand for: Gist's 404 on a look-up."""

    @property
    def provider(self) -> str:
        return self.key.partition(".")[0]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path's placeholders."""
        return tuple(_PLACEHOLDER.findall(self.path))

    def __call__(
        self,
        *,
        query: Mapping[str, Any] | None = None,
        body: BaseModel | Json | None = None,
        **path: str | int,
    ) -> "Call[A]":
        """A call ready to be sent. Raises TypeError for a parameter the operation does not have."""
        if set(path) != set(self.parameters):
            raise TypeError(f"{self.key} takes {self.parameters}, got {tuple(path)}")
        unknown = set(query or {}) - set(self.query)
        if unknown:
            raise TypeError(f"{self.key} has no query parameter {sorted(unknown)}")
        filled = self.path.format(**{name: quote(str(value), safe="") for name, value in path.items()})
        return Call(self, filled, {k: v for k, v in (query or {}).items() if v is not None}, _as_json(self, body))


def _as_json(operation: Operation[Any], body: BaseModel | Json | None) -> Json | None:
    if body is None:
        return None
    if operation.body and not isinstance(body, BaseModel):
        body = operation.body.model_validate(body)
    return body.model_dump(by_alias=True, exclude_unset=True, mode="json") if isinstance(body, BaseModel) else body


@dataclass(frozen=True)
class Call(Generic[A]):
    """One request, not sent yet."""

    operation: Operation[A]
    path: str
    query: Json
    body: Json | None

    @property
    def provider(self) -> str:
        return self.operation.provider

    def __str__(self) -> str:
        return f"{self.operation.method} {self.path}"
