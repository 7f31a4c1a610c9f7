"""The setup file as it is written: JSON or YAML into typed values, every refusal with its place.

The shape is the one of README.md, "Setup file". A key that is left out keeps what stands, or takes the default
of a new record; an unknown key is refused.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from integration.errors import SetupError
from integration.records import find_unstorable

Key = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


@dataclass(frozen=True)
class Secret:
    """A secret as the file gives it: `text` itself, or the name of the environment variable that holds it."""

    text: str = ""
    env: str = ""

    def resolve(self, env: Mapping[str, str], where: str) -> str:
        """The secret. Raises SetupError when the variable is not set."""
        if self.env and not env.get(self.env):
            raise SetupError(f"the environment variable {self.env} is not set; set it and apply again.", where)
        return (env[self.env] if self.env else self.text).strip()


def _read_secret(raw: Any) -> Secret:
    if isinstance(raw, str) and raw.strip():
        return Secret(text=raw)
    if isinstance(raw, dict) and set(raw) == {"env"} and isinstance(raw["env"], str) and raw["env"].strip():
        return Secret(env=raw["env"].strip())
    raise ValueError('must be a text, or {"env": "NAME"} with the name of an environment variable')


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SecretText = Annotated[Secret, BeforeValidator(_read_secret)]
Moment = Annotated[datetime, AfterValidator(_with_zone)]


class Entry(BaseModel):
    """Any object of the file."""

    # A misspelt key would otherwise be passed over in silence.
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, str_strip_whitespace=True)

    def given(self, name: str) -> bool:
        # A key that is given with the value of its default counts as given, too.
        return name in self.model_fields_set


class OAuthEntry(Entry):
    access_token: SecretText
    refresh_token: SecretText
    expires_at: Moment | None = None


class ConnectionEntry(Entry):
    key: Key
    provider: Literal["gist", "ghl"]
    name: Text | None = None
    sandbox: bool = False
    access_token: SecretText | None = None
    location_id: Text | None = None
    oauth: OAuthEntry | None = None
    private_token: SecretText | None = None


class MappingEntry(Entry):
    """`transform`, `transforms` and `steps` are three words for one thing; `setup_file.checks` reads them."""

    gist: Text
    ghl: Text
    direction: Literal["two_way", "gist_to_ghl", "ghl_to_gist"] = "two_way"
    owner: Literal["", "newest", "gist", "ghl", "fill", "ask"] = ""
    blank_overwrites: bool = False
    write_mode: Literal["overwrite", "if_blank", "on_create", "append"] = "overwrite"
    transform: Any = None
    transforms: Any = None
    steps: Any = None


class TaskEntry(Entry):
    title: str = Field(min_length=1)
    body: str = ""
    due_in_days: int | None = Field(default=None, ge=0)
    assigned_to: str = ""


class NoteEntry(Entry):
    body: str = Field(min_length=1)


class WorkflowEntry(Entry):
    """`definition` is for what tasks, notes, tags and an owner cannot say; `workflows/definition.py` has its shape."""

    template: Literal[
        "welcome_new_contact", "keep_in_step", "task_done", "contact_opened", "meeting_booked", "tag_bridge"
    ]
    enabled: bool = True
    name: Text | None = None
    tags: list[Text] = []
    tasks: list[TaskEntry] = []
    notes: list[NoteEntry] = []
    assigned_to: str = ""
    definition: dict[str, Any] | None = None


class ConditionEntry(Entry):
    field: Text
    op: str = "is"
    value: str = ""


class FilterEntry(Entry):
    """Whom a link takes of a side; `mapping/filters.py` says which fields and comparisons there are."""

    match: Literal["all", "any"] = "all"
    conditions: list[ConditionEntry]


CarriedName = Literal[
    "ghl_open_tasks", "ghl_next_task", "ghl_next_task_due_at", "ghl_last_task_done", "ghl_last_note",
    "ghl_next_appointment_at", "gistline_url",
]  # fmt: skip


class LinkRules(Entry):
    """A link without what it joins; the HTTP API reads and changes it (`link_rules.py`)."""

    name: Text | None = None
    mode: Literal["watch", "new_only", "live"] = "live"
    create_on: Literal["both", "gist", "ghl", "none"] = "both"
    enabled: bool = True
    direction: Literal["two_way", "gist_to_ghl", "ghl_to_gist"] = "two_way"
    conflict: Literal["newest", "gist", "ghl", "ask"] = "newest"
    deletes: Literal["ignore", "unlink", "propagate"] = "ignore"
    schedule_minutes: int = Field(default=15, ge=0, le=100_000)
    match: list[Literal["email", "phone"]] = Field(default=["email", "phone"], min_length=1)
    default_country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$", to_upper=True)] = ""
    merge_seconds: float = Field(default=0.3, ge=0, le=300, allow_inf_nan=False)
    change_cap: int = Field(default=0, ge=0, le=2_000_000_000)
    approvals: int = Field(default=1, ge=1, le=2)
    gist_filter: FilterEntry | None = None
    ghl_filter: FilterEntry | None = None
    mappings: list[MappingEntry] | None = None
    carried: list[CarriedName] | None = None
    """What Gist shows of tasks, notes and appointments; left out, a new link shows all, another keeps what stands."""
    workflows: list[WorkflowEntry] = []


class LinkEntry(LinkRules):
    key: Key
    gist: Key
    ghl: Key


class Document(Entry):
    version: Literal[1]
    connections: list[ConnectionEntry] = []
    links: list[LinkEntry] = []


# Reading ------------------------------------------------------------------------------------------------


def read_document(text: str) -> Document:
    """The document in `text`, JSON or YAML. Raises SetupError naming the place."""
    raw = _parse_text(text)
    if not isinstance(raw, dict):
        raise SetupError('the setup file must hold one object that starts with "version": 1.')
    if unstorable := find_unstorable(raw):
        raise SetupError(f"the setup file {unstorable}.")
    try:
        return Document.model_validate(raw)
    except ValidationError as problem:
        # The original error holds what was given, secrets too, and must not reach a log.
        raise _as_setup_error(problem) from None


def _parse_text(text: str) -> Any:
    """JSON is tried first: YAML readers stumble over tabs and some escapes that JSON allows."""
    try:
        return json.loads(text, object_pairs_hook=_unique_object)
    except RecursionError:
        raise SetupError("the setup file is nested deeper than any setup needs.") from None
    except ValueError as problem:
        if text.lstrip().startswith(("{", "[")):
            raise SetupError(f"the setup file is not readable JSON: {problem}.") from None
    try:
        return yaml.load(text, _Loader)  # noqa: S506 -- a SafeLoader, see below
    except RecursionError:
        raise SetupError("the setup file is nested deeper than any setup needs.") from None
    except yaml.MarkedYAMLError as problem:
        # The error's own text quotes the line, which may hold a secret.
        mark = problem.problem_mark
        spot = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "its end"
        raise SetupError(f"the setup file is not readable YAML at {spot}: {problem.problem}.") from None
    except yaml.YAMLError:
        raise SetupError("the setup file is not readable YAML: it holds characters that no text has.") from None
    except SetupError:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
        # PyYAML's own way of saying that a date, a number or a mark of a type cannot be what it says to be.
        raise SetupError(
            "the setup file is not readable YAML: a date, a number or a mark such as !!int has no such value. "
            "Put it in quotes if it is a text."
        ) from None


def _unique_object(pairs: list[tuple[Hashable, Any]]) -> dict[Hashable, Any]:
    """A mapping without the same key twice, where the first would be lost silently."""
    found: dict[Hashable, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SetupError(f"“{key}” is given twice in the same object; keep one of them.")
        found[key] = value
    return found


class _Loader(yaml.SafeLoader):
    """Plain data only, as yaml.safe_load, and no key twice."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    # Merge keys (`<<`) are resolved first, as SafeLoader does, so that they do not count as given twice.
    loader.flatten_mapping(node)
    construct: Callable[..., Any] = loader.construct_object
    return _unique_object([(construct(key, deep=True), construct(value, deep=True)) for key, value in node.value])


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


# Refusals in words --------------------------------------------------------------------------------------


def _as_setup_error(problem: ValidationError) -> SetupError:
    """The first refusal, and how many more there are."""
    errors = problem.errors()
    first = errors[0]
    more = f" ({len(errors) - 1} more after this one.)" if len(errors) > 1 else ""
    return SetupError(f"{_problem_sentence(first)}{more}", place_of(first["loc"]))


def place_of(loc: tuple[str | int, ...]) -> str:
    """`("links", 0, "mappings", 2, "ghl")` as `links[0].mappings[2].ghl`."""
    words = "".join(f"[{piece}]" if isinstance(piece, int) else f".{piece}" for piece in loc)
    return words.removeprefix(".")


def _problem_sentence(error: Any) -> str:
    kind, given = error["type"], error["input"]
    if kind == "missing":
        return "is missing; add it."
    if kind == "extra_forbidden":
        return f"is not a known key; known here: {', '.join(_known_keys(error['loc'][:-1]))}."
    if kind == "literal_error":
        return f"“{given}” is not one of the possible values: {error['ctx']['expected']}."
    if kind == "string_type":
        return "must be a text; put it in quotes."
    if kind == "value_error":
        return f"{error['ctx']['error']}."
    return f"{error['msg'].replace('Input should', 'should')}."


def _known_keys(loc: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = Document
    for piece in loc:
        if isinstance(piece, str):
            model = _model_in(model.model_fields[piece].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that `X`, `X | None` or `list[X]` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
