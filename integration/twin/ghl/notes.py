"""Notes of a contact (docs/ghl-api.md#notes)."""

import re
from typing import Any

from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Row, Store

KIND = "ghl.note"
BASE = "/contacts/{contactId}/notes"
READ, WRITE = "contacts.readonly", "contacts.write"


def _check_colour(name: str, value: Any) -> str:
    good = isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value)
    return "" if good else f"{name} must be a hexadecimal color"


FIELDS = {
    "body": dto.Rule(dto.check_filled),
    "userId": dto.Rule(dto.check_text, null=True),
    "title": dto.Rule(dto.check_text),
    "color": dto.Rule(_check_colour),
    "pinned": dto.Rule(dto.check_flag),
}
CREATE = {**FIELDS, "body": dto.Rule(dto.check_filled, required=True)}


def save_note(store: Store, location: str, note: Doc) -> Doc:
    store.put(Row(KIND, location, note["id"], note, parent=note["contactId"]))
    # Off by default; see touch_contact().
    people.touch_contact(store, location, note["contactId"])
    return note


@ROUTER.add("GET", BASE, scope=READ)
def list_notes(call: Call) -> Doc:
    """Newest first."""
    people.must_exist(call.store, call.account, call.params["contactId"])
    return {"notes": call.store.find(KIND, call.account, "parent", call.params["contactId"])[::-1]}


@ROUTER.add("POST", BASE, scope=WRITE, status=201)
def create_note(call: Call) -> Doc:
    body = _check_note(call, CREATE)
    contact_id = call.params["contactId"]
    people.must_exist(call.store, call.account, contact_id)
    note = {"id": people.new_id(), "contactId": contact_id, "dateAdded": to_iso(now_ms()), "pinned": False}
    return {"note": save_note(call.store, call.account, {**note, **_without_nulls(body)})}


@ROUTER.add("GET", BASE + "/{id}", scope=READ)
def get_note(call: Call) -> Doc:
    return {"note": _load_note(call)}


@ROUTER.add("PUT", BASE + "/{id}", scope=WRITE)
def update_note(call: Call) -> Doc:
    body = _check_note(call, FIELDS)
    return {"note": save_note(call.store, call.account, {**_load_note(call), **_without_nulls(body)})}


@ROUTER.add("DELETE", BASE + "/{id}", scope=WRITE)
def delete_note(call: Call) -> Doc:
    call.store.delete(KIND, call.account, _load_note(call)["id"])
    return {"succeded": True}


def _check_note(call: Call, rules: dict[str, dto.Rule]) -> Doc:
    body = dto.check_body(call.body, rules)
    # `userId` must be a real user (docs/ghl-api.md#notes).
    if body.get("userId") and call.store.find_anywhere("ghl.user", body["userId"]) is None:
        raise refuse(400, f"User with id {body['userId']} not found")
    return body


def _without_nulls(body: Doc) -> Doc:
    return {name: value for name, value in body.items() if value is not None}


def _load_note(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    note = call.store.get(KIND, call.account, call.params["id"])
    if note is None or note["contactId"] != call.params["contactId"]:
        raise refuse(404, f"Note with id {call.params['id']} not found")
    return note
