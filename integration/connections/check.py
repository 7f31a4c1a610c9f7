"""The check of a connection: each step with its verdict, and the connection's health from them."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from integration.connections.location import remember_location
from integration.connections.session import exchange_for, mark_login_broken
from integration.errors import MissingScope, NoAccess, ProviderError, ReconnectRequired
from integration.models import Connection, ConnectionStatus
from integration.providers.exchange import Exchange
from integration.providers.ghl import locations
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.providers.ghl.records import GhlContacts
from integration.providers.gist.records import GistContacts


@dataclass(frozen=True)
class Step:
    """One line of the check: what was looked at, whether it is fine (None: not looked at), and what to do if not."""

    title: str
    ok: bool | None
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        return vars(self)


def verify_connection(connection: Connection) -> list[Step]:
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
        mark_login_broken(connection, failed[0].detail)
    else:
        # A provider that is out of reach says nothing about the login, so the status stays as it was.
        connection.status_reason = failed[0].detail
        connection.save(update_fields=["status_reason"])


def current_steps(connection: Connection) -> list[Step]:
    """What the last check found, as far as it still counts.

    A login that broke since makes every tick a thing of the past. Nothing is asked.
    """
    steps = [Step(**step) for step in connection.check_steps]
    if connection.needs_person:
        broken = Step(LOGIN, False, connection.status_reason or f"{connection.get_status_display()}. Reconnect it.")
        since = "Not known until the login works again."
        return [broken, *(replace(step, ok=None, detail=since) for step in steps if step.title != LOGIN)]
    is_newer = connection.checked_at is None or connection.status_since > connection.checked_at
    if connection.status == ConnectionStatus.NEW and is_newer:
        return [replace(step, ok=None, detail="Not checked since the login was replaced.") for step in steps]
    return steps


LOGIN, ACCOUNT, SCOPES, READ = "Login accepted", "Account", "Scopes granted", "One contact read"


def _verify_gist(exchange: Exchange) -> list[Step]:
    try:
        # No call of Gist surely names the workspace (docs/gist-api.md#auth): one page of contacts proves the key.
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
    except (ReconnectRequired, NoAccess) as problem:
        return [Step(LOGIN, False, str(problem)), Step(ACCOUNT, None), _verify_scopes(connection), Step(READ, None)]
    except MissingScope as problem:
        steps += [Step(LOGIN, True), Step(ACCOUNT, False, str(problem))]
    except ProviderError as problem:
        steps += [Step(LOGIN, None), Step(ACCOUNT, False, str(problem))]
    else:
        remember_location(connection, location)
        steps += [Step(LOGIN, True), Step(ACCOUNT, True, f"Location “{connection.account_name}”.")]
    return [*steps, _verify_scopes(connection), _verify_read(connection, exchange)]


def _verify_scopes(connection: Connection) -> Step:
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


def _verify_read(connection: Connection, exchange: Exchange) -> Step:
    try:
        page = exchange.carry_out(GhlContacts(connection.account_id).page(None))
    except ProviderError as problem:
        return Step(READ, False, str(problem))
    count = f"of {page.total:,} " if page.total else ""
    return Step(READ, True, f"Read the first {len(page.contacts)} {count}contacts.")
