"""Linking a GHL account: from the consent page's answer to a stored connection. Also keys and private tokens."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from integration.errors import ProviderError, Retryable, SetupError
from integration.models import Connection, ConnectionStatus, Provider
from integration.models.fields import UndecryptableValue
from integration.oauth.app import OAuthApp, TokenAnswer
from integration.oauth.tokens import store_tokens
from integration.providers.budgets import budget_for
from integration.providers.exchange import Exchange, Session
from integration.providers.ghl import client, locations, oauth

# Locations of one page, and how many of an agency are listed at most.
PAGE, MOST_LOCATIONS = 100, 2_000


@dataclass(frozen=True)
class Location:
    """A location an agency token may be turned into a location token for."""

    id: str
    name: str


@dataclass(frozen=True)
class UnsavedLogin:
    """A fixed bearer header, for the few calls made before there is a connection."""

    access_token: str

    def header(self) -> str:
        return f"Bearer {self.access_token}"

    def renew(self, refused: str) -> str:
        raise SetupError("GHL refused the sign-in it had just granted. Start again.")


@dataclass(frozen=True)
class SignedIn:
    """The account that a sign-in is for, in words: a location, or an agency with the names of its locations."""

    what: str
    id: str
    names: list[str]


def describe_account(app: OAuthApp, answer: TokenAnswer) -> SignedIn:
    """Asked before anything is stored. What GHL does not tell about the account is left out; raises Retryable."""
    is_agency = answer.user_type == "Company" and not answer.location_id
    try:
        names = _names_of_locations(app, answer) if is_agency else [_name_of_location(app, answer)]
    except Retryable:
        raise
    except (ProviderError, SetupError):
        # Without the scope to read it, the id has to do.
        names = []
    if is_agency:
        return SignedIn("agency", answer.company_id, names)
    return SignedIn("location", answer.location_id, names)


def _names_of_locations(app: OAuthApp, answer: TokenAnswer) -> list[str]:
    return [one.name for one in installed_locations(app, answer)]


def _name_of_location(app: OAuthApp, answer: TokenAnswer) -> str:
    with _short_exchange(app, answer, f"{'sandbox' if app.sandbox else 'live'}:{answer.location_id}") as exchange:
        location = exchange.send(locations.GET(location_id=answer.location_id)).location
    return str(location.model_dump().get("name") or "")


def installed_locations(app: OAuthApp, answer: TokenAnswer) -> list[Location]:
    """The locations of the agency where the app is installed (docs/ghl-api.md#token)."""
    query = {"companyId": answer.company_id, "appId": app.app_id, "isInstalled": True, "limit": str(PAGE)}
    found: dict[str, Location] = {}
    with _short_exchange(app, answer, f"agency:{answer.company_id}") as exchange:
        for skip in range(0, MOST_LOCATIONS, PAGE):
            page = exchange.send(oauth.INSTALLED_LOCATIONS(query={**query, "skip": str(skip)})).locations
            found |= {row.id: Location(row.id, row.name or row.id) for row in page}
            # Asked for no further than needed: whether `count` is of the page or of all is not certain.
            if len(page) < PAGE:
                break
    return list(found.values())


def location_token(app: OAuthApp, answer: TokenAnswer, location_id: str) -> TokenAnswer:
    """Turn an agency token into one for `location_id`."""
    body = {"companyId": answer.company_id, "locationId": location_id}
    with _short_exchange(app, answer, f"agency:{answer.company_id}") as exchange:
        # Whether a refresh token comes with it is not certain (docs/ghl-api.md#check).
        token = exchange.send(oauth.LOCATION_TOKEN(body=body)).model_dump(by_alias=True)
    named = token.get("locationId") or location_id
    if named != location_id:
        raise SetupError(f"GHL signed in to location {named} instead of {location_id}. Nothing was connected.")
    return TokenAnswer.from_json({**token, "locationId": named})


def _short_exchange(app: OAuthApp, answer: TokenAnswer, account: str) -> Exchange:
    """For the few calls made with tokens that belong to no connection yet."""
    session = Session(
        client.new_wire(app.api_url, 30.0), UnsavedLogin(answer.access_token), budget_for("ghl", f"ghl:{account}")
    )
    return Exchange({"ghl": session}, patience=20)


def save_ghl(
    app: OAuthApp, answer: TokenAnswer, reconnect: Connection | None = None, *, came_back_to: str = ""
) -> Connection:
    """Store a location's login. The same account again, or `reconnect`, keeps its connection and all that hangs on it.

    `came_back_to` is the redirect address that the sign-in came back to, which shows that it is set up right.
    Raises SetupError when the account signed in to is not the one that was to be reconnected.
    """
    if not answer.location_id:
        raise SetupError("GHL's answer names no location. Choose a sub-account, not the agency, and start again.")
    if reconnect and reconnect.account_id and reconnect.account_id != answer.location_id:
        raise SetupError(
            f"You signed in to another location ({answer.location_id}) than “{reconnect.name}” stands for "
            f"({reconnect.account_id}). Nothing was changed. Start again and choose the same location."
        )
    with transaction.atomic():
        connection = reconnect or find_or_new(Provider.GHL, answer.location_id, app.sandbox)
        connection.account_id, connection.company_id = answer.location_id, answer.company_id
        connection.scopes = answer.scopes
        if came_back_to:
            connection.settings = {**connection.settings, "redirect_uri": came_back_to}
        connection.status, connection.status_reason = ConnectionStatus.NEW, ""
        connection.save()
        store_tokens(connection, answer)
    return connection


def save_gist(api_key: str, name: str, *, sandbox: bool = False, reconnect: Connection | None = None) -> Connection:
    """Store a Gist API key."""
    connection = reconnect or Connection(provider=Provider.GIST, sandbox=sandbox, key=free_key(name or "gist"))
    return _save_secret(connection, {"access_token": api_key.strip()}, name)


def save_private_token(
    token: str, location_id: str, name: str, *, sandbox: bool = False, reconnect: Connection | None = None
) -> Connection:
    """Store a GHL private integration token (docs/ghl-api.md#auth)."""
    connection = reconnect or find_or_new(Provider.GHL, location_id.strip(), sandbox)
    connection.account_id = location_id.strip()
    return _save_secret(connection, {"private_token": token.strip()}, name)


def _save_secret(connection: Connection, credentials: dict[str, str], name: str) -> Connection:
    connection.name = name.strip() or connection.name or connection.key
    connection.credentials = _kept_credentials(connection) | credentials
    # A fixed key has no end, and no scopes that could be asked for.
    connection.token_expires_at, connection.scopes = None, ""
    # Its age: GHL advises to replace a private token every 90 days (docs/ghl-api.md#auth).
    connection.token_refreshed_at = timezone.now()
    connection.status, connection.status_reason = ConnectionStatus.NEW, ""
    connection.save()
    return connection


def _kept_credentials(connection: Connection) -> dict[str, str]:
    """What outlives a login: the secret in the addresses that were pasted into Gist."""
    try:
        kept = connection.credentials
    except UndecryptableValue:
        return {}
    return {name: secret for name, secret in kept.items() if name == "webhook_token"}


def find_or_new(provider: Provider, account_id: str, sandbox: bool) -> Connection:
    known = Connection.objects.filter(provider=provider, account_id=account_id, sandbox=sandbox).first()
    name = f"{provider.label} {account_id[:6]}"
    return known or Connection(provider=provider, account_id=account_id, sandbox=sandbox, name=name, key=free_key(name))


def free_key(name: str) -> str:
    """A key made of `name` that no connection has."""
    stem = slugify(name)[:70] or "connection"
    taken = set(Connection.objects.filter(key__startswith=stem).values_list("key", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


def disconnect(connection: Connection) -> None:
    """Forget the login; mappings, pairs and history stay for a reconnect."""
    connection.credentials = _kept_credentials(connection)
    connection.token_expires_at = None
    connection.save(update_fields=["credentials", "token_expires_at"])
    connection.set_status(ConnectionStatus.DISCONNECTED, "Disconnected by a person.")
