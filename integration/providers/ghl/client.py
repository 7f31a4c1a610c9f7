"""The wire to GHL: what its errors mean (docs/ghl-api.md#errors) and what its limit headers say."""

import re
from collections.abc import Mapping

from integration.errors import (
    Duplicate,
    Gone,
    LocationInactive,
    MissingScope,
    NoAccess,
    ProviderError,
    ReconnectRequired,
    Rejected,
)
from integration.providers.http import Limits, Wire
from integration.providers.operations import Json

# Things that a record's values name.
NAMED_BY_VALUE = re.compile(r"\b(user|assigned|calendar|custom ?field|business|company)")

# Said of a suspended sub-account, to a call and to a refresh.
INACTIVE = re.compile(r"location (?:is )?not active")


def new_wire(base_url: str, timeout: float) -> Wire:
    return Wire("ghl", base_url, timeout, refine=refine_error, read_limits=read_limits)


def refine_error(status: int, body: Json, message: str) -> ProviderError | None:
    """Where GHL's statuses do not mean what they say (docs/ghl-api.md#errors)."""
    text = message.lower()
    if status == 400:
        return _read_bad_request(body, message, text)
    if status == 401:
        return _read_unauthorized(message, text)
    if status == 403:
        return _read_forbidden(message, text)
    return None


def _read_forbidden(message: str, text: str) -> ProviderError:
    # A missing scope is a 401 (docs/ghl-api.md#scopes); seen as 403 is a token of another location.
    if "access to this" in text:
        return NoAccess(
            f"GHL: {message} The location id and the login do not belong together: look up the id in GHL under "
            "Settings, Business profile, and use a token or a sign-in of that very location."
        )
    return MissingScope(f"GHL does not allow this: {message}")


def _read_bad_request(body: Json, message: str, text: str) -> ProviderError | None:
    # A duplicate is a plain 400; the contact that exists is named in `meta` (docs/ghl-api.md#errors).
    existing = (body.get("meta") or {}).get("contactId") if isinstance(body.get("meta"), dict) else None
    if existing:
        field = str(body["meta"].get("matchingField") or "")
        return Duplicate(
            f"GHL has a contact with this {field or 'e-mail or phone'} already ({existing}).",
            existing_id=str(existing),
            field=field,
        )
    # An unknown contact is a 400 and not a 404 (docs/ghl-api.md#errors); a user or calendar that a value names and that
    # is not there says nothing about the record.
    if "not found" in text and not NAMED_BY_VALUE.search(text):
        return Gone(f"GHL: {message}")
    # A suspended sub-account refuses every call alike until a person acts (docs/ghl-api.md#token).
    if INACTIVE.search(text):
        return LocationInactive(
            "GHL says the location is not active. Reactivate the sub-account in GHL, then check again."
        )
    return None


def _read_unauthorized(message: str, text: str) -> ProviderError | None:
    if "scope" in text:
        return MissingScope(f"GHL: {message} Add the scope to the app in GHL's marketplace, then reconnect.")
    if "version" in text:
        return Rejected(f"GHL: {message}")
    if "authclass" in text or "not yet supported" in text:
        return ReconnectRequired(
            "GHL: this is an agency's token, a location's is needed. Reconnect and choose the location."
        )
    return None


def read_limits(headers: Mapping[str, str]) -> Limits:
    """The five headers of docs/ghl-api.md#rate-limits."""
    return Limits(
        maximum=_read_int(headers.get("X-RateLimit-Max")),
        remaining=_read_int(headers.get("X-RateLimit-Remaining")),
        daily_remaining=_read_int(headers.get("X-RateLimit-Daily-Remaining")),
    )


def _read_int(value: str | None) -> int | None:
    return int(value) if value and value.strip().lstrip("-").isdigit() else None
