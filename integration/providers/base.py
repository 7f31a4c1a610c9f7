"""What the sync asks of either side. Each provider implements it in its own `records.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from integration.providers.exchange import Steps
from integration.records import Contact, ContactPage, Field, Side, Values


class ContactSide(Protocol):
    """The contacts of one account, as steps (see `exchange.py`): nothing here sends by itself."""

    side: Side
    fields: dict[str, Field]
    """Every mappable field of the account by key; custom ones included once `load_fields` was carried out."""

    def load_fields(self) -> Steps[dict[str, Field]]:
        """Read the account's custom fields; returns all fields."""

    def page(self, cursor: dict[str, Any] | None, since: datetime | None = None) -> Steps[ContactPage]:
        """One page. Without `since`: oldest first by creation, everything. With: last changed first, down to it."""

    def read(self, contact_id: str) -> Steps[Contact]:
        """One contact. Raises Gone."""

    def find(self, *, email: str = "", phone: str = "", name: str = "", user_id: str = "") -> Steps[Sequence[Contact]]:
        """Contacts with this e-mail address (any case), phone number (E.164) or user id; at most one call each.

        `name` is looked at only where a side can, and only when nothing better is given.
        """

    def create(self, values: Values) -> Steps[Contact]:
        """A new contact, never twice. Raises Duplicate, naming the one that exists, and Rejected."""

    def update(self, contact_id: str, changes: Values, before: Values) -> Steps[Contact]:
        """Write `changes` only; `before` holds the record as last seen. List fields are changed by difference."""

    def delete(self, contact_id: str) -> Steps[None]:
        """Delete; a contact that is gone already is fine."""
