"""What is done with conversations: assign, priority, tags, search, counts (docs/gist-api.md#conversations)."""

from integration.twin.gist import pages, tagging
from integration.twin.gist.access import body_of, refuse, require_number
from integration.twin.gist.api import ROUTER
from integration.twin.gist.audience import load_document
from integration.twin.gist.conversations import (
    KIND,
    MESSAGE,
    ONE,
    STATES,
    load_conversation,
    save_conversation,
    teammate_of,
)
from integration.twin.router import Call
from integration.twin.store import Doc

PRIORITIES = ("priority", "not_priority")


@ROUTER.add("PATCH", ONE + "/assign")
def assign_conversation(call: Call) -> Doc:
    """assignee_id null takes the assignee off."""
    body, conversation = body_of(call), load_conversation(call)
    teammate_of(call, body.get("teammate_id"))
    if body.get("assignee_id") is None:
        conversation["assignee"] = None
    else:
        kind = body.get("assignee_type") or "teammate"
        if kind not in ("teammate", "team"):
            raise refuse(422, "assignee_type must be teammate or team")
        assignee = load_document(call, f"gist.{kind}", str(body["assignee_id"]), "Assignee")
        conversation["assignee"] = {"id": assignee["id"], "type": kind}
    return {"conversation": save_conversation(call, conversation)}


@ROUTER.add("PATCH", ONE + "/priority")
def set_priority(call: Call) -> Doc:
    body, conversation = body_of(call), load_conversation(call)
    teammate_of(call, body.get("teammate_id"))
    if body.get("priority") not in PRIORITIES:
        raise refuse(422, f"priority must be one of {', '.join(PRIORITIES)}")
    return {"conversation": save_conversation(call, {**conversation, "priority": body["priority"]})}


@ROUTER.add("POST", ONE + "/tags")
def add_tag(call: Call) -> Doc:
    body, conversation = body_of(call), load_conversation(call)
    _check_message(call, conversation, body)
    if not str(body.get("tags") or "").strip():
        raise refuse(400, "tags can't be blank")
    tagging.put_on(conversation, tagging.ensure_tag(call.store, call.account, str(body["tags"])))
    return {"conversation": save_conversation(call, conversation)}


@ROUTER.add("DELETE", ONE + "/tags")
def remove_tag(call: Call) -> Doc:
    body, conversation = body_of(call), load_conversation(call)
    _check_message(call, conversation, body)
    tag = load_document(call, tagging.KIND, str(body.get("tag_id", "")), "Tag")
    tagging.take_off(conversation, tag)
    return {"conversation": save_conversation(call, conversation)}


def _check_message(call: Call, conversation: Doc, body: Doc) -> None:
    # Tags are put on by way of a message of the conversation (docs/gist-api.md#conversations).
    message = load_document(call, MESSAGE, str(require_number(body.get("message_id"), "message_id")), "Message")
    messages = call.store.find(MESSAGE, call.account, "parent", str(conversation["id"]))
    if message["id"] not in [known["id"] for known in messages]:
        raise refuse(404, "Message not found")


@ROUTER.add("POST", "/conversations/search", writes=False)
def search_conversations(call: Call) -> Doc:
    """Criteria that are known: state, assignee_id, team_id, tag_id, contact_id. Others are passed over."""
    body = body_of(call)
    found = [row for row in call.store.all(KIND, call.account) if _matches_criteria(row, body)]
    return pages.cut_page(call, "conversations", found[::-1])


def _matches_criteria(conversation: Doc, body: Doc) -> bool:
    assignee = conversation["assignee"] or {}
    tests = {
        "state": body.get("state") in ("all", conversation["state"]),
        "assignee_id": body.get("assignee_id") == assignee.get("id") and assignee.get("type") == "teammate",
        "team_id": body.get("team_id") == assignee.get("id") and assignee.get("type") == "team",
        "tag_id": body.get("tag_id") in [tag["id"] for tag in conversation["tags"]],
        "contact_id": body.get("contact_id") in [contact["id"] for contact in conversation["contacts"]],
    }
    return all(good for name, good in tests.items() if body.get(name) is not None)


@ROUTER.add("GET", "/conversations/count")
def count_by_state(call: Call) -> Doc:
    found = call.store.all(KIND, call.account)
    by_state = {state: sum(row["state"] == state for row in found) for state in STATES}
    assigned = sum(row["assignee"] is not None for row in found)
    return {"conversation_count": {**by_state, "assigned": assigned, "unassigned": len(found) - assigned}}


@ROUTER.add("GET", "/conversations/count/teams")
def count_by_team(call: Call) -> Doc:
    return _count_by(call, "team")


@ROUTER.add("GET", "/conversations/count/teammates")
def count_by_teammate(call: Call) -> Doc:
    return _count_by(call, "teammate")


def _count_by(call: Call, kind: str) -> Doc:
    open_ones = [row for row in call.store.all(KIND, call.account) if row["state"] == "open"]
    holders = [row["assignee"]["id"] for row in open_ones if (row["assignee"] or {}).get("type") == kind]
    rows = call.store.all(f"gist.{kind}", call.account)
    return {
        "conversation_count": [{"id": row["id"], "name": row["name"], "open": holders.count(row["id"])} for row in rows]
    }
