"""A connection brought to life: its session, its contacts, and a check that shows each step."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integration import alerts
from integration.errors import Gone, MissingScope, ProviderError, RateLimited, ReconnectRequired, Rejected, Retryable
from integration.models import Connection, ConnectionStatus, Link
from integration.oauth.tokens import login_for
from integration.providers.base import ContactSide
from integration.providers.budgets import budget_for
from integration.providers.exchange import Exchange, Session
from integration.providers.ghl import client as ghl_client
from integration.providers.ghl import locations
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.providers.ghl.records import GhlContacts
from integration.providers.gist import client as gist_client
from integration.providers.gist.records import GistContacts

CLIENTS = {"gist": gist_client, "ghl": ghl_client}
A_PERSON_WAITS = 20.0
"""Seconds a page waits for a budget before it says so instead."""


def session_for(connection: Connection, purpose: str = "person") -> Session:
    """`purpose` is one of budgets.PURPOSES: who goes first when the account's calls are scarce."""
    wire = CLIENTS[connection.provider].wire(connection.base_url, settings.HTTP_TIMEOUT_SECONDS)
    wire.account = connection.name
    budget = budget_for(connection.provider, connection.budget_key, purpose)
    return Session(wire, login_for(connection), budget)


def contacts_of(connection: Connection) -> ContactSide:
    return GistContacts() if connection.provider == "gist" else GhlContacts(connection.account_id)


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
    _break(connection, str(error))


def _break(connection: Connection, reason: str) -> None:
    """Its runs wait from now on, and whoever may reconnect it is told."""
    with transaction.atomic():
        if connection.set_status(ConnectionStatus.RECONNECT, reason):
            alerts.tell(connection)


# The connection check -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One line of the check: what was looked at, whether it is fine (None: not looked at), and what to do if not."""

    title: str
    ok: bool | None
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        return vars(self)


def verify(connection: Connection) -> list[Step]:
    """Look at login, account, scopes and one read; saves the steps and the connection's health."""
    if connection.status == ConnectionStatus.DISCONNECTED:
        return [Step(LOGIN, False, f"{connection.name} is disconnected. Reconnect it to use it again.")]
    with exchange_for(connection) as exchange:
        steps = _verify_gist(exchange) if connection.provider == "gist" else _verify_ghl(connection, exchange)
    connection.check_steps = [step.as_json() for step in steps]
    connection.checked_at = timezone.now()
    connection.save(update_fields=["check_steps", "checked_at", "account_name", "settings", "scopes", "company_id"])
    _save_health(connection, steps)
    return steps


def _save_health(connection: Connection, steps: list[Step]) -> None:
    failed = [step for step in steps if step.ok is False]
    if not failed:
        connection.set_status(ConnectionStatus.OK)
    elif failed[0].title == SCOPES:
        connection.set_status(ConnectionStatus.SCOPE, failed[0].detail)
    elif failed[0].title == LOGIN:
        _break(connection, failed[0].detail)
    else:
        connection.status_reason = failed[0].detail
        connection.save(update_fields=["status_reason"])


LOGIN, ACCOUNT, SCOPES, READ = "Login accepted", "Account", "Scopes granted", "One contact read"


def _verify_gist(exchange: Exchange) -> list[Step]:
    try:
        page = exchange.carry_out(GistContacts().page(None))
    except ReconnectRequired as problem:
        return [Step(LOGIN, False, str(problem)), Step(READ, None)]
    except ProviderError as problem:
        return [Step(LOGIN, None), Step(READ, False, str(problem))]
    read = f"Read {len(page.contacts)} contacts." if page.contacts else "The workspace has no contacts yet."
    return [Step(LOGIN, True, "Gist accepts the API key."), Step(READ, True, read)]


def _verify_ghl(connection: Connection, exchange: Exchange) -> list[Step]:
    steps = []
    try:
        location = exchange.send(locations.GET(location_id=connection.account_id)).location
    except ReconnectRequired as problem:
        return [Step(LOGIN, False, str(problem)), Step(ACCOUNT, None), _scopes(connection), Step(READ, None)]
    except MissingScope as problem:
        steps += [Step(LOGIN, True), Step(ACCOUNT, False, str(problem))]
    except ProviderError as problem:
        steps += [Step(LOGIN, None), Step(ACCOUNT, False, str(problem))]
    else:
        remember_location(connection, location)
        steps += [Step(LOGIN, True), Step(ACCOUNT, True, f"Location “{connection.account_name}”.")]
    return [*steps, _scopes(connection), _one_read(connection, exchange)]


def learn_location(connection: Connection, exchange: Exchange) -> None:
    """Read the location's facts where they never were, as after a setup file. Nobody waits for them: without the scope
    they stay unknown, and what fails for now is asked again the next time.
    """
    if "timezone" in connection.settings:
        return
    try:
        remember_location(connection, exchange.send(locations.GET(location_id=connection.account_id)).location)
    except (MissingScope, Rejected, Gone):
        connection.settings |= {"timezone": ""}
    except RateLimited:
        raise
    except Retryable:
        return
    connection.save(update_fields=["account_name", "settings", "company_id"])


def remember_location(connection: Connection, location: Any) -> None:
    """Keep the facts of the location that rules need: time zone, country, duplicates allowed."""
    facts = location.model_dump(by_alias=True)
    connection.account_name = facts.get("name") or connection.account_name
    connection.company_id = facts.get("companyId") or connection.company_id
    connection.settings |= {
        "timezone": facts.get("timezone") or "",
        "country": facts.get("country") or "",
        "allow_duplicates": (facts.get("settings") or {}).get("allowDuplicateContact"),
    }


def _scopes(connection: Connection) -> Step:
    if not connection.uses_oauth:
        return Step(SCOPES, None, "A private token does not tell its scopes; the calls will.")
    if not connection.scopes:
        return Step(SCOPES, None, "The login did not say which scopes it has.")
    missing = missing_scopes(connection)
    if missing:
        return Step(SCOPES, False, f"Missing: {', '.join(missing)}. Add them to the app, then reconnect.")
    return Step(SCOPES, True, f"All {len(NEEDED_SCOPES)} scopes are granted.")


def missing_scopes(connection: Connection) -> list[str]:
    granted = set(connection.scopes.split())
    return [scope for scope in NEEDED_SCOPES if scope not in granted]


def _one_read(connection: Connection, exchange: Exchange) -> Step:
    try:
        page = exchange.carry_out(GhlContacts(connection.account_id).page(None))
    except ProviderError as problem:
        return Step(READ, False, str(problem))
    count = f"of {page.total:,} " if page.total else ""
    return Step(READ, True, f"Read the first {len(page.contacts)} {count}contacts.")
