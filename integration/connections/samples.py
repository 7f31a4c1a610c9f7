"""A real contact of an account, to try a mapping on."""

from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for
from integration.models import Connection
from integration.records import Contact, is_blank


def sample_of(connection: Connection) -> Contact | None:
    """The contact with the most values among the newest; None when the account is empty. Raises ProviderError."""
    side = contacts_of(connection)
    with exchange_for(connection) as exchange:
        exchange.carry_out(side.load_fields())
        # With a time given, the contacts that changed last come first.
        page = exchange.carry_out(side.page(None, timezone.now()))
    return max(page.contacts, key=_count_values, default=None)


def _count_values(contact: Contact) -> int:
    return sum(not is_blank(value) for value in contact.values.values())
