"""From a form or a sign-in to a checked connection. A login that does not work is never stored."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from dashboard.grants import only_visible
from integration.connections.check import verify_connection
from integration.connections.session import contacts_of, exchange_for
from integration.models import Connection, ConnectionStatus, Link, Provider
from integration.oauth import connect

Facts = dict[str, Any]


def add_gist(facts: Facts, reconnect: Connection | None = None) -> Connection:
    """Try the key, then store it. Raises ProviderError when Gist refuses it; nothing is stored then."""
    trial = _trial_connection(Provider.GIST, facts, reconnect, {"access_token": facts["key"]})
    try_login(trial)
    name = facts.get("name", "")
    connection = connect.save_gist(facts["key"], name, sandbox=trial.sandbox, reconnect=reconnect)
    return check_and_name(connection)


def add_private_token(facts: Facts, reconnect: Connection | None = None) -> Connection:
    """As `add_gist`, for a GHL private integration token."""
    trial = _trial_connection(Provider.GHL, facts, reconnect, {"private_token": facts["token"]})
    # A new token must open the location that is connected: with another one, the mappings and pairs would point at
    # strangers.
    trial.account_id = reconnect.account_id if reconnect else facts["location_id"]
    try_login(trial)
    connection = connect.save_private_token(
        facts["token"], trial.account_id, facts.get("name", ""), sandbox=trial.sandbox, reconnect=reconnect
    )
    return check_and_name(connection)


def _trial_connection(
    provider: Provider, facts: Facts, reconnect: Connection | None, secret: dict[str, str]
) -> Connection:
    """A connection that is never saved, to try a login on."""
    sandbox = reconnect.sandbox if reconnect else bool(facts.get("sandbox"))
    trial = Connection(provider=provider, name=_name_for_trial(facts, reconnect), sandbox=sandbox)
    trial.credentials = secret
    return trial


def _name_for_trial(facts: Facts, reconnect: Connection | None) -> str:
    return reconnect.name if reconnect else facts.get("name") or "This connection"


def try_login(trial: Connection) -> None:
    """One read with a login that is not stored yet. Raises ProviderError."""
    with exchange_for(trial) as exchange:
        # The first page of contacts is the cheapest call that needs the very permission that everything else needs
        # (docs/gist-api.md#auth).
        exchange.carry_out(contacts_of(trial).page(None))


def check_and_name(connection: Connection) -> Connection:
    """Run the connection check, and call a connection that nobody has named after its account."""
    verify_connection(connection)
    if connection.account_name and connection.name == f"GHL {connection.account_id[:6]}":
        connection.name = connection.account_name[:120]
        connection.save(update_fields=["name"])
    return connection


def links_of(connection: Connection) -> list[Link]:
    links = connection.gist_links if connection.provider == Provider.GIST else connection.ghl_links
    return only_visible(links.all())


def announce_connected(request: HttpRequest, saved: Connection) -> None:
    """What the check of a login that was just stored came to."""
    if saved.status == ConnectionStatus.OK:
        messages.success(request, f"“{saved.name}” is connected.")
    else:
        found = f"{saved.get_status_display()}. {saved.status_reason}".strip()
        messages.warning(request, f"“{saved.name}” is stored, but not everything works yet. {found}")
