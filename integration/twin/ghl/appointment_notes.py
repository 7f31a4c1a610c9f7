"""Notes of appointments (docs/ghl-api.md#calendars)."""

from typing import Any

from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.appointments import READ, WRITE, load_event
from integration.twin.router import Call
from integration.twin.store import Doc, Row

NOTE = "ghl.appointment_note"
NOTES = "/calendars/appointments/{appointmentId}/notes"


def _note_body(name: str, value: Any) -> str:
    return dto.check_filled(name, value) or (
        "" if len(value) <= 5000 else f"{name} must be shorter than 5000 characters"
    )


NOTE_BODY = {"body": dto.Rule(_note_body, required=True), "userId": dto.Rule(dto.check_text)}


@ROUTER.add("GET", NOTES, scope=READ)
def list_notes(call: Call) -> Doc:
    load_event(call, call.params["appointmentId"])
    limit, offset = call.query.get("limit", ""), call.query.get("offset", "")
    # Both are required and `limit` is 20 at most (docs/ghl-api.md#calendars).
    if not limit.isdigit() or not offset.isdigit() or int(limit) > 20:
        raise refuse(422, ["limit must not be greater than 20 and offset must be a number string"])
    found = call.store.find(NOTE, call.account, "parent", call.params["appointmentId"])
    end = int(offset) + int(limit)
    return {"notes": found[int(offset) : end], "hasMore": len(found) > end}


@ROUTER.add("POST", NOTES, scope=WRITE, status=201)
def create_note(call: Call) -> Doc:
    body = dto.check_body(call.body, NOTE_BODY)
    event = load_event(call, call.params["appointmentId"])
    note = {"id": people.new_id(), "contactId": event["contactId"], "dateAdded": to_iso(now_ms())}
    by = {"id": body.get("userId", ""), "name": ""}
    return {"note": _save_note(call, {**note, **body, "createdBy": by})}


@ROUTER.add("PUT", NOTES + "/{noteId}", scope=WRITE)
def update_note(call: Call) -> Doc:
    body = dto.check_body(call.body, NOTE_BODY)
    return {"note": _save_note(call, {**_load_note(call), **body})}


@ROUTER.add("DELETE", NOTES + "/{noteId}", scope=WRITE)
def delete_note(call: Call) -> Doc:
    call.store.delete(NOTE, call.account, _load_note(call)["id"])
    return {"success": True}


def _load_note(call: Call) -> Doc:
    note = call.store.get(NOTE, call.account, call.params["noteId"])
    if note is None:
        raise refuse(404, f"Note with id {call.params['noteId']} not found")
    return note


def _save_note(call: Call, note: Doc) -> Doc:
    call.store.put(Row(NOTE, call.account, note["id"], note, parent=call.params["appointmentId"]))
    return note
