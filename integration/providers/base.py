"""What the sync asks of either side, each provider in its own `records.py`, and what a webhook of either is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from integration.errors import Duplicate, ProviderError
from integration.providers.exchange import Steps
from integration.records import Contact, ContactPage, Field, Side, Value, Values


class ContactSide(Protocol):
    """The contacts of one account, as steps (see `exchange.py`): nothing here sends by itself."""

    side: Side
    fields: dict[str, Field]
    """Every mappable field of the account by key; custom ones included once `load_fields` was carried out."""

    def load_fields(self) -> Steps[dict[str, Field]]:
        """Read the account's custom fields; returns all fields."""

    def know_all_fields(self) -> Steps[None]:
        """Read the account's custom fields unless they are known: without them a record is not whole."""

    def page(self, cursor: dict[str, Any] | None, since: datetime | None = None) -> Steps[ContactPage]:
        """One page. Without `since`: oldest first by creation, everything. With: last changed first, down to it."""

    def opted_out_page(self, cursor: dict[str, Any] | None) -> Steps[ContactPage]:
        """One page of those who refuse e-mails, by the side's own search, for a side whose `page` does not say it; none
        for one whose does. The records may leave out how they refuse.
        """

    def read(self, contact_id: str) -> Steps[Contact]:
        """One contact. Raises Gone."""

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """Contacts with this e-mail address (any case), phone number (E.164) or user id; at most one call each.

        `name` is looked at only where a side can, and only when nothing better is given.
        """

    def find_by_address(self, email: str) -> Steps[Sequence[Contact]]:
        """Contacts that have this e-mail address as their main or a further one, looked for in every way there is."""

    def create(self, values: Values) -> Steps[Contact]:
        """A new contact, never twice. Raises Duplicate, naming the one that exists, and Rejected."""

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Write `changes` only; `before` holds the record as last seen. List fields are changed by difference."""

    def split(self, changes: Values, before: Values) -> list[dict[str, Value]]:
        """`changes` in groups, in the order they are written: each group succeeds or fails as a whole."""

    def update_cost(self, changes: Values, before: Values) -> int:
        """Calls that `update` makes for all groups of `changes`."""

    def refused_fields(self, refusal: ProviderError, sent: Values) -> set[str]:
        """Which of the fields `sent` a refusal names; empty when it names none of them."""

    def delete(self, contact_id: str) -> Steps[None]:
        """Delete; a contact that is gone already is fine."""


def fields_named(
    refusal: ProviderError, sent: Values, fields: Mapping[str, Field], wire_names: Mapping[str, Sequence[str]]
) -> set[str]:
    """The keys of `sent` that a refusal names, by their key, label or provider's id, or by one of `wire_names`."""
    if isinstance(refusal, Duplicate) and refusal.field in sent:
        return {refusal.field}
    text = refusal.detail or str(refusal)
    return {
        key
        for key in sent
        if any(_is_named(name, text) for name in (*_names_of(key, fields.get(key)), *wire_names.get(key, ())))
    }


def _names_of(key: str, field: Field | None) -> list[str]:
    names = [key, key.rpartition(".")[2]]
    return [*names, field.label, field.custom_id] if field else names


def _is_named(name: str, text: str) -> bool:
    # As a whole word: “state” is not named by “statement”.
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class EventSubject:
    """The record an event is about: a contact, or a task, note or appointment, whose contact may not be named.

    `reported_created`: the event says that it was just made. `title` helps to find a task whose contact is not named.
    """

    side: str
    external_id: str
    deleted: bool = False
    kind: str = "contact"
    contact_id: str = ""
    title: str = ""
    reported_created: bool = False

    @property
    def record(self) -> tuple[str, str, str]:
        return self.kind, self.side, self.external_id


# What an id of either side may be made of: it becomes part of an address.
_ID = re.compile(r"[A-Za-z0-9_-]{1,120}")


def id_from(value: Any) -> str:
    """An id in a webhook's body as text, "" for what can be none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else ""
