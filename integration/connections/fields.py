"""The fields an account has, built-in and custom, kept with the time they were read."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for
from integration.errors import ProviderError
from integration.models import Connection, ConnectionStatus
from integration.moments import is_recent
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.records import Field

log = logging.getLogger(__name__)
_LINKED = Q(gist_links__enabled=True) | Q(ghl_links__enabled=True)
KEEP_MINUTES = 5
# For what is shown at once: fields may be as old as they like, until they are read again.
AS_LONG_AS_KEPT = 60 * 24 * 365
BUILT_IN: dict[str, Mapping[str, Field]] = {"gist": GIST_FIELDS, "ghl": GHL_FIELDS}


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
    if not kept or not is_recent(kept["read_at"], minutes):
        return None
    return {key: _field_from(raw) for key, raw in kept["fields"].items()}


def known_fields(connection: Connection) -> Mapping[str, Field]:
    """The fields as last read, however long ago; the built-in ones where they never were."""
    return kept_fields(connection, AS_LONG_AS_KEPT) or BUILT_IN[connection.provider]


def fields_read_at(connection: Connection) -> str:
    """When the kept fields were read, in ISO 8601; "" when they never were."""
    return str(connection.settings.get("fields", {}).get("read_at", ""))


def keep_fields(connection: Connection, fields: Mapping[str, Field]) -> None:
    connection.settings["fields"] = {
        "read_at": timezone.now().isoformat(),
        "fields": {key: dict(vars(field)) for key, field in fields.items()},
    }
    connection.save(update_fields=["settings"])


def _field_from(raw: dict[str, Any]) -> Field:
    return Field(**{**raw, "options": tuple(raw["options"])})


# Hours after which fields are read by themselves, so that a change over there shows without anybody looking.
READ_AFTER_HOURS, TRIED_AGAIN_SECONDS = 24, 3600


def read_old_fields() -> None:
    """Read the fields of one account whose turn it is; called every minute, so that many do not come at once.

    One that cannot be read is tried again an hour later.
    """
    for connection in Connection.objects.filter(_LINKED, status=ConnectionStatus.OK).order_by("pk").distinct():
        is_due = not is_recent(fields_read_at(connection), READ_AFTER_HOURS * 60)
        if is_due and cache.add(f"fields-tried:{connection.pk}", True, TRIED_AGAIN_SECONDS):
            try:
                fields_of(connection, refresh=True)
            except ProviderError as problem:
                log.info("connection %s: fields could not be read: %s", connection.key, problem.code)
            return
