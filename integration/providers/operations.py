"""What a provider can do, as data: one `Operation` per endpoint, from which calls are made.

An operation called with its parameters gives a `Call`: a request that has not been sent yet. Nothing here
touches the network. The catalogue, the clients and the contract tests all read the same operations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator

Json = dict[str, Any]
_PLACEHOLDER = re.compile(r"{(\w+)}")


class Schema(BaseModel):
    """A body or an answer. Answers are read leniently: providers add fields without notice."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True)


@dataclass(frozen=True)
class MalformedItem:
    """An item of a list that is not as documented: as it came, and what is wrong with it."""

    raw: Any
    problem: str


class Listing(Schema):
    """An answer with a list that is read item by item: a malformed one must not hold up the others.

    `raw_items` holds the list as it came, `malformed` what is missing of it in the field named `list_name`.
    """

    list_name: ClassVar[str]
    item: ClassVar[type[Schema]]
    _malformed: list[MalformedItem] = PrivateAttr(default_factory=list)
    _raw_items: list[Any] = PrivateAttr(default_factory=list)

    @property
    def malformed(self) -> list[MalformedItem]:
        return self._malformed

    @property
    def raw_items(self) -> list[Any]:
        return self._raw_items

    @model_validator(mode="wrap")
    @classmethod
    def _read_each(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        raw = data.get(cls.list_name) if isinstance(data, Mapping) else None
        if not isinstance(raw, list):
            return handler(data)
        items, malformed = [], []
        for one in raw:
            try:
                items.append(cls.item.model_validate(one))
            except ValidationError as problem:
                malformed.append(MalformedItem(one, describe_malformed(problem)))
        answer = handler({**data, cls.list_name: items})
        answer._malformed, answer._raw_items = malformed, raw
        return answer


def describe_malformed(problem: ValidationError) -> str:
    """The first things that are wrong, by field, as `customFields: Input should be a valid list`."""
    found = problem.errors(include_input=False, include_url=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the record'}: {one['msg']}" for one in found)


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
