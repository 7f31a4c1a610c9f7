"""Which GHL events a changed document fires, and their payloads (docs/ghl-api.md#webhooks)."""

from collections.abc import Callable, Iterator

from integration.twin import quirks, worlds
from integration.twin.clock import now_ms, to_iso
from integration.twin.ghl.access import new_trace_id
from integration.twin.store import Doc
from integration.twin.words import split_words

Events = Iterator[tuple[str, Doc]]
CONTACT = split_words(
    "id address1 city state companyName country source dateAdded dateOfBirth dnd email name firstName lastName phone"
    " postalCode tags website attachments assignedTo customFields"
)
TASK = split_words("id assignedTo body contactId title dateAdded dueDate")
NOTE = split_words("id body contactId dateAdded")
APPOINTMENT = split_words(
    "id address title calendarId contactId groupId appointmentStatus assignedUserId users notes source startTime"
    " endTime dateAdded dateUpdated"
)
DND = {"dnd", "dndSettings"}
PLAN = "66a0419a0dffa47fb5f8b22f"


def events_of(kind: str, account: str, before: Doc | None, after: Doc | None) -> Iterator[tuple[str, str, Doc]]:
    """Location (of an agency: company), type and payload of every event; `kind` is one of KINDS."""
    for name, payload in KINDS[kind](before, after):
        where = account or payload.get("locationId") or payload["companyId"]
        yield where, name, {"type": name, **({"locationId": account} if account else {}), **payload}


def add_envelope(payload: Doc) -> Doc:
    """What every event carries; a repeat of it carries the same."""
    app = {"appId": worlds.CLIENT_ID, "versionId": worlds.CLIENT_ID}
    return {**payload, "timestamp": to_iso(now_ms()), "webhookId": new_trace_id(), **app}


def _event_name(what: str, before: Doc | None, after: Doc | None) -> str:
    return f"{what}{'Create' if before is None else 'Delete' if after is None else 'Update'}"


def _contact_events(before: Doc | None, after: Doc | None) -> Events:
    if before is None or after is None:
        yield _event_name("Contact", before, after), _contact_payload(after or before or {})
        return
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} - {"dateUpdated"}
    inbound = changed & {"inboundDndSettings"}
    if "tags" in changed:
        yield "ContactTagUpdate", _contact_payload(after)
    if changed & DND or (inbound and not quirks.is_on("ghl_hook_inbound_dnd_silent")):
        yield "ContactDndUpdate", {**_contact_payload(after), "dndSettings": after.get("dndSettings", {})}
    # A call that changes nothing fires an event like one that does.
    if not changed or changed - inbound - DND - {"tags"}:
        yield "ContactUpdate", _contact_payload(after)


def _contact_payload(contact: Doc) -> Doc:
    name = " ".join(word for word in (contact.get("firstName"), contact.get("lastName")) if word)
    full = {**contact, "name": name, "attachments": contact.get("attachments", [])}
    if quirks.is_on("ghl_hook_empty_left_out"):
        return {key: full[key] for key in CONTACT if full.get(key) not in (None, "")}
    return {key: full.get(key) for key in CONTACT}


def _task_events(before: Doc | None, after: Doc | None) -> Events:
    if before is None:
        # docs/ghl-api.md#webhooks: so seen on live accounts.
        lacking = ("contactId", "body") if quirks.is_on("ghl_hook_task_bare") else ()
        made = {**(after or {}), "dateAdded": to_iso(now_ms())}
        yield "TaskCreate", _pick_keys(made, [name for name in TASK if name not in lacking])
    elif after is None:
        yield "TaskDelete", _pick_keys(before, TASK)
    elif after["completed"] and not before["completed"]:
        yield "TaskComplete", _pick_keys(after, TASK)
    elif not quirks.is_on("ghl_hook_no_task_update"):
        yield "TaskUpdate", _pick_keys(after, TASK)


def _note_events(before: Doc | None, after: Doc | None) -> Events:
    names = NOTE if quirks.is_on("ghl_hook_note_short") else [*NOTE, "userId", "title", "color", "pinned"]
    yield _event_name("Note", before, after), _pick_keys(after or before or {}, names)


def _appointment_events(before: Doc | None, after: Doc | None) -> Events:
    event = after or before or {}
    if event.get("blocked"):
        return
    source = event.get("createdBy", {}).get("source", "")
    full = {**event, "users": [], "notes": event.get("description", ""), "source": source}
    # The pages for update and delete print AppointmentCreate, perhaps by mistake (docs/ghl-api.md#webhooks).
    wrong = quirks.is_on("ghl_hook_appointment_type")
    name = "AppointmentCreate" if wrong else _event_name("Appointment", before, after)
    yield name, {"appointment": _pick_keys(full, APPOINTMENT)}


def _install_events(before: Doc | None, after: Doc | None) -> Events:
    """A code is made when a person lets the app in (docs/ghl-api.md#auth)."""
    if before is None and after is not None:
        yield "INSTALL", install_payload(after["grant"])


def install_payload(grant: Doc) -> Doc:
    """The payload; an agency's has no location."""
    where = {"locationId": grant["locationId"]} if grant.get("locationId") else {}
    return {
        "companyId": grant["companyId"],
        **where,
        "userId": grant.get("userId", ""),
        "planId": PLAN,
        "installType": "Location" if where else "Company",
        "trial": {},
        "isWhitelabelCompany": False,
        "whitelabelDetails": {},
        "companyName": "Northwind Agency",
    }


def _pick_keys(document: Doc, names: list[str]) -> Doc:
    return {name: document[name] for name in names if name in document}


KINDS: dict[str, Callable[[Doc | None, Doc | None], Events]] = {
    "ghl.contact": _contact_events,
    "ghl.task": _task_events,
    "ghl.note": _note_events,
    "ghl.event": _appointment_events,
    "ghl.code": _install_events,
}
