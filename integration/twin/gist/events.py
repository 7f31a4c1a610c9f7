"""Events: written per contact, listed as types only (docs/gist-api.md#events)."""

import re

from integration.twin import quirks
from integration.twin.clock import now_s
from integration.twin.gist import pages, people
from integration.twin.gist.access import body_of, refuse
from integration.twin.gist.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row

TYPE, OCCURRENCE = "gist.event_type", "gist.event"


@ROUTER.add("POST", "/events")
def post_event(call: Call) -> Doc:
    body = body_of(call)
    name = str(body.get("event_name") or "").strip()
    if not name:
        raise refuse(400, "event_name can't be blank")
    if body.get("properties") is not None and not isinstance(body["properties"], dict):
        raise refuse(422, "properties must be an object")
    if not any(body.get(key) for key in ("email", "user_id", "id")):
        raise refuse(400, "Either email or user_id is required")
    contact = people.load_contact(call.store, call.account, body)
    name = re.sub(r"[.$]", "-", name) if quirks.is_on("gist_event_names") else name
    # GET /events lists these kinds; what happened cannot be read back (docs/gist-api.md#events).
    _remember_type(call, name)
    occurred = int(body.get("occurred_at") or now_s())
    event = {"name": name, "properties": body.get("properties") or {}, "occurred_at": occurred}
    number = str(call.store.next_number("gist.id"))
    call.store.put(Row(OCCURRENCE, call.account, number, event, parent=str(contact["id"]), added=occurred))
    return {"event": {"name": name, "email": contact["email"]}}


def _remember_type(call: Call, name: str) -> None:
    if not call.store.find(TYPE, call.account, "ext", name.lower()):
        number = call.store.next_number("gist.id")
        call.store.put(Row(TYPE, call.account, str(number), {"id": number, "name": name}, ext=name.lower()))


@ROUTER.add("GET", "/events")
def list_types(call: Call) -> Doc:
    types = call.store.all(TYPE, call.account)
    return pages.cut_page(call, "events", [{"id": kind["id"], "name": kind["name"]} for kind in types])
