"""Users of the agency and its locations (docs/ghl-api.md#users)."""

from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc

KIND = "ghl.user"
READ = "users.readonly"


@ROUTER.add("GET", "/users/search", scope=READ, access="both")
def search_users(call: Call) -> Doc:
    if not call.query.get("companyId"):
        raise refuse(422, ["companyId should not be empty"])
    if call.query["companyId"] != call.token["companyId"]:
        raise refuse(403, "The token does not have access to this company.")
    found = [user for user in _visible_users(call, call.query.get("locationId", "")) if _matches_query(call, user)]
    skip, limit = int(call.query.get("skip", 0)), int(call.query.get("limit", 25))
    return {"users": found[skip : skip + limit], "count": len(found)}


@ROUTER.add("GET", "/users/{userId}", scope=READ, access="both")
def get_user(call: Call) -> Doc:
    """A flat object, without a wrapper."""
    user = next((user for user in _visible_users(call) if user["id"] == call.params["userId"]), None)
    if user is None:
        raise refuse(400, f"User with id {call.params['userId']} not found")
    return user


@ROUTER.add("GET", "/users/", scope=READ)
def list_users(call: Call) -> Doc:
    """Deprecated, still answers."""
    return {"users": _visible_users(call, call.query.get("locationId", call.account))}


def _visible_users(call: Call, location: str = "") -> list[Doc]:
    """Users of the agency; to a location's token only those of the location."""
    where = location or call.token["locationId"]
    users = call.store.all(KIND, call.token["companyId"])
    return [user for user in users if not where or where in user["roles"]["locationIds"]]


def _matches_query(call: Call, user: Doc) -> bool:
    words = f"{user['name']} {user['email']} {user['phone']}".lower()
    ids = call.query_list("ids")
    return (
        call.query.get("query", "").lower() in words
        and call.query.get("role", user["roles"]["role"]) == user["roles"]["role"]
        and call.query.get("type", user["roles"]["type"]) == user["roles"]["type"]
        and (not ids or user["id"] in ids)
    )
