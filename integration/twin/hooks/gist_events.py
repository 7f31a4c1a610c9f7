"""Which Gist topics a change fires, and their bodies (docs/gist-api.md#webhooks)."""

from collections.abc import Callable, Iterator

from integration.twin import quirks
from integration.twin.store import Doc, Store

Events = Iterator[tuple[str, Doc]]
# Fields that have a topic of their own, and fields that never fire any. All others fire the topic of custom
# properties when the quirk is off.
SILENT = {"updated_at", "tags", "email", "custom_properties", "unsubscribed_from_emails", "type", "user_id"}


def events_of(
    store: Store,
    kind: str,
    account: str,
    id: str,  # noqa: A002 -- the word of the API
    before: Doc | None,
    after: Doc | None,
) -> Events:
    """Topic and body of every event; `kind` is one of KINDS."""
    if kind == "gist.contact":
        yield from ((topic, {"contact": after or before}) for topic in _contact_topics(before, after))
    elif after is not None:
        contact = _contact_of(store, kind, account, id, after)
        yield from ((topic, {"contact": contact, **more}) for topic, more in OF_A_CONTACT[kind](before, after))


def automation_body(contact: Doc, more: Doc) -> Doc:
    """The body of a webhook that one of Gist's automations sends."""
    return {"message" if quirks.is_on("gist_hook_workflow_message") else "contact": contact, **more}


def _contact_topics(before: Doc | None, after: Doc | None) -> Iterator[str]:
    if after is None:
        yield f"{(before or {})['type']}_deleted"
        return
    if before is None:
        yield from _created_topics(after)
        # A contact that is made with tags is tagged, too, and nothing else about it has changed.
        before = {**after, "tags": []}
    worn, before_worn = _tag_ids(after), _tag_ids(before)
    if worn - before_worn:
        yield "contact_tagged"
    if before_worn - worn:
        yield "contact_untagged"
    yield from _changed_topics(before, after)


def _created_topics(contact: Doc) -> Iterator[str]:
    yield "contact_created"
    if quirks.is_on("gist_hook_created_twice"):
        yield f"{contact['type']}_created"


def _tag_ids(contact: Doc) -> set[int]:
    return {tag["id"] for tag in contact["tags"]}


def _changed_topics(before: Doc, after: Doc) -> Iterator[str]:
    if (before["type"], after["type"]) == ("lead", "user"):
        yield "user_created"
    if before["email"] != after["email"]:
        yield "contact_email_updated"
        if not before["email"] and after["type"] == "lead":
            yield "lead_submitted_email"
    if _refuses_email(after) and not _refuses_email(before):
        yield "contact_unsubscribed_from_emails"
    compared = set() if quirks.is_on("gist_hook_fields_silent") else after.keys() - SILENT
    if any(before.get(name) != after.get(name) for name in ("custom_properties", *compared)):
        yield "custom_property_value_updated"


def _refuses_email(contact: Doc) -> bool:
    return str(contact["unsubscribed_from_emails"]).lower() == "true"


def _contact_of(store: Store, kind: str, account: str, id: str, document: Doc) -> Doc:  # noqa: A002
    """The contact that a conversation, message or event belongs to; one that is gone has an id only."""
    if kind == "gist.message":
        document = store.get("gist.conversation", account, _parent_of(store, kind, account, id)) or {}
    known = document.get("contacts")
    number = str(known[0]["id"]) if known else _parent_of(store, kind, account, id)
    return store.get("gist.contact", account, number) or {"id": int(number)}


def _parent_of(store: Store, kind: str, account: str, id: str) -> str:  # noqa: A002
    sql = "SELECT parent FROM documents WHERE kind=? AND account=? AND id=?"
    return str(store.run(sql, (kind, account, id))[0][0])


def _conversation_events(before: Doc | None, after: Doc) -> Events:
    more = {"conversation": after}
    if before is None:
        yield "contact_initiated_conversation", more
        return
    if before["state"] != after["state"] and after["state"] in ("open", "closed"):
        yield "conversation_opened" if after["state"] == "open" else "conversation_closed", more
    if after["assignee"] and before["assignee"] != after["assignee"]:
        yield "conversation_assigned", more


def _message_events(before: Doc | None, after: Doc) -> Events:
    if before is None:
        by_contact = after["author"]["type"] == "contact"
        topic = "new_message_received" if by_contact else "teammate_replied"
        yield "note_added" if after["message_type"] == "note" else topic, {"message": after}


def _performed_events(before: Doc | None, after: Doc) -> Events:
    yield "contact_performed_event", {"event": after}


OF_A_CONTACT: dict[str, Callable[[Doc | None, Doc], Events]] = {
    "gist.conversation": _conversation_events,
    "gist.message": _message_events,
    "gist.event": _performed_events,
}
KINDS = ("gist.contact", *OF_A_CONTACT)
