"""A fresh access token, however many workers ask at once: one refresh, and both tokens saved before use.

GHL's refresh tokens work once (docs/ghl-api.md#token). The one who refreshes holds a lock in the connection's row
with a time limit; the others wait and read the result. The lock is a column and not an open transaction, so that
nobody waits on the database while the provider is asked.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from integration.errors import LocationInactive, ReconnectRequired, Retryable
from integration.models import Connection
from integration.models.connection import SANDBOX_OFF
from integration.models.link import lease_clock
from integration.oauth.app import TokenAnswer, app_for

# A token is renewed this long before it ends, or in the last tenth of its life when that is shorter.
EARLY = timedelta(minutes=10)
TOKEN_FIELDS = ["credentials", "token_expires_at", "token_refreshed_at"]
# Longer than one try of a refresh can take; after that its holder is taken for dead. Shorter than the 30 seconds in
# which GHL answers a spent token again (docs/ghl-api.md#token), so that what a killed process began can be ended.
LOCK_SECONDS = 25
# Seconds between the tries of a refresh that fails for now. Their answer may be lost, so the run's own pauses, which
# are longer than GHL's 30 seconds, would come too late.
PAUSES = (0.5, 1.5)
POLL_SECONDS = 0.2


@dataclass
class FixedLogin:
    """A Gist API key or a GHL private token: it works, or a person must replace it."""

    connection: Connection

    def header(self) -> str:
        secret = self.connection.credentials.get("private_token") or self.connection.credentials.get("access_token")
        if not secret:
            raise _reconnect_error(self.connection, "No key is stored for this connection.")
        return f"Bearer {secret}"

    def renew(self, refused: str) -> str:
        what = "private token" if self.connection.provider == "ghl" else "API key"
        # Of a login that is only tried, nothing can be reconnected: it was typed just now.
        if self.connection.pk is None:
            raise _reconnect_error(self.connection, f"This {what} was refused. Copy the whole of it once more.")
        raise _reconnect_error(self.connection, f"The {what} was refused. Create a new one and reconnect with it.")


@dataclass
class OAuthLogin:
    """A GHL login from OAuth."""

    connection: Connection
    checked_at: float = 0.0

    def header(self) -> str:
        """Reads the row again at most once a second: another process may have refreshed."""
        if time.monotonic() - self.checked_at > 1.0:
            self.connection.refresh_from_db(fields=TOKEN_FIELDS)
            self.checked_at = time.monotonic()
        if self._ends_soon():
            refresh_login(self.connection, self._access_token())
        return f"Bearer {self._access_token()}"

    def renew(self, refused: str) -> str:
        refresh_login(self.connection, refused.removeprefix("Bearer "))
        return f"Bearer {self._access_token()}"

    def _ends_soon(self) -> bool:
        ends, began = self.connection.token_expires_at, self.connection.token_refreshed_at
        if not self._access_token() or ends is None:
            return not self._access_token()
        early = min(EARLY, (ends - began) / 10) if began and ends > began else EARLY
        return ends - early < timezone.now()

    def _access_token(self) -> str:
        return str(self.connection.credentials.get("access_token", ""))


@dataclass
class SwitchedOffLogin:
    """A connection to the sandbox while the demo is off: nobody is asked, wherever its address may lead then."""

    connection: Connection

    def header(self) -> str:
        raise ReconnectRequired(SANDBOX_OFF, provider=self.connection.provider)

    def renew(self, refused: str) -> str:
        return self.header()


def login_for(connection: Connection) -> FixedLogin | OAuthLogin | SwitchedOffLogin:
    if connection.sandbox and not settings.DEMO:
        return SwitchedOffLogin(connection)
    return OAuthLogin(connection) if connection.uses_oauth else FixedLogin(connection)


def refresh_login(connection: Connection, stale: str, patience: float = LOCK_SECONDS + 20) -> None:
    """Replace the access token `stale`, unless somebody already did; `connection` holds the new one afterwards.

    Raises ReconnectRequired when GHL refuses the refresh token, Retryable when it could not be asked.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if _take_lock(connection):
            try:
                connection.refresh_from_db(fields=TOKEN_FIELDS)
                # Another process may have refreshed before the lock was free; a second refresh would spend its token.
                if connection.credentials.get("access_token") == stale:
                    _refresh_locked(connection)
                return
            finally:
                Connection.objects.filter(pk=connection.pk).update(refreshing_until=None)
        time.sleep(POLL_SECONDS)
        connection.refresh_from_db(fields=TOKEN_FIELDS)
        if connection.credentials.get("access_token") != stale:
            return
    raise Retryable(f"{connection.name}: another process is still refreshing the login.", provider="ghl")


def _take_lock(connection: Connection) -> bool:
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=lease_clock())
    return Connection.objects.filter(free, pk=connection.pk).update(refreshing_until=_lock_ends()) == 1


def _lock_ends() -> Any:
    return lease_clock() + timedelta(seconds=LOCK_SECONDS)


def _refresh_locked(connection: Connection) -> None:
    refresh_token = connection.credentials["refresh_token"]
    if connection.credentials.get("refused") == refresh_token:
        raise _reconnect_error(
            connection, "GHL refused to renew the login before. Reconnect it; mappings and history stay."
        )
    try:
        answer = _request_tokens(connection, refresh_token)
    except LocationInactive:
        # The token was not spent: it renews the login once the location is active again (docs/ghl-api.md#token).
        raise
    except ReconnectRequired:
        # A spent token is never sent twice, whoever asks again.
        connection.credentials |= {"refused": refresh_token}
        connection.save(update_fields=["credentials"])
        raise
    store_tokens(connection, answer)


def _request_tokens(connection: Connection, refresh_token: str) -> TokenAnswer:
    """GHL's answer to the refresh token; the lock is kept for each try anew."""
    app = app_for(connection)
    for pause in PAUSES:
        try:
            return app.refresh_tokens(refresh_token, connection.name)
        except Retryable:
            time.sleep(pause)
            Connection.objects.filter(pk=connection.pk).update(refreshing_until=_lock_ends())
    return app.refresh_tokens(refresh_token, connection.name)


def store_tokens(connection: Connection, answer: TokenAnswer) -> None:
    """Save both tokens and when the first ends."""
    connection.save_tokens(
        {"access_token": answer.access_token, "refresh_token": answer.refresh_token},
        timezone.now() + timedelta(seconds=answer.expires_in),
    )
    if answer.scopes and answer.scopes != connection.scopes:
        connection.scopes = answer.scopes
        connection.save(update_fields=["scopes"])


def _reconnect_error(connection: Connection, sentence: str) -> ReconnectRequired:
    return ReconnectRequired(f"{connection.name}: {sentence}", provider=connection.provider, status=401)
