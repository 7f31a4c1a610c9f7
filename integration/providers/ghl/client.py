"""How GHL is spoken to: its reading of errors and of limit headers."""

from collections.abc import Mapping

from integration.errors import Duplicate, Gone, MissingScope, ProviderError, ReconnectRequired, Rejected
from integration.providers.http import Limits, Wire
from integration.providers.operations import Json


def wire(base_url: str, timeout: float) -> Wire:
    return Wire("ghl", base_url, timeout, refine=refine, read_limits=read_limits)


def refine(status: int, body: Json, message: str) -> ProviderError | None:
    """Where GHL's statuses do not mean what they say (docs/ghl-api.md#errors)."""
    said = message.lower()
    if status == 400:
        return _bad_request(body, message, said)
    if status == 401:
        return _unauthorized(message, said)
    if status == 403:
        return MissingScope(f"GHL: {message} Reconnect, and choose the location this connection stands for.")
    return None


def _bad_request(body: Json, message: str, said: str) -> ProviderError | None:
    existing = (body.get("meta") or {}).get("contactId") if isinstance(body.get("meta"), dict) else None
    if existing:
        field = body["meta"].get("matchingField") or "e-mail or phone"
        return Duplicate(f"GHL has a contact with this {field} already ({existing}).", existing_id=str(existing))
    if "not found" in said:
        return Gone(f"GHL: {message}.")
    if "location is not active" in said or "location not active" in said:
        return ReconnectRequired(
            "GHL says the location is not active. Reactivate the sub-account in GHL, then check again."
        )
    return None


def _unauthorized(message: str, said: str) -> ProviderError | None:
    if "scope" in said:
        return MissingScope(f"GHL: {message} Add the scope to the app in GHL's marketplace, then reconnect.")
    if "version" in said:
        return Rejected(f"GHL: {message}")
    if "authclass" in said or "not yet supported" in said:
        return ReconnectRequired(
            "GHL: this is an agency's token, a location's is needed. Reconnect and choose the location."
        )
    return None


def read_limits(headers: Mapping[str, str]) -> Limits:
    """The five headers of docs/ghl-api.md#rate-limits."""
    return Limits(
        maximum=_int(headers.get("X-RateLimit-Max")),
        remaining=_int(headers.get("X-RateLimit-Remaining")),
        daily_remaining=_int(headers.get("X-RateLimit-Daily-Remaining")),
    )


def _int(value: str | None) -> int | None:
    return int(value) if value and value.strip().lstrip("-").isdigit() else None
