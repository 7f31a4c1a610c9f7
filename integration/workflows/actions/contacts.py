"""Actions on the contact itself, on either side: tags, owner, fields, what Gist shows."""

from typing import Any

from integration.errors import NotSent
from integration.mapping.rules import fit_to_field
from integration.mapping.transforms import Context as MappingContext
from integration.models import Provider
from integration.providers.exchange import Steps
from integration.providers.gist import audience, conversations
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import CONSENT_FIELDS, EMAIL_CONSENT, OPTED_OUT, Contact, Field, Side, Value, is_blank
from integration.related import gist_properties as carrying
from integration.related.write import check_note
from integration.related.write_result import WriteResult
from integration.values import Unreadable, member_difference, member_key, same_value
from integration.workflows.actions.base import Action, Carry, Context, Input, Values
from integration.workflows.actions.operation_people import gist_addressee

TAGS = Input("tags", "Tags", required=True, help="Several are separated by commas.")


def add_tags(side: str) -> Carry:
    def steps(context: Context, values: Values) -> Steps[WriteResult]:
        return (yield from change_tags(context, side, add=_split_tags(values.get("tags"))))

    return steps


def remove_tags(side: str) -> Carry:
    def steps(context: Context, values: Values) -> Steps[WriteResult]:
        return (yield from change_tags(context, side, remove=_split_tags(values.get("tags"))))

    return steps


def change_tags(
    context: Context, side: str, add: list[str] | None = None, remove: list[str] | None = None
) -> Steps[WriteResult]:
    """Add and take off tags on one side, by difference to what stands there."""
    contact = yield from context.read_contact(side)
    held = [str(tag) for tag in contact.values.get("tags") or ()]  # type: ignore[union-attr]
    # GHL gives tags back in lower case and Gist keeps them as typed (docs/ghl-api.md#tags, docs/gist-api.md#tags):
    # compared as they stand, the same tag would be added for ever.
    off = set(map(member_key, remove or ()))
    wanted = [tag for tag in held if member_key(tag) not in off]
    wanted += member_difference(add or [], held)[0]
    label = f"Tags in {Provider(side).label}"
    if wanted == held:
        return WriteResult("tag", label, side=side, reason="same_value", message=f"{label} are as wanted already.")
    return (yield from _write_and_report(context, contact, {"tags": wanted}, "tag", label))


def set_field(side: str) -> Carry:
    def steps(context: Context, values: Values) -> Steps[WriteResult]:
        name, value = str(values.get("field") or ""), values.get("value")
        # Definitions of GHL's custom fields are a call of their own; it is only made when such a field is to be
        # written.
        contact = yield from context.read_contact(side, custom=name.startswith("customFields."))
        label = f"{name} in {Provider(side).label}"
        if name in CONSENT_FIELDS[contact.side]:
            value = _read_opt_out(contact.side, name, value)
            if same_value(contact.values.get(name), value):
                return _same_value_result(side, label)
            return (yield from _write_and_report(context, contact, {name: value}, "contact", label))
        known, link = _known_field(context, side, name), context.link
        try:
            value = fit_to_field(side, known, value, MappingContext(link.phone_country, link.zone))
        except Unreadable as problem:
            raise NotSent(f"{label}: {problem}", provider=side) from None
        if same_value(contact.values.get(name), value, known.type):
            return _same_value_result(side, label)
        return (yield from _write_and_report(context, contact, {name: value}, "contact", label))

    return steps


def _same_value_result(side: str, label: str) -> WriteResult:
    return WriteResult("contact", label, side=side, reason="same_value", message=f"{label} holds this already.")


def _read_opt_out(side: Side, name: str, value: Any) -> Value:
    """What stops messages, as the field of this side says it. Raises NotSent for anything else."""
    if str(value).strip().casefold() not in ("true", "yes", "1", "active", "permanent"):
        raise NotSent(
            "A workflow stops e-mails and never allows them again: only a person does, on the contact page.",
            provider=side,
        )
    return OPTED_OUT[side] if name == EMAIL_CONSENT[side] else True


def _known_field(context: Context, side: str, name: str) -> Field:
    """Raises NotSent for a field that is not there or cannot be written: the side would drop it silently."""
    fields = context.side(side).fields
    # Gist makes a custom property when it is first written (docs/gist-api.md#custom-properties): unknown is no mistake
    # there.
    known = resolve_gist(name, fields) if side == "gist" else fields.get(name)
    if known is None:
        raise NotSent(f"{Provider(side).label} has no field “{name}”: choose another one.", provider=side)
    if not known.writable:
        raise NotSent(f"{known.label} cannot be written in {Provider(side).label}. {known.note}", provider=side)
    return known


def assign_owner(context: Context, values: Values) -> Steps[WriteResult]:
    user = str(values.get("user_id") or "")
    contact = yield from context.read_contact("ghl")
    if not user or contact.values.get("assignedTo") == user:
        return WriteResult("contact", "Owner in GHL", reason="same_value", message="The contact's owner stays.")
    return (yield from _write_and_report(context, contact, {"assignedTo": user}, "contact", "Owner in GHL"))


def _write_and_report(
    context: Context, contact: Contact, values: dict[str, Value], kind: str, label: str
) -> Steps[WriteResult]:
    yield from context.write_fields(contact, values)
    return WriteResult(kind, label, side=contact.side, did="updated")


def _split_tags(value: Any) -> list[str]:
    tags = value if isinstance(value, list) else str(value or "").split(",")
    # A list comes from a setup file, a text with commas from the editor.
    found = [str(tag).strip() for tag in tags if str(tag).strip()]
    if not found:
        raise NotSent("No tag is left to write: every one of them is blank for this person.")
    return found


# Gist ----------------------------------------------------------------------------------------------------


def take_back_request(context: Context, values: Values) -> Steps[WriteResult]:
    """Take off the tag, or empty the property, by which Gist asked for something: it has been done."""
    trigger, event = context.execution.trigger, context.event
    # Only tags and the property stay behind as requests in Gist. A webhook leaves nothing to take back.
    if trigger == "gist.tag_added":
        return (yield from change_tags(context, "gist", remove=[str(event.get("tag"))]))
    if trigger == "gist.complete_task":
        name = f"{carrying.PREFIX}ghl_complete_task"
        contact = yield from context.read_contact("gist")
        if is_blank(contact.values.get(name)):
            return WriteResult(
                "contact", "Request in Gist", side="gist", reason="same_value", message="It is blank already."
            )
        return (yield from _write_and_report(context, contact, {name: None}, "contact", "Request in Gist"))
    return WriteResult(
        "contact", "Request in Gist", side="gist", reason="same_value", message="Nothing stands in Gist."
    )


def show_in_gist(context: Context, values: Values) -> Steps[WriteResult]:
    """Read what belongs to the contact and have Gist show it."""
    related_records = yield from carrying.read_related(context.ghl_id, context.related)
    for kind, records in related_records.items():
        context.take_in(kind, records)
    values = carrying.carried_values(context.link, context.gist_id, related_records)
    gist = yield from context.read_contact("gist")
    wanted = carrying.switched_on(context.link, values)
    return (yield from carrying.write_carried(context.gist_side, wanted, gist, context.journal))


def send_event(context: Context, values: Values) -> Steps[WriteResult]:
    """An event on the Gist contact. Events cannot be read back, so an interrupted one is not sent again."""
    name = str(values.get("name") or "").strip()
    label = f"Event “{name}”"
    if context.look_first:
        return WriteResult(
            "event", label, side="gist", reason="unsure",
            message=f"{label} may have been sent before an interruption; Gist cannot be asked, so it is not repeated.",
        )  # fmt: skip
    addressee = yield from gist_addressee(context)
    properties = {"recorded_from": "Gistline"} | ({"detail": values["detail"]} if values.get("detail") else {})
    body = {"event_name": name, **addressee, "properties": properties}
    yield from context.send_call(audience.TRACK_EVENT(body=body), "event", {"event_name": name, **properties})
    return WriteResult("event", label, side="gist", did="sent", message=f"{label} was sent to Gist.")


def conversation_note(context: Context, values: Values) -> Steps[WriteResult]:
    """A note inside the conversation that started the workflow, for teammates (docs/gist-api.md#conversations)."""
    conversation, body = str(context.event.get("conversation_id") or ""), str(values.get("body") or "")
    check_note(body)
    if not conversation:
        raise NotSent("What started this workflow names no conversation.", provider="gist")
    label = "Note in the conversation"
    yield from _check_conversation(context, conversation)
    if context.look_first:
        listed = yield conversations.MESSAGES(conversation_id=conversation, query={"per_page": 60})
        if any(message.body == body for message in listed.messages):
            return WriteResult("note", label, side="gist", did="sent", reason="recovered")
    sender = {"type": "teammate", "teammate_id": values.get("teammate_id")}
    message = {"message_type": "note", "from": sender, "body": body}
    call = conversations.CREATE_MESSAGE(conversation_id=conversation, body=message)
    yield from context.send_call(call, "note", {"body": body})
    return WriteResult("note", label, side="gist", did="sent")


def _check_conversation(context: Context, conversation: str) -> Steps[None]:
    """Raises NotSent for a conversation of somebody else: the webhook that names it names the contact as well, and
    nothing but the webhook says that the two belong together.
    """
    # A dry run has no webhook, and therefore no conversation that could be read.
    if context.run is None:
        return
    answer = yield conversations.GET(conversation_id=conversation)
    # No schema promises that the contacts are there (docs/gist-api.md#conversations).
    ids = [str(one.get("id")) for one in answer.conversation.contacts or ()]
    if ids and context.gist_id not in ids:
        raise NotSent(f"Conversation {conversation} belongs to another contact: no note was added.", provider="gist")


FIELD = (Input("field", "Field", "field", required=True), Input("value", "Value"))


def _tag_action(side: str, verb: str, does: str, steps: Carry) -> Action:
    title = f"{verb} tags in {Provider(side).label}"
    return Action(f"{side}.tags.{verb.lower()}", title, does, side, steps, (TAGS,), 2, "tag")


ACTIONS = (
    _tag_action("ghl", "Add", "Adds tags, keeps the others.", add_tags("ghl")),
    _tag_action("ghl", "Remove", "Takes tags off.", remove_tags("ghl")),
    _tag_action("gist", "Add", "Adds tags, keeps the others.", add_tags("gist")),
    _tag_action("gist", "Remove", "Takes tags off.", remove_tags("gist")),
    Action(
        "contact.assign", "Assign the contact", "Sets the contact's owner in GHL.", "ghl", assign_owner,
        (Input("user_id", "User", "user", required=True),), 2,
    ),
    Action(
        "ghl.contact.set", "Set a field in GHL", "Writes one field of the contact.", "ghl", set_field("ghl"), FIELD,
        2,
    ),
    Action(
        "gist.contact.set", "Set a field in Gist", "Writes one field of the contact.", "gist", set_field("gist"), FIELD,
        2,
    ),
    Action(
        "carry", "Refresh what Gist shows", "Reads tasks, notes and appointments, and writes what Gist shows of them.",
        "gist", show_in_gist, calls=5, kind="carried",
    ),
    Action(
        "gist.take_back", "Clear the request in Gist", "Removes the tag or empties the property that asked for it.",
        "gist", take_back_request, calls=2,
    ),
    Action(
        "gist.event", "Send an event to Gist", "Shows in the contact's activity.", "gist", send_event,
        (Input("name", "Event", required=True), Input("detail", "Detail")), 2, "event",
    ),
    Action(
        "gist.conversation_note", "Add a note to the conversation",
        "An internal note; no customer should see it. Try it in a conversation with yourself first.", "gist",
        conversation_note,
        (Input("body", "Text", "long", required=True), Input("teammate_id", "Teammate", "teammate", required=True)),
        3, "note",
    ),
)  # fmt: skip
