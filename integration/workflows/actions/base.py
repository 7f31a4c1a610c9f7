"""What an action is: its name, the values it takes, and the steps that carry it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from django.db import transaction
from pydantic import BaseModel

from integration.errors import NotSent, ProviderError, Retryable
from integration.models import Change, Execution, Link, Pair, Run, Snapshot
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated
from integration.providers.operations import Call
from integration.records import Contact, RelatedRecord, RelatedType, Value
from integration.related import store
from integration.related.write import related_of
from integration.related.write_result import WriteResult, keep_result
from integration.sync.apply import send_call, update_contact
from integration.sync.plan import send_of, updates_of
from integration.trace import follow
from integration.workflows import start
from integration.workflows.record import record_news

A = TypeVar("A", bound=BaseModel)
Values = Mapping[str, Any]
InputType = Literal[
    "text", "long", "pairs", "moment", "flag", "number", "field", "user", "calendar", "teammate", "campaign",
    "automation",
]  # fmt: skip
# The input for those members of a body that have none of their own; a definition holds it as an object.
BODY = "body_json"


@dataclass(frozen=True)
class Input:
    """A value an operator gives an action. Texts may hold placeholders.

    `member` is what it is called in a body that is written as JSON, where that is another name.
    """

    name: str
    label: str
    type: InputType = "text"
    required: bool = False
    help: str = ""
    member: str = ""


@dataclass
class Context:
    """What an action works with.

    `key` names this step for ever, also over retries. `look_first`: an interrupted try may have sent its call already.
    """

    link: Link
    execution: Execution
    gist_side: ContactSide
    ghl_side: ContactSide
    key: str
    look_first: bool = False
    run: Run | None = None
    """The run it is part of; without one it is a dry run, and nothing is to be kept."""
    journal: list[Change] = field(default_factory=list)
    """Every change that was begun, with what became of it: also of an action that fails half-way."""

    @property
    def related(self) -> GhlRelated:
        return related_of(self.link)

    @property
    def ghl_id(self) -> str:
        """The GHL contact. Raises Rejected when there is none, Retryable while its creation is tried again."""
        if not self.execution.ghl_id:
            raise self._missing_side_error("ghl", "GHL")
        return self.execution.ghl_id

    @property
    def gist_id(self) -> str:
        """The Gist contact. Raises Rejected when there is none, Retryable while its creation is tried again."""
        if not self.execution.gist_id:
            raise self._missing_side_error("gist", "Gist")
        return self.execution.gist_id

    def _missing_side_error(self, provider: str, name: str) -> ProviderError:
        # A record whose write failed for now carries `retry_at`: the sync creates the other half by itself later, so
        # the workflow waits for it instead of giving up.
        known = Snapshot.objects.filter(
            link=self.link, external_id=self.execution.gist_id or self.execution.ghl_id, retry_at__isnull=False
        )
        if known.exists():
            return Retryable(f"This person is not in {name} yet: creating them is tried again.", provider=provider)
        return NotSent(
            f"This person is not in {name} yet: the link has not created or matched them.", provider=provider
        )

    @property
    def event(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.execution.facts.get("event") or {})

    def take_in(self, kind: RelatedType, records: list[RelatedRecord]) -> None:
        """Store all records of a kind that the contact has, and begin the workflows that changes in them trigger."""
        if self.run:
            with transaction.atomic(), follow(self.execution.trace):
                news = store.take_in_all(self.link, self.ghl_id, kind, records)
                record_news(self.run, news, by=self.execution)

    def keep_now(self, result: WriteResult) -> None:
        """Store what one of several writes did before the next begins, so that an interruption repeats none."""
        if self.run:
            with transaction.atomic(), follow(self.execution.trace):
                news = keep_result(self.link, result)
                start.begin_for_related(
                    self.link, news, Pair.objects.person_ref(self.link, "ghl", self.ghl_id), by=self.execution
                )

    def write_fields(self, contact: Contact, values: Mapping[str, Value]) -> Steps[Contact]:
        """Write fields of the contact on its side. The record as it stands then."""
        changes = updates_of(contact, values)
        self.journal += changes
        return (yield from update_contact(self.side(contact.side), changes, contact))

    def send_call(self, call: Call[A], kind: str, values: Mapping[str, Any]) -> Steps[A]:
        """Send what is no record's field: an event, a message, any operation."""
        change = send_of(call.provider, kind, dict(values))
        self.journal.append(change)
        return (yield from send_call(call, change))

    def side(self, name: str) -> ContactSide:
        return self.gist_side if name == "gist" else self.ghl_side

    def read_contact(self, side: str, *, custom: bool = False) -> Steps[Contact]:
        """The contact as it stands on one side now; `custom` fields of GHL cost a call more. Raises Gone."""
        contacts = self.side(side)
        if custom and not any(field.custom_id for field in contacts.fields.values()):
            yield from contacts.load_fields()
        return (yield from contacts.read(self.gist_id if side == "gist" else self.ghl_id))


Carry = Callable[[Context, Values], Steps[WriteResult]]


@dataclass(frozen=True)
class Action:
    """One thing a workflow can do. `calls` is how many it makes at most, `calls_each` what one more is made for."""

    key: str
    title: str
    does: str
    side: str
    steps: Carry
    inputs: tuple[Input, ...] = field(default_factory=tuple)
    calls: int = 1
    kind: str = "contact"
    calls_each: str = ""

    def missing_input(self, values: Values) -> Input | None:
        """The first required value that is blank and does not stand in the body written as JSON either."""
        body = values.get(BODY)
        written = body if isinstance(body, Mapping) else {}
        blank = (one for one in self.inputs if one.required and values.get(one.name) in (None, "", []))
        return next((one for one in blank if (one.member or one.name) not in written), None)

    @property
    def cost(self) -> str:
        """In words: `2 calls`, `1 call, and 1 per task changed`."""
        calls = f"{self.calls} call{'' if self.calls == 1 else 's'}"
        return f"{calls}, and 1 per {self.calls_each}" if self.calls_each else calls
