"""What an action is: its name, the values it takes, and the steps that carry it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from django.db import transaction

from integration.errors import ProviderError, Rejected, Retryable
from integration.models import Execution, Link, Run, Snapshot
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated
from integration.records import Contact, RelatedRecord, RelatedType
from integration.related import store
from integration.related.deeds import Deed, settle
from integration.related.writing import related_of
from integration.workflows import notice
from integration.workflows.doing import take_note

Values = Mapping[str, Any]
InputType = Literal["text", "long", "moment", "user", "calendar", "teammate", "flag", "number", "field"]


@dataclass(frozen=True)
class Input:
    """A value an operator gives an action. Texts may hold placeholders."""

    name: str
    label: str
    type: InputType = "text"
    required: bool = False
    help: str = ""


@dataclass
class Context:
    """What an action works with. `key` names this step for ever; `look_first` says it may have been sent before."""

    link: Link
    execution: Execution
    gist_side: ContactSide
    ghl_side: ContactSide
    key: str
    look_first: bool = False
    run: Run | None = None
    """The run it is part of; without one it is a rehearsal, and nothing is to be kept."""

    @property
    def related(self) -> GhlRelated:
        return related_of(self.link)

    @property
    def ghl_id(self) -> str:
        """The GHL contact. Raises Rejected when there is none, Retryable while its creation is tried again."""
        if not self.execution.ghl_id:
            raise self._missing("ghl", "GHL")
        return self.execution.ghl_id

    @property
    def gist_id(self) -> str:
        """The Gist contact. Raises Rejected when there is none, Retryable while its creation is tried again."""
        if not self.execution.gist_id:
            raise self._missing("gist", "Gist")
        return self.execution.gist_id

    def _missing(self, provider: str, name: str) -> ProviderError:
        known = Snapshot.objects.filter(
            link=self.link, external_id=self.execution.gist_id or self.execution.ghl_id, retry_at__isnull=False
        )
        if known.exists():
            return Retryable(f"This person is not in {name} yet: creating them is tried again.", provider=provider)
        return Rejected(
            f"This person is not in {name} yet: the link has not created or matched them.", provider=provider
        )

    @property
    def event(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.execution.facts.get("event") or {})

    def take_in(self, kind: RelatedType, records: list[RelatedRecord]) -> None:
        """Keep everything of a kind that was read of the contact, and tell workflows what is news in it."""
        if self.run:
            with transaction.atomic():
                news = store.take_in_all(self.link, self.ghl_id, kind, records)
                take_note(self.run, news, by=self.execution)

    def keep(self, deed: Deed) -> None:
        """Keep what a part of the action did at once, so that an interruption does not repeat it."""
        if self.run:
            with transaction.atomic():
                news = settle(self.link, deed)
                notice.related(self.link, news, notice.person_of(self.link, self.ghl_id), by=self.execution)

    def side(self, name: str) -> ContactSide:
        return self.gist_side if name == "gist" else self.ghl_side

    def read(self, side: str, *, custom: bool = False) -> Steps[Contact]:
        """The contact as it stands on one side now; `custom` fields of GHL cost a call more. Raises Gone."""
        contacts = self.side(side)
        if custom and not any(field.custom_id for field in contacts.fields.values()):
            yield from contacts.load_fields()
        return (yield from contacts.read(self.gist_id if side == "gist" else self.ghl_id))


Carry = Callable[[Context, Values], Steps[Deed]]


@dataclass(frozen=True)
class Action:
    """One thing a workflow can do. `calls` is what it costs at most, in words."""

    key: str
    title: str
    does: str
    side: str
    carry_out: Carry
    inputs: tuple[Input, ...] = field(default_factory=tuple)
    calls: str = "1 call"
    kind: str = "contact"
