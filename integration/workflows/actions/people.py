"""Actions on the contact itself, on either side: tags, owner, fields, what Gist shows."""

from typing import Any

from integration.errors import Rejected
from integration.providers.exchange import Steps
from integration.providers.gist import audience, conversations
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.records import Contact, Value, is_blank
from integration.related import carry as carrying
from integration.related.deeds import Deed, changes_of
from integration.related.writing import check_note
from integration.workflows.actions.base import Action, Carry, Context, Input, Values

TAGS = Input("tags", "Tags", required=True, help="Several are separated by commas.")
SIDES = {"gist": "Gist", "ghl": "GHL"}


def add_tags(side: str) -> Carry:
    def carry_out(context: Context, values: Values) -> Steps[Deed]:
        return (yield from change_tags(context, side, add=_tags(values.get("tags"))))

    return carry_out


def remove_tags(side: str) -> Carry:
    def carry_out(context: Context, values: Values) -> Steps[Deed]:
        return (yield from change_tags(context, side, remove=_tags(values.get("tags"))))

    return carry_out


def mirror_tag(context: Context, values: Values) -> Steps[Deed]:
    """The tag that was added or taken off on one side, on the other."""
    trigger, tag = context.execution.trigger, str(context.event.get("tag") or "")
    if not tag:
        raise Rejected("What started this workflow names no tag. Use a tag trigger.")
    other = "ghl" if trigger.startswith("gist.") else "gist"
    if trigger.endswith("removed"):
        return (yield from change_tags(context, other, remove=[tag]))
    return (yield from change_tags(context, other, add=[tag]))


def change_tags(
    context: Context, side: str, add: list[str] | None = None, remove: list[str] | None = None
) -> Steps[Deed]:
    """Add and take off tags on one side, by difference to what stands there."""
    contact = yield from context.read(side)
    held = [str(tag) for tag in contact.values.get("tags") or ()]  # type: ignore[union-attr]
    off, have = {tag.casefold() for tag in remove or ()}, {tag.casefold() for tag in held}
    wanted = [tag for tag in held if tag.casefold() not in off]
    wanted += [tag for tag in add or () if tag.casefold() not in have]
    label = f"Tags in {SIDES[side]}"
    if wanted == held:
        return Deed("tag", label, side=side, reason="same_value", message=f"{label} are as wanted already.")
    return (yield from _write(context, contact, {"tags": wanted}, "tag", label))


def set_field(side: str) -> Carry:
    def carry_out(context: Context, values: Values) -> Steps[Deed]:
        name, value = str(values.get("field") or ""), values.get("value")
        contact = yield from context.read(side, custom=name.startswith("customFields."))
        _check_field(context, side, name)
        label = f"{name} in {SIDES[side]}"
        if str(contact.values.get(name) or "") == str(value or ""):
            return Deed("contact", label, side=side, reason="same_value", message=f"{label} holds this already.")
        return (yield from _write(context, contact, {name: value}, "contact", label))

    return carry_out


def _check_field(context: Context, side: str, name: str) -> None:
    """Raises Rejected for a field that is not there or cannot be written: the side would drop it silently."""
    known = context.side(side).fields.get(name)
    if known is None and not (side == "gist" and name.startswith(GIST_CUSTOM)):
        raise Rejected(f"{SIDES[side]} has no field “{name}”: choose another one.", provider=side)
    if known and not known.writable:
        raise Rejected(f"{known.label} cannot be written in {SIDES[side]}. {known.note}", provider=side)


def assign(context: Context, values: Values) -> Steps[Deed]:
    user = str(values.get("user_id") or "")
    contact = yield from context.read("ghl")
    if not user or contact.values.get("assignedTo") == user:
        return Deed("contact", "Owner in GHL", reason="same_value", message="The contact's owner stays.")
    return (yield from _write(context, contact, {"assignedTo": user}, "contact", "Owner in GHL"))


def _write(context: Context, before: Contact, values: dict[str, Value], kind: str, label: str) -> Steps[Deed]:
    writer = context.gist_side if before.side == "gist" else context.ghl_side
    yield from writer.update(before.id, values, before.values)
    return Deed(kind, label, side=before.side, did="updated", changes=changes_of(before.side, before.values, values))


def _tags(value: Any) -> list[str]:
    tags = value if isinstance(value, list) else str(value or "").split(",")
    found = [str(tag).strip() for tag in tags if str(tag).strip()]
    if not found:
        raise Rejected("No tag is left to write: every one of them is blank for this person.")
    return found


# Gist ----------------------------------------------------------------------------------------------------


def take_back_request(context: Context, values: Values) -> Steps[Deed]:
    """Take off the tag, or empty the property, by which Gist asked for something: it has been done."""
    trigger, event = context.execution.trigger, context.event
    if trigger == "gist.tag_added":
        return (yield from change_tags(context, "gist", remove=[str(event.get("tag"))]))
    if trigger == "gist.complete_task":
        name = f"{carrying.PREFIX}ghl_complete_task"
        contact = yield from context.read("gist")
        if is_blank(contact.values.get(name)):
            return Deed("contact", "Request in Gist", side="gist", reason="same_value", message="It is blank already.")
        return (yield from _write(context, contact, {name: None}, "contact", "Request in Gist"))
    return Deed("contact", "Request in Gist", side="gist", reason="same_value", message="Nothing stands in Gist.")


def carry(context: Context, values: Values) -> Steps[Deed]:
    """Read what belongs to the contact and have Gist show it."""
    around = yield from carrying.read_around(context.ghl_id, context.related)
    for kind, records in around.items():
        context.take_in(kind, records)
    wanted = carrying.carried(context.link, context.gist_id, around)
    gist = yield from context.read("gist")
    return (yield from carrying.carry(context.gist_side, wanted, gist))


def send_event(context: Context, values: Values) -> Steps[Deed]:
    """An event on the Gist contact. Events cannot be read back, so an interrupted one is not sent again."""
    name = str(values.get("name") or "").strip()
    label = f"Event “{name}”"
    if context.look_first:
        return Deed(
            "event", label, side="gist", reason="unsure",
            message=f"{label} may have been sent before an interruption; Gist cannot be asked, so it is not repeated.",
        )  # fmt: skip
    contact = yield from context.read("gist")
    who = {"email": contact.email} if contact.email else {"user_id": contact.values.get("user_id")}
    properties = {"recorded_from": "Gistline"} | ({"detail": values["detail"]} if values.get("detail") else {})
    yield audience.TRACK_EVENT(body={"event_name": name, **who, "properties": properties})
    return Deed("event", label, side="gist", did="sent", message=f"{label} was sent to Gist.")


def conversation_note(context: Context, values: Values) -> Steps[Deed]:
    """A note inside the conversation that started the workflow, for teammates (docs/gist-api.md#conversations)."""
    conversation, body = str(context.event.get("conversation_id") or ""), str(values.get("body") or "")
    check_note(body)
    if not conversation:
        raise Rejected("What started this workflow names no conversation.", provider="gist")
    label = "Note in the conversation"
    if context.look_first:
        said = yield conversations.MESSAGES(conversation_id=conversation, query={"per_page": 60})
        if any(message.body == body for message in said.messages):
            return Deed("note", label, side="gist", did="sent", reason="recovered")
    sender = {"type": "teammate", "teammate_id": values.get("teammate_id")}
    message = {"message_type": "note", "from": sender, "body": body}
    yield conversations.CREATE_MESSAGE(conversation_id=conversation, body=message)
    return Deed("note", label, side="gist", did="sent", changes=changes_of("gist", {}, {"body": body}))


FIELD = (Input("field", "Field", "field", required=True), Input("value", "Value"))


def _tag_action(side: str, verb: str, does: str, carry_out: Carry) -> Action:
    title = f"{verb} tags in {SIDES[side]}"
    return Action(f"{side}.tags.{verb.lower()}", title, does, side, carry_out, (TAGS,), "2 calls", "tag")


ACTIONS = (
    _tag_action("ghl", "Add", "Adds tags, keeps the others.", add_tags("ghl")),
    _tag_action("ghl", "Remove", "Takes tags off.", remove_tags("ghl")),
    _tag_action("gist", "Add", "Adds tags, keeps the others.", add_tags("gist")),
    _tag_action("gist", "Remove", "Takes tags off.", remove_tags("gist")),
    Action(
        "tag.mirror", "Mirror the tag", "What happened to the tag happens on the other side too.", "ghl", mirror_tag,
        calls="2 calls", kind="tag",
    ),
    Action(
        "contact.assign", "Assign the contact", "Sets the contact's owner in GHL.", "ghl", assign,
        (Input("user_id", "User", "user", required=True),), "2 calls",
    ),
    Action(
        "ghl.contact.set", "Set a field in GHL", "Writes one field of the contact.", "ghl", set_field("ghl"), FIELD,
        "2 calls",
    ),
    Action(
        "gist.contact.set", "Set a field in Gist", "Writes one field of the contact.", "gist", set_field("gist"), FIELD,
        "2 calls",
    ),
    Action(
        "carry", "Show it in Gist", "Reads tasks, notes and appointments, and refreshes what Gist shows of them.",
        "gist", carry, calls="5 calls", kind="carried",
    ),
    Action(
        "gist.take_back", "Take the request back in Gist", "Removes the tag or empties the property that asked for it.",
        "gist", take_back_request, calls="2 calls",
    ),
    Action(
        "gist.event", "Send an event to Gist", "Shows in the contact's activity.", "gist", send_event,
        (Input("name", "Event", required=True), Input("detail", "Detail")), "2 calls", "event",
    ),
    Action(
        "gist.conversation_note", "Add a note to the conversation",
        "An internal note; no customer should see it. Try it in a conversation with yourself first.", "gist",
        conversation_note,
        (Input("body", "Text", "long", required=True), Input("teammate_id", "Teammate", "teammate", required=True)),
        "2 calls", "note",
    ),
)  # fmt: skip
