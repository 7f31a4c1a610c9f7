"""Custom values of a location, and its workflows (docs/ghl-api.md#custom-values, #workflows)."""

import re

from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

VALUE, AUTOMATION = "ghl.custom_value", "ghl.workflow"
READ, WRITE = "locations/customValues.readonly", "locations/customValues.write"
BASE = "/locations/{locationId}/customValues"
BODY = {"name": dto.Rule(dto.check_filled, required=True), "value": dto.Rule(dto.check_text, required=True)}


@ROUTER.add("GET", BASE, scope=READ)
def list_values(call: Call) -> Doc:
    return {"customValues": call.store.all(VALUE, call.account)}


@ROUTER.add("POST", BASE, scope=WRITE, status=201)
def create_value(call: Call) -> Doc:
    body = dto.check_body(call.body, BODY)
    word = re.sub(r"[^a-z0-9]+", "_", body["name"].lower()).strip("_")
    made = {"id": people.new_id(), **body, "fieldKey": f"{{{{ custom_values.{word} }}}}", "locationId": call.account}
    return {"customValue": save_value(call.store, made)}


@ROUTER.add("GET", BASE + "/{id}", scope=READ)
def get_value(call: Call) -> Doc:
    return {"customValue": _load_value(call)}


@ROUTER.add("PUT", BASE + "/{id}", scope=WRITE)
def update_value(call: Call) -> Doc:
    return {"customValue": save_value(call.store, {**_load_value(call), **dto.check_body(call.body, BODY)})}


@ROUTER.add("DELETE", BASE + "/{id}", scope=WRITE)
def delete_value(call: Call) -> Doc:
    call.store.delete(VALUE, call.account, _load_value(call)["id"])
    return {"succeded": True}


@ROUTER.add("GET", "/workflows/", scope="workflows.readonly")
def list_workflows(call: Call) -> Doc:
    if not call.query.get("locationId"):
        raise refuse(422, ["locationId should not be empty"])
    return {"workflows": call.store.all(AUTOMATION, call.account)}


def save_value(store: Store, value: Doc) -> Doc:
    store.put(Row(VALUE, value["locationId"], value["id"], value))
    return value


def save_workflow(store: Store, location: str, workflow_id: str, name: str) -> None:
    now = to_iso(now_ms())
    document = {
        "id": workflow_id, "name": name, "status": "published", "version": 1, "createdAt": now, "updatedAt": now,
        "locationId": location,
    }  # fmt: skip
    store.put(Row(AUTOMATION, location, workflow_id, document))


def _load_value(call: Call) -> Doc:
    found = call.store.get(VALUE, call.account, call.params["id"])
    if found is None:
        raise refuse(400, f"Custom value with id {call.params['id']} not found")
    return found
