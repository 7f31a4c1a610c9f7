"""From a form or a sign-in to a checked connection. A login that does not work is never stored."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from integration.connections import contacts_of, exchange_for, verify
from integration.models import Connection, Link, Provider
from integration.models.fields import UndecryptableValue, key_ring, unseal
from integration.oauth import connect
from integration.oauth.app import OAuthApp, TokenAnswer, live_app, sandbox_app

Facts = dict[str, Any]
REDIRECT_URI = f"{settings.PUBLIC_URL}/oauth/ghl/callback/"


def add_gist(facts: Facts, reconnect: Connection | None = None) -> Connection:
    """Try the key, then store it. Raises ProviderError when Gist refuses it; nothing is stored then."""
    trial = _trial(Provider.GIST, facts, reconnect, {"access_token": facts["key"]})
    try_login(trial)
    name = facts.get("name", "")
    connection = connect.save_gist(facts["key"], name, sandbox=trial.sandbox, reconnect=reconnect)
    return checked(connection)


def add_private_token(facts: Facts, reconnect: Connection | None = None) -> Connection:
    """As `add_gist`, for a GHL private integration token."""
    trial = _trial(Provider.GHL, facts, reconnect, {"private_token": facts["token"]})
    trial.account_id = reconnect.account_id if reconnect else facts["location_id"]
    try_login(trial)
    connection = connect.save_private_token(
        facts["token"], trial.account_id, facts.get("name", ""), sandbox=trial.sandbox, reconnect=reconnect
    )
    return checked(connection)


def _trial(provider: Provider, facts: Facts, reconnect: Connection | None, secret: dict[str, str]) -> Connection:
    """A connection that is never saved, to try a login on."""
    sandbox = reconnect.sandbox if reconnect else bool(facts.get("sandbox"))
    trial = Connection(provider=provider, name=_name(facts, reconnect), sandbox=sandbox)
    trial.credentials = secret
    return trial


def _name(facts: Facts, reconnect: Connection | None) -> str:
    return reconnect.name if reconnect else facts.get("name") or "This connection"


def try_login(trial: Connection) -> None:
    """One read with a login that is not stored yet. Raises ProviderError."""
    with exchange_for(trial) as exchange:
        exchange.carry_out(contacts_of(trial).page(None))


def checked(connection: Connection) -> Connection:
    """Run the connection check, and call a connection that nobody has named after its account."""
    verify(connection)
    if connection.account_name and connection.name == f"GHL {connection.account_id[:6]}":
        connection.name = connection.account_name[:120]
        connection.save(update_fields=["name"])
    return connection


def app_of(sandbox: bool) -> OAuthApp:
    """The OAuth application to sign in with. Raises SetupError when none is set up."""
    return sandbox_app() if sandbox and settings.DEMO else live_app()


def links_of(connection: Connection) -> list[Link]:
    links = connection.gist_links if connection.provider == Provider.GIST else connection.ghl_links
    return list(links.all())


# What a sign-in in progress remembers -------------------------------------------------------------------


def keep_secret(request: HttpRequest, name: str, value: Any) -> None:
    """Put a value into the session encrypted: sessions are stored, and codes and tokens are as good as passwords."""
    request.session[name] = key_ring().encrypt(json.dumps(value).encode()).decode()


def take_secret(request: HttpRequest, name: str, keep: bool = False) -> Any:
    """The value kept under `name`, None when there is none; gone from the session afterwards."""
    sealed = request.session.get(name) if keep else request.session.pop(name, None)
    try:
        return unseal(sealed) if sealed else None
    except UndecryptableValue:
        return None


def token_answer(kept: dict[str, Any]) -> TokenAnswer:
    return TokenAnswer(**kept)
