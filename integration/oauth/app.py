"""The OAuth application Gistline is, towards GHL or towards its twin: consent address, code exchange, refresh."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import requests
from django.conf import settings
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session

from integration.errors import LocationInactive, ReconnectRequired, Retryable, SetupError
from integration.models import Connection
from integration.oauth.own_app import find_own_app, missing_in_environment
from integration.providers.ghl.client import INACTIVE
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.providers.http import message_of, mount_transport
from integration.providers.time_limit import current_limit
from integration.records import make_storable

Hook = Literal["access_token_response", "refresh_token_response"]
# Longest wait for a connection, and again for the answer, of one refresh: a lost answer can be asked for again for 30
# seconds only (docs/ghl-api.md#token).
REFRESH_SECONDS = 10.0
# The application that the built-in twin knows from the start.
SANDBOX_CLIENT = ("sandbox-gistline", "sandbox-secret")


@dataclass(frozen=True)
class TokenAnswer:
    """What the token endpoint said (docs/ghl-api.md#token). `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    expires_in: float
    scopes: str = ""
    user_type: str = "Location"
    location_id: str = ""
    company_id: str = ""

    @classmethod
    def from_json(cls, token: Mapping[str, Any], refresh_token: str = "") -> "TokenAnswer":
        token = make_storable(dict(token))
        scope = token.get("scope") or ""
        return cls(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or refresh_token,
            # The lifetime that GHL documents, where an answer leaves it out (docs/ghl-api.md#token).
            expires_in=float(token.get("expires_in") or 86_399),
            scopes=" ".join(scope) if isinstance(scope, list) else scope,
            user_type=token.get("userType") or "Location",
            location_id=token.get("locationId") or "",
            company_id=token.get("companyId") or "",
        )


@dataclass(frozen=True)
class OAuthApp:
    """Client id and secret with the addresses they are good for."""

    client_id: str
    client_secret: str
    authorize_url: str
    api_url: str
    sandbox: bool = False

    @property
    def token_url(self) -> str:
        return f"{self.api_url}/oauth/token"

    @property
    def app_id(self) -> str:
        """The application id is the client id up to the first hyphen (docs/ghl-api.md#auth)."""
        return self.client_id if self.sandbox else self.client_id.partition("-")[0]

    def consent_url(self, redirect_uri: str, scopes: Iterable[str] = NEEDED_SCOPES) -> tuple[str, str]:
        """The address to send the browser to, and the state that must come back."""
        session = self._new_session(redirect_uri, scope=list(scopes))
        url, state = session.authorization_url(self.authorize_url, loginWindowOpenMode="self")
        return str(url), str(state)

    def exchange_code(self, code: str, redirect_uri: str) -> TokenAnswer:
        """Trade the code for tokens. Raises SetupError when it is refused, Retryable when GHL cannot be asked."""
        try:
            token = self._new_session(redirect_uri, hook="access_token_response").fetch_token(
                self.token_url,
                code=code,
                client_secret=self.client_secret,
                # GHL reads id and secret from the form and takes no authorization header here (docs/ghl-api.md#token).
                include_client_id=True,
                user_type="Location",
                timeout=current_limit().shorten(settings.HTTP_TIMEOUT_SECONDS),
            )
            return TokenAnswer.from_json(token)
        except (TokenRefused, OAuth2Error) as refusal:
            raise SetupError(
                f"GHL did not accept the sign-in ({refusal}). Codes work once and for ten minutes: start again. "
                "If it fails again, compare client id, secret and redirect address with the app in GHL's marketplace."
            ) from refusal
        except requests.RequestException as problem:
            raise Retryable("GHL could not be reached to finish the sign-in. Try again.", provider="ghl") from problem
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise SetupError(f"GHL's answer to the sign-in cannot be read ({type(problem).__name__}).") from problem

    def refresh_tokens(self, refresh_token: str, name: str) -> TokenAnswer:
        """New tokens for a refresh token, which is spent by this.

        Refused means a person must reconnect; out of reach means try again with the same token.
        """
        session = self._new_session("", hook="refresh_token_response")
        try:
            token = session.refresh_token(
                self.token_url,
                refresh_token=refresh_token,
                client_id=self.client_id,
                client_secret=self.client_secret,
                user_type="Location",
                timeout=min(REFRESH_SECONDS, settings.HTTP_TIMEOUT_SECONDS),
            )
        except (TokenRefused, OAuth2Error) as refusal:
            if INACTIVE.search(str(refusal).lower()):
                raise LocationInactive(
                    f"{name}: GHL says the location is not active. Reactivate the sub-account in GHL, then check "
                    "again.",
                    provider="ghl",
                    status=401,
                ) from refusal
            raise ReconnectRequired(
                f"{name}: GHL refused to renew the login ({refusal}). "
                "Reconnect it: mappings and history stay, and what waits goes on.",
                provider="ghl",
                status=401,
            ) from refusal
        except requests.RequestException as problem:
            raise Retryable(f"{name}: GHL could not be reached to renew the login.", provider="ghl") from problem
        return TokenAnswer.from_json(token, refresh_token)

    def _new_session(
        self, redirect_uri: str, scope: list[str] | None = None, hook: Hook | None = None
    ) -> OAuth2Session:
        session = OAuth2Session(self.client_id, redirect_uri=redirect_uri or None, scope=scope)
        # Else proxies and passwords of the machine's environment would be used, as requests does by default.
        session.trust_env = False
        # A redirect would carry code, refresh token and client secret to wherever it points: it is an error.
        session.max_redirects = 0
        mount_transport(session)
        if hook:
            session.register_compliance_hook(hook, _check_answer)
        return session


class TokenRefused(Exception):
    """The token endpoint said no, in its own words."""


def _check_answer(response: requests.Response) -> requests.Response:
    """Tell a refusal from a busy or broken endpoint: those say nothing about the token, so it is kept."""
    try:
        body = response.json()
    except ValueError as problem:
        raise requests.HTTPError(f"GHL answered {response.status_code} without JSON", response=response) from problem
    if response.status_code == 429 or response.status_code >= 500:
        raise requests.HTTPError(f"GHL answered {response.status_code}", response=response)
    if response.status_code >= 400:
        raise TokenRefused(message_of(body)[:200] or f"status {response.status_code}")
    return response


def live_app() -> OAuthApp:
    """The marketplace app of the environment, else of the guide. Raises SetupError when none is set up, and
    UndecryptableValue where this process has no key for its secret.
    """
    own = find_own_app()
    if own is None:
        missing = " and ".join(missing_in_environment())
        raise SetupError(
            f"The environment names half of a GHL app: {missing} is missing. Set both, or neither."
            if missing
            else "No GHL app is set up. Create one in GHL's marketplace and enter its client id and secret under "
            "Guide, or set GHL_CLIENT_ID and GHL_CLIENT_SECRET, or connect with a private integration token.",
            missing or "GHL_CLIENT_ID",
        )
    return OAuthApp(own.client_id, own.client_secret, settings.GHL_AUTHORIZE_URL, settings.GHL_API_URL)


def sandbox_app() -> OAuthApp:
    """The application as the twin knows it: the browser goes to PUBLIC_URL, the server asks itself."""
    consent = f"{settings.PUBLIC_URL}/sandbox/ghl/oauth/chooselocation"
    return OAuthApp(*SANDBOX_CLIENT, authorize_url=consent, api_url=f"{settings.SANDBOX_URL}/ghl", sandbox=True)


def app_for(connection: Connection) -> OAuthApp:
    """The application a connection's login belongs to. Raises SetupError when none is set up."""
    return sandbox_app() if connection.sandbox else live_app()
