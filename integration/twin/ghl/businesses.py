"""Companies (docs/ghl-api.md#businesses)."""

from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

KIND = "ghl.business"
READ, WRITE = "businesses.readonly", "businesses.write"
TEXTS = ["phone", "website", "address", "city", "postalCode", "state", "country", "description"]
FIELDS = {
    "name": dto.Rule(dto.check_filled),
    "email": dto.Rule(dto.check_email),
    **{name: dto.Rule(dto.check_text) for name in TEXTS},
}
CREATE = {
    **FIELDS,
    "name": dto.Rule(dto.check_filled, required=True),
    "locationId": dto.Rule(dto.check_filled, required=True),
}


def save_business(store: Store, business: Doc) -> Doc:
    store.put(Row(KIND, business["locationId"], business["id"], business))
    return business


@ROUTER.add("GET", "/businesses/", scope=READ)
def list_businesses(call: Call) -> Doc:
    if not call.query.get("locationId"):
        raise refuse(422, ["locationId should not be empty"])
    skip, limit = int(call.query.get("skip", 0)), int(call.query.get("limit", 100))
    return {"businesses": call.store.all(KIND, call.account)[skip : skip + limit]}


@ROUTER.add("POST", "/businesses/", scope=WRITE, status=201)
def create_business(call: Call) -> Doc:
    body = dto.check_body(call.body, CREATE)
    by = {"type": "INTEGRATION", "id": call.token.get("userId", ""), "timestamp": to_iso(now_ms())}
    now = to_iso(now_ms())
    business = {"id": people.new_id(), **body, "createdBy": by, "createdAt": now, "updatedAt": now}
    # `buiseness` is how GHL spells it (docs/ghl-api.md#businesses).
    return {"success": True, "buiseness": save_business(call.store, business)}


@ROUTER.add("GET", "/businesses/{businessId}", scope=READ)
def get_business(call: Call) -> Doc:
    return {"business": _load_business(call)}


@ROUTER.add("PUT", "/businesses/{businessId}", scope=WRITE)
def update_business(call: Call) -> Doc:
    body = dto.check_body(call.body, FIELDS)
    return {
        "success": True,
        "buiseness": save_business(call.store, {**_load_business(call), **body, "updatedAt": to_iso(now_ms())}),
    }


@ROUTER.add("DELETE", "/businesses/{businessId}", scope=WRITE)
def delete_business(call: Call) -> Doc:
    call.store.delete(KIND, call.account, _load_business(call)["id"])
    return {"success": True}


def _load_business(call: Call) -> Doc:
    business = call.store.get(KIND, call.account, call.params["businessId"])
    if business is None:
        raise refuse(400, f"Business with id {call.params['businessId']} not found")
    return business
