"""Who may call what: bearer tokens, the Version header, scopes, locations (docs/ghl-api.md#auth, #scopes)."""

import base64
import json
import secrets
from collections.abc import Mapping

from integration.twin import limits, quirks
from integration.twin.clock import now_ms
from integration.twin.router import Call, Operation, Refusal
from integration.twin.store import Doc, Row, Store

# Any published version is accepted on any path (docs/ghl-api.md#versions).
VERSIONS = ("v3", "2023-02-21", "2021-07-28", "2021-04-15")
# The documented `expires_in`; HighLevel's samples say 86400 (docs/ghl-api.md#token).
ACCESS_SECONDS = 86_399
NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    422: "Unprocessable Entity",
}


def error_body(status: int, message: str | list[str]) -> Doc:
    """The body of a refusal, as in docs/ghl-api.md#errors. `message` is a list for a 422 only."""
    body: Doc = {"statusCode": status, "message": message}
    if status in NAMES:
        body["error"] = NAMES[status]
    # Documented nowhere, seen on live accounts (docs/ghl-api.md#errors).
    if status in (400, 422):
        body["traceId"] = new_trace_id()
    return body


def new_trace_id() -> str:
    plain = secrets.token_hex(16)
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


def refuse(status: int, message: str | list[str]) -> Refusal:
    return Refusal(status, error_body(status, message))


def new_token(kind: str, **claims: object) -> str:
    """A text in the shape of a JWT, over 1,000 characters long. Nothing reads its parts: it is found as a whole."""
    claim = json.dumps({"kind": kind, **claims, "jti": secrets.token_hex(8), "pad": secrets.token_hex(300)})
    parts = (b'{"alg":"RS256","typ":"JWT"}', claim.encode(), secrets.token_bytes(256))
    return ".".join(base64.urlsafe_b64encode(piece).decode().rstrip("=") for piece in parts)


def put_token(store: Store, token: str, body: Doc) -> None:
    store.put(Row("ghl.token", "", token, body))


def authorise(call: Call, operation: Operation) -> None:
    if operation.access == "open":
        return
    _check_version(call)
    given = call.headers.get("Authorization", "")
    scheme, _, text = given.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise refuse(401, "Invalid token: access token is invalid")
    token = call.store.get("ghl.token", "", text.strip())
    if token is None:
        # Private integration tokens begin with `pit-` and have a message of their own (docs/ghl-api.md#errors).
        raise refuse(401, "Invalid Private Integration token" if text.startswith("pit-") else "Invalid JWT")
    # `expires` 0 means never: a private integration token is static (docs/ghl-api.md#auth).
    if token["use"] != "access" or (token["expires"] and token["expires"] <= now_ms()):
        raise refuse(401, "Invalid JWT")
    call.token = {**token, "text": text.strip()}
    call.account = token["locationId"] or token["companyId"]


def _check_version(call: Call) -> None:
    version = call.headers.get("Version")
    if version is None:
        raise refuse(401, "version header was not found.")
    if version not in VERSIONS:
        raise refuse(401, "version header is invalid")


def admit(call: Call) -> Mapping[str, str]:
    """Count the call; without an account (the token endpoint) there is nothing to count against."""
    if not call.account:
        return {}
    state = limits.meter_call(call.store, "ghl", call.account)
    headers = _limit_headers(state)
    if not state.allowed:
        raise Refusal(429, error_body(429, "Too Many Requests"), headers)
    return headers


def _limit_headers(state: limits.Meter) -> dict[str, str]:
    """The headers of docs/ghl-api.md#rate-limits; none of them says when the window ends."""
    if state.limit is None:
        return {}
    return {
        "X-RateLimit-Limit-Daily": str(state.limit.daily or 0),
        "X-RateLimit-Daily-Remaining": str(state.left_today),
        "X-RateLimit-Interval-Milliseconds": f"{state.limit.seconds * 1000:.0f}",
        "X-RateLimit-Max": str(state.limit.calls),
        "X-RateLimit-Remaining": str(state.left),
    }


def permit(call: Call, operation: Operation) -> None:
    if operation.access == "open":
        return
    kind = "location" if call.token["locationId"] else "agency"
    # An agency's token on a location's call, or the reverse (docs/ghl-api.md#errors).
    if operation.access not in (kind, "both"):
        raise refuse(401, f"This AuthClass {'Location' if kind == 'location' else 'Company'} is not yet supported")
    if operation.scope and operation.scope not in call.token["scopes"]:
        status = 401 if quirks.is_on("ghl_scope_401") else 403
        raise refuse(status, "The token is not authorized for this scope.")
    _check_location(call)


def _check_location(call: Call) -> None:
    """A location named in path, query or body must be one the token is good for."""
    body = call.body if isinstance(call.body, dict) else {}
    named = call.params.get("locationId") or call.query.get("locationId") or body.get("locationId")
    if not named or named == call.token["locationId"]:
        return
    if call.token["locationId"] or call.store.get("ghl.location", call.token["companyId"], str(named)) is None:
        raise refuse(403, "The token does not have access to this location.")


def expire_token(call: Call) -> Refusal:
    """End the life of the caller's access token, as if its day had passed. A private token is refused once."""
    if call.token and call.token["expires"]:
        body = {key: value for key, value in call.token.items() if key != "text"}
        put_token(call.store, call.token["text"], {**body, "expires": now_ms() - 1})
    return refuse(401, "Invalid JWT")
