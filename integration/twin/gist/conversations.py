"""Conversations and their messages (docs/gist-api.md#conversations)."""

import json
from typing import Any

from integration.twin.clock import now_s
from integration.twin.gist import pages, people
from integration.twin.gist.access import body_of, refuse
from integration.twin.gist.api import ROUTER
from integration.twin.gist.audience import load_document
from integration.twin.router import Call
from integration.twin.store import Doc, Row

KIND, MESSAGE = "gist.conversation", "gist.message"
STATES = ("open", "closed", "snoozed")
TYPES = ("reply", "note")
ONE = "/conversations/{id}"


def save_conversation(call: Call, conversation: Doc) -> Doc:
    conversation["updated_at"] = now_s()
    # There is no contact_id: a conversation belongs to the first of its contacts (docs/gist-api.md#conversations).
    contact = str(conversation["contacts"][0]["id"])
    call.store.put(
        Row(
            KIND,
            call.account,
            str(conversation["id"]),
            conversation,
            parent=contact,
            added=conversation["created_at"],
            updated=conversation["updated_at"],
        )
    )
    return conversation


def load_conversation(call: Call) -> Doc:
    return load_document(call, KIND, call.params["id"], "Conversation")


@ROUTER.add("GET", "/conversations")
def list_conversations(call: Call) -> Doc:
    state = call.query.get("state") or call.query.get("status") or "all"
    column = "updated" if call.query.get("order_by") == "updated_at" else "added"
    direction = "ASC" if call.query.get("order") == "asc" else "DESC"
    rows = call.store.run(
        f"SELECT body FROM documents WHERE kind=? AND account=? ORDER BY {column} {direction}, id {direction}",  # noqa: S608
        (KIND, call.account),
    )
    found = [json.loads(row[0]) for row in rows]
    return pages.cut_page(call, "conversations", [row for row in found if state in ("all", row["state"])])


@ROUTER.add("GET", ONE)
def get_conversation(call: Call) -> Doc:
    return {"conversation": load_conversation(call)}


@ROUTER.add("POST", "/conversations")
def create_conversation(call: Call) -> Doc:
    """Opened by the contact in "from"."""
    body = body_of(call)
    contact = _load_contact(call, body.get("from"))
    text = _body_text(body)
    now = now_s()
    conversation = {
        "id": call.store.next_number("gist.id"),
        "state": "open",
        "title": body.get("title"),
        "contacts": [{"id": contact["id"]}],
        "assignee": None,
        "tags": [],
        "priority": "not_priority",
        "custom_properties": people.check_properties(body.get("custom_properties") or {}, lists=True),
        "created_at": now,
    }
    save_conversation(call, conversation)
    _add_message(call, conversation, text, "reply", _as_contact(contact))
    return {"conversation": conversation}


@ROUTER.add("PATCH", ONE)
def update_conversation(call: Call) -> Doc:
    body, conversation = body_of(call), load_conversation(call)
    if "title" in body:
        conversation["title"] = body["title"]
    if "custom_properties" in body:
        conversation["custom_properties"] |= people.check_properties(body["custom_properties"], lists=True)
    if "state" in body:
        _set_state(call, conversation, body)
    return {"conversation": save_conversation(call, conversation)}


def _set_state(call: Call, conversation: Doc, body: Doc) -> None:
    if body["state"] not in STATES:
        raise refuse(422, f"state must be one of {', '.join(STATES)}")
    teammate_of(call, body.get("teammate_id"))
    conversation["state"] = body["state"]
    if body["state"] == "snoozed":
        # Two sources name it differently (docs/gist-api.md#conversations), so both are taken.
        conversation["snoozed_until"] = body.get("snoozed_until") or body.get("snooze_until")


@ROUTER.add("DELETE", ONE)
def delete_conversation(call: Call) -> Doc:
    conversation = load_conversation(call)
    call.store.delete(KIND, call.account, conversation["id"])
    call.store.run(
        "DELETE FROM documents WHERE kind=? AND account=? AND parent=?",
        (MESSAGE, call.account, str(conversation["id"])),
    )
    return {"conversation": conversation}


@ROUTER.add("GET", ONE + "/messages")
def list_messages(call: Call) -> Doc:
    messages = call.store.find(MESSAGE, call.account, "parent", str(load_conversation(call)["id"]))
    return pages.cut_page(call, "messages", messages)


@ROUTER.add("POST", ONE + "/messages")
def create_message(call: Call) -> Doc:
    """A reply of a teammate or the contact, or with message_type "note" a teammate's internal note."""
    body, conversation = body_of(call), load_conversation(call)
    kind = body.get("message_type", "reply")
    if kind not in TYPES:
        raise refuse(422, f"message_type must be one of {', '.join(TYPES)}")
    text = _body_text(body)
    author = _read_author(call, body.get("from"))
    # Notes are internal, so a contact writes none (docs/gist-api.md#conversations).
    if kind == "note" and author["type"] != "teammate":
        raise refuse(422, "Only a teammate can write a note")
    save_conversation(call, conversation)
    return {"message": _add_message(call, conversation, text, kind, author)}


def _add_message(call: Call, conversation: Doc, text: str, kind: str, author: Doc) -> Doc:
    message = {
        "id": call.store.next_number("gist.id"),
        "body": text,
        "message_type": kind,
        "author": author,
        "attachments": [],
        "created_at": now_s(),
    }
    call.store.put(Row(MESSAGE, call.account, str(message["id"]), message, parent=str(conversation["id"])))
    return message


def _body_text(body: Doc) -> str:
    text = body.get("body")
    if not isinstance(text, str) or not text.strip():
        raise refuse(400, "body can't be blank")
    return text


def _read_author(call: Call, author_of: Any) -> Doc:
    if isinstance(author_of, dict) and author_of.get("type") == "teammate":
        teammate = teammate_of(call, author_of.get("teammate_id"))
        return {"id": teammate["id"], "type": "teammate", "name": teammate["name"], "email": teammate["email"]}
    return _as_contact(_load_contact(call, author_of))


def _load_contact(call: Call, author_of: Any) -> Doc:
    if not isinstance(author_of, dict):
        raise refuse(400, "from must name the contact")
    return people.load_contact(call.store, call.account, author_of)


def _as_contact(contact: Doc) -> Doc:
    return {"id": contact["id"], "type": "contact", "name": contact["name"], "email": contact["email"]}


def teammate_of(call: Call, number: Any) -> Doc:
    """The one who acts; without one nothing is done (docs/gist-api.md#conversations)."""
    if number is None:
        raise refuse(400, "teammate_id is required")
    return load_document(call, "gist.teammate", str(number), "Teammate")
