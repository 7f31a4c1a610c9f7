"""What the mapping editor shows of an account: the fields it has, and a real contact to try a mapping on."""

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
    kept = connection.settings.get("fields")
    if kept and not refresh and _is_recent(kept["read_at"]):
        return {key: _field(raw) for key, raw in kept["fields"].items()}
    with exchange_for(connection) as exchange:
        fields = exchange.carry_out(contacts_of(connection).load_fields())
    _keep(connection, "fields", {key: asdict(field) for key, field in fields.items()})
    return dict(fields)


def sample_of(connection: Connection) -> Contact | None:
    """The contact with the most values among the newest; None when the account is empty. Raises ProviderError."""
    side = contacts_of(connection)
    with exchange_for(connection) as exchange:
        exchange.carry_out(side.load_fields())
        page = exchange.carry_out(side.page(None, timezone.now()))
    return max(page.contacts, key=_fullness, default=None)


def _fullness(contact: Contact) -> int:
    return sum(not is_blank(value) for value in contact.values.values())


def _is_recent(moment: str) -> bool:
    read = parse_datetime(moment)
    return read is not None and (timezone.now() - read).total_seconds() < KEEP_MINUTES * 60


def _field(raw: dict[str, Any]) -> Field:
    return Field(**{**raw, "options": tuple(raw["options"])})


def _keep(connection: Connection, name: str, fields: dict[str, Any]) -> None:
    connection.settings[name] = {"read_at": timezone.now().isoformat(), "fields": fields}
    connection.save(update_fields=["settings"])
