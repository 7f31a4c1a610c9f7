"""Notes of a contact (docs/ghl-api.md#notes)."""

import re
from typing import Any

from integration.twin.clock import iso, now_ms
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

KIND = "ghl.note"
BASE = "/contacts/{contactId}/notes"
READ, WRITE = "contacts.readonly", "contacts.write"


def _colour(name: str, value: Any) -> str:
    good = isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value)
    return "" if good else f"{name} must be a hexadecimal color"


FIELDS = {
    "body": dto.Rule(dto.filled),
    "userId": dto.Rule(dto.text, null=True),
    "title": dto.Rule(dto.text),
    "color": dto.Rule(_colour),
    "pinned": dto.Rule(dto.flag),
}
CREATE = {**FIELDS, "body": dto.Rule(dto.filled, required=True)}


def save(store: Store, location: str, note: Doc) -> Doc:
    store.put(Row(KIND, location, note["id"], note, parent=note["contactId"]))
    people.touch(store, location, note["contactId"])
    return note


@ROUTER.add("GET", BASE, scope=READ)
def list_notes(call: Call) -> Doc:
    """Newest first."""
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"notes": call.store.find(KIND, call.account, "parent", call.params["contactId"])[::-1]}


@ROUTER.add("POST", BASE, scope=WRITE, status=201)
def create_note(call: Call) -> Doc:
    body = _checked(call, CREATE)
    contact_id = call.params["contactId"]
    people.must_exist(call.store, call.account, contact_id)
    note = {"id": people.new_id(), "contactId": contact_id, "dateAdded": iso(now_ms()), "pinned": False}
    return {"note": save(call.store, call.account, {**note, **_given(body)})}


@ROUTER.add("GET", BASE + "/{id}", scope=READ)
def get_note(call: Call) -> Doc:
    return {"note": _note(call)}


@ROUTER.add("PUT", BASE + "/{id}", scope=WRITE)
def update_note(call: Call) -> Doc:
    body = _checked(call, FIELDS)
    return {"note": save(call.store, call.account, {**_note(call), **_given(body)})}


@ROUTER.add("DELETE", BASE + "/{id}", scope=WRITE)
def delete_note(call: Call) -> Doc:
    call.store.delete(KIND, call.account, _note(call)["id"])
    return {"succeded": True}


def _checked(call: Call, rules: dict[str, dto.Rule]) -> Doc:
    body = dto.check(call.body, rules)
    if body.get("userId") and call.store.everywhere("ghl.user", body["userId"]) is None:
        raise refuse(400, f"User with id {body['userId']} not found")
    return body


def _given(body: Doc) -> Doc:
    return {name: value for name, value in body.items() if value is not None}


def _note(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    note = call.store.get(KIND, call.account, call.params["id"])
    if note is None or note["contactId"] != call.params["contactId"]:
        raise refuse(404, f"Note with id {call.params['id']} not found")
    return note
