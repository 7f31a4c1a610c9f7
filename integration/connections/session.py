"""Makes sessions and exchanges for connections, and marks a connection whose login is broken."""

from django.conf import settings
from django.db import transaction

from integration.alerts.logins import notify_people
from integration.errors import ReconnectRequired
from integration.models import Connection, ConnectionStatus, Link
from integration.providers.base import ContactSide
from integration.providers.budgets import budget_for
from integration.providers.exchange import Exchange, Session
from integration.providers.ghl import client as ghl_client
from integration.providers.ghl.records import GhlContacts
from integration.providers.gist import client as gist_client
from integration.providers.gist.records import GistContacts

CLIENTS = {"gist": gist_client, "ghl": ghl_client}
# Seconds a page waits for a budget before it says so instead.
A_PERSON_WAITS = 20.0


def session_for(connection: Connection, purpose: str = "person") -> Session:
    """`purpose` is one of budgets.PURPOSES: who goes first when the account's calls are scarce."""
    # OAuth's libraries are for those who call: commands that do not start without them.
    from integration.oauth.tokens import login_for

    wire = CLIENTS[connection.provider].new_wire(connection.base_url, settings.HTTP_TIMEOUT_SECONDS)
    wire.account = connection.name
    budget = budget_for(connection.provider, connection.budget_key, purpose)
    return Session(wire, login_for(connection), budget)


def contacts_of(connection: Connection) -> ContactSide:
    if connection.provider == "gist":
        return GistContacts()
    return GhlContacts(connection.account_id, zone=connection.settings.get("timezone") or "UTC")


def exchange_for(
    *connections: Connection, patience: float | None = A_PERSON_WAITS, purpose: str = "person"
) -> Exchange:
    """An exchange with one session per connection; of each provider there may be one."""
    sessions = {connection.provider: session_for(connection, purpose) for connection in connections}
    return Exchange(sessions, patience=patience)


def exchange_for_link(link: Link, patience: float | None = A_PERSON_WAITS, purpose: str = "person") -> Exchange:
    return exchange_for(link.gist, link.ghl, patience=patience, purpose=purpose)


def note_broken_login(connection: Connection, error: ReconnectRequired) -> None:
    """Mark the connection so that every page says it and nothing else is tried with the login."""
    connection.refresh_from_db(fields=["status"])
    if connection.status == ConnectionStatus.DISCONNECTED:
        return
    mark_login_broken(connection, str(error))


def mark_login_broken(connection: Connection, reason: str) -> None:
    """Its runs wait from now on, and whoever may reconnect it is told."""
    with transaction.atomic():
        if connection.set_status(ConnectionStatus.RECONNECT, reason):
            notify_people(connection)
