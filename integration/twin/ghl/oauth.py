"""Tokens: codes and refresh tokens against new ones, locations of an agency (docs/ghl-api.md#token)."""

import secrets
from typing import Any

from integration.twin import quirks, worlds
from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl.access import ACCESS_SECONDS, new_token, new_trace_id, put_token, refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call, Refusal, Reply
from integration.twin.store import Doc, Row, Store

CLIENTS = {worlds.CLIENT_ID: worlds.CLIENT_SECRET}
# The most that the OAuth standard advises; GHL's own figure is unknown (docs/ghl-api.md#token).
CODE_MINUTES = 10
# Within these a refresh token that was spent gives the same new tokens once more (docs/ghl-api.md#token).
GRACE_SECONDS = 30
REFRESH_DAYS = 365
# Prefix of the counters of refresh tokens that were sent: fresh, again (within the grace) and spent.
SENT = "ghl.refresh:"
PLAN = "66a0419a0dffa47fb5f8b22f"


def new_code(store: Store, grant: Doc, redirect_uri: str) -> str:
    """A code for what a person allowed: {companyId, locationId, scopes, userId, approvedLocations}."""
    code = secrets.token_hex(20)
    body = {"grant": grant, "redirect_uri": redirect_uri, "until": now_ms() + CODE_MINUTES * 60_000}
    store.put(Row("ghl.code", "", code, body))
    return code


@ROUTER.add("POST", "/oauth/token", access="open")
def exchange_token(call: Call) -> Doc | Reply:
    body = call.body if isinstance(call.body, dict) else {}
    if CLIENTS.get(str(body.get("client_id"))) != body.get("client_secret") or not body.get("client_secret"):
        raise _oauth_refusal(401, "invalid_client", "Invalid client credentials!")
    grants = {"authorization_code": _exchange_code, "refresh_token": _exchange_refresh_token}
    grant = grants.get(str(body.get("grant_type")))
    if grant is None:
        raise refuse(422, ["grant_type must be one of the following values: authorization_code, refresh_token"])
    return grant(call.store, body)


def _exchange_code(store: Store, body: Doc) -> Doc:
    """A code works once and for ten minutes; the redirect address must be the one it was made for."""
    code = store.get("ghl.code", "", body.get("code") or "")
    if code is None or code["until"] < now_ms():
        raise _oauth_refusal(400, "invalid_grant", "Invalid grant: authorization code is invalid")
    # Optional here, as not every client sends it; a wrong one is refused.
    if body.get("redirect_uri") and body["redirect_uri"] != code["redirect_uri"]:
        raise _oauth_refusal(400, "invalid_grant", "Invalid grant: redirect_uri does not match")
    store.delete("ghl.code", "", body["code"])
    return issue_tokens(store, code["grant"])


def _exchange_refresh_token(store: Store, body: Doc) -> Doc | Reply:
    """Works once; the same token again within 30 seconds gets the same answer (docs/ghl-api.md#token)."""
    text = body.get("refresh_token") or ""
    refused = _oauth_refusal(400, "invalid_grant", "Invalid grant: refresh token is invalid")
    known = store.get("ghl.token", "", text)
    if known is None or known["use"] != "refresh" or known["expires"] < now_ms():
        raise refused
    spent = known.get("spent")
    if spent:
        if quirks.is_on("ghl_refresh_grace") and now_ms() - spent["at"] <= GRACE_SECONDS * 1000:
            store.next_number(SENT + "again")
            answer: Doc = spent["answer"]
            return answer
        store.next_number(SENT + "spent")
        # Returned and not raised: a raised Refusal rolls the transaction back, and the count with it.
        return refused.reply
    answer = issue_tokens(store, known["grant"])
    # The whole answer is kept, because a repeat within the grace must give the very same tokens.
    put_token(store, text, {**known, "spent": {"at": now_ms(), "answer": answer}})
    store.next_number(SENT + "fresh")
    return answer


def count_refreshes(store: Store) -> dict[str, int]:
    """Refresh tokens that came in: fresh ones, spent ones again within the grace, and spent ones that were refused."""
    return {kind: store.next_number(SENT + kind, 0) for kind in ("fresh", "again", "spent")}


def expire_all(store: Store) -> int:
    """End the life of every access token that has an end, as if its day had passed. Returns how many were alive."""
    alive = (
        "UPDATE documents SET body=json_set(body, '$.expires', ?) WHERE kind='ghl.token'"
        " AND json_extract(body, '$.use')='access' AND json_extract(body, '$.expires') > ? RETURNING id"
    )
    with store.transaction():
        return len(store.run(alive, (now_ms() - 1, now_ms())))


def issue_tokens(store: Store, grant: Doc) -> Doc:
    """A pair of new tokens for `grant`, as the token endpoint answers it."""
    claims = {"company": grant["companyId"], "location": grant["locationId"]}
    access, refresh = new_token("access", **claims), new_token("refresh", **claims)
    put_token(store, access, {**grant, "use": "access", "expires": now_ms() + ACCESS_SECONDS * 1000})
    put_token(store, refresh, {"use": "refresh", "grant": grant, "expires": now_ms() + REFRESH_DAYS * 86_400_000})
    answer: Doc = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "scope": " ".join(grant["scopes"]),
        "userType": "Location" if grant["locationId"] else "Company",
        "companyId": grant["companyId"],
        "userId": grant["userId"],
        "planId": PLAN,
        "refreshTokenId": secrets.token_hex(12),
        "traceId": new_trace_id(),
    }
    if grant["locationId"]:
        return {**answer, "locationId": grant["locationId"]}
    # An agency's answer names the locations it is good for in place of one (docs/ghl-api.md#token).
    more = {"isBulkInstallation": True, "installToFutureLocations": False, "approveAllLocations": True}
    return {**answer, **more, "approvedLocations": grant.get("approvedLocations", [])}


@ROUTER.add("POST", "/oauth/locationToken", scope="oauth.write", access="agency")
def location_token(call: Call) -> Doc:
    body = call.body if isinstance(call.body, dict) else {}
    missing = [f"{name} should not be empty" for name in ("companyId", "locationId") if not body.get(name)]
    if missing:
        raise refuse(422, missing)
    _own_company(call, body["companyId"])
    grant = {name: call.token[name] for name in ("companyId", "scopes", "userId")}
    answer = issue_tokens(call.store, {**grant, "locationId": body["locationId"]})
    if not quirks.is_on("ghl_location_token_refresh"):
        answer.pop("refresh_token")
    return {**answer, "appId": worlds.CLIENT_ID, "versionId": worlds.CLIENT_ID}


@ROUTER.add("GET", "/oauth/installedLocations", scope="oauth.readonly", access="agency")
def installed_locations(call: Call) -> Doc:
    missing = [f"{name} should not be empty" for name in ("companyId", "appId") if not call.query.get(name)]
    if missing:
        raise refuse(422, missing)
    _own_company(call, call.query["companyId"])
    skip, limit = int(call.query.get("skip", 0)), int(call.query.get("limit", 20))
    found = [_installed_location(location) for location in call.store.all("ghl.location", call.query["companyId"])]
    wanted = call.query.get("query", "").lower()
    found = [row for row in found if wanted in row["name"].lower()]
    if call.query.get("isInstalled", "").lower() == "false":
        found = []
    return {"locations": found[skip : skip + limit], "count": len(found), "installToFutureLocations": False}


def _installed_location(location: Doc) -> Doc:
    return {
        "_id": location["id"],
        "name": location["name"],
        "address": f"{location['address']}, {location['city']}, {location['state']}",
        "isInstalled": True,
        "versionId": worlds.CLIENT_ID,
        "installedAt": to_iso(now_ms()),
    }


def _own_company(call: Call, company: Any) -> None:
    if company != call.token["companyId"]:
        raise refuse(403, "The token does not have access to this company.")


def _oauth_refusal(status: int, code: str, description: str) -> Refusal:
    """Reported as OAuth's own error words beside HighLevel's (docs/ghl-api.md#token)."""
    return Refusal(
        status,
        {"error": code, "error_description": description, "statusCode": status, "message": description},
    )
