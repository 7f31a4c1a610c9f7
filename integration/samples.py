"""What the mapping editor shows of an account: the fields it has, and a real contact to try a mapping on."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integration.connections import contacts_of, exchange_for
from integration.models import Connection
from integration.records import Contact, Field, is_blank

KEEP_MINUTES = 5


def fields_of(connection: Connection, refresh: bool = False) -> dict[str, Field]:
    """Built-in and custom fields, read live at most every five minutes. Raises ProviderError."""
    kept = None if refresh else kept_fields(connection, KEEP_MINUTES)
    if kept:
        return kept
    with exchange_for(connection) as exchange:
        fields = exchange.carry_out(contacts_of(connection).load_fields())
    keep_fields(connection, fields)
    return dict(fields)


def kept_fields(connection: Connection, minutes: float) -> dict[str, Field] | None:
    """The fields as last read, unless that is longer ago."""
    kept = connection.settings.get("fields")
    if not kept or not _is_recent(kept["read_at"], minutes):
        return None
    return {key: _field(raw) for key, raw in kept["fields"].items()}


def keep_fields(connection: Connection, fields: Mapping[str, Field]) -> None:
    connection.settings["fields"] = {
        "read_at": timezone.now().isoformat(),
        "fields": {key: asdict(field) for key, field in fields.items()},
    }
    connection.save(update_fields=["settings"])


def sample_of(connection: Connection) -> Contact | None:
    """The contact with the most values among the newest; None when the account is empty. Raises ProviderError."""
    side = contacts_of(connection)
    with exchange_for(connection) as exchange:
        exchange.carry_out(side.load_fields())
        page = exchange.carry_out(side.page(None, timezone.now()))
    return max(page.contacts, key=_fullness, default=None)


def _fullness(contact: Contact) -> int:
    return sum(not is_blank(value) for value in contact.values.values())


def _is_recent(moment: str, minutes: float) -> bool:
    read = parse_datetime(moment)
    return read is not None and (timezone.now() - read).total_seconds() < minutes * 60


def _field(raw: dict[str, Any]) -> Field:
    return Field(**{**raw, "options": tuple(raw["options"])})
