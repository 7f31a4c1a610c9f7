"""API keys, the errors envelope, the limit (docs/gist-api.md#auth, #errors, #rate-limits)."""

from collections.abc import Mapping
from typing import Any

from integration.twin import limits
from integration.twin.router import Call, Operation, Refusal
from integration.twin.store import Doc


def error_body(status: int, message: str) -> Doc:
    return {"errors": [{"message": message}]}


def refuse(status: int, message: str) -> Refusal:
    return Refusal(status, error_body(status, message))


def authorise(call: Call, operation: Operation) -> None:
    scheme, _, key = call.headers.get("Authorization", "").partition(" ")
    known = call.store.get("gist.key", "", key.strip()) if scheme.lower() == "bearer" else None
    if known is None:
        raise refuse(401, "Access token is invalid")
    call.token = known
    call.account = known["workspace"]


def admit(call: Call) -> Mapping[str, str]:
    """No header tells how many calls are left."""
    state = limits.meter_call(call.store, "gist", call.account)
    if not state.allowed:
        raise refuse(429, "Rate limit exceeded")
    return {}


def permit(call: Call, operation: Operation) -> None:
    """A key opens all of its workspace."""


def refuse_as_expired(call: Call) -> Refusal:
    """Keys do not expire; this one call is refused."""
    return refuse(401, "Access token is invalid")


def body_of(call: Call) -> Doc:
    if not isinstance(call.body, dict):
        raise refuse(400, "The body must be a JSON object")
    return call.body


def read_number(call: Call, name: str, default: int) -> int:
    """A query parameter that is a whole number; anything else counts as not given."""
    # Which wrong parameters Gist refuses is unknown; passing over them is the milder guess.
    text = call.query.get(name, "")
    return int(text) if text.isdigit() else default


def require_number(value: Any, what: str) -> int:
    """Raises Refusal for what is no whole number."""
    if isinstance(value, bool) or not str(value).strip().lstrip("-").isdigit():
        raise refuse(400, f"{what} must be a number")
    return int(value)
