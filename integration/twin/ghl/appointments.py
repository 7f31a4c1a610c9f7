"""Appointments and blocked slots (docs/ghl-api.md#calendars)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integration.twin import quirks
from integration.twin.clock import now_ms, to_iso, to_milliseconds
from integration.twin.ghl import dto, people
from integration.twin.ghl.access import refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.ghl.calendars import EVENT, busy_spans, calendar_of
from integration.twin.router import Call, Reply
from integration.twin.store import Doc, Row, Store
from integration.twin.words import split_words

READ, WRITE = "calendars/events.readonly", "calendars/events.write"
STATUSES = ("new", "confirmed", "cancelled", "showed", "noshow", "invalid")
PLACES = ("custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google")
EVENT_KEYS = {"userId": "assignedUserId", "calendarId": "calendarId", "groupId": "groupId"}
UPDATE = {
    "title": dto.Rule(dto.check_text),
    "meetingLocationType": dto.Rule(dto.one_of(*PLACES)),
    "meetingLocationId": dto.Rule(dto.check_text),
    "overrideLocationConfig": dto.Rule(dto.check_flag),
    "appointmentStatus": dto.Rule(dto.one_of(*STATUSES)),
    "assignedUserId": dto.Rule(dto.check_text),
    "description": dto.Rule(dto.check_text),
    "address": dto.Rule(dto.check_text),
    "ignoreDateRange": dto.Rule(dto.check_flag),
    "toNotify": dto.Rule(dto.check_flag),
    "ignoreFreeSlotValidation": dto.Rule(dto.check_flag),
    "rrule": dto.Rule(dto.check_text),
    "calendarId": dto.Rule(dto.check_text),
    "startTime": dto.Rule(dto.check_moment),
    "endTime": dto.Rule(dto.check_moment),
}
CREATE = {
    **UPDATE,
    "calendarId": dto.Rule(dto.check_filled, required=True),
    "locationId": dto.Rule(dto.check_filled, required=True),
    "contactId": dto.Rule(dto.check_filled, required=True),
    "startTime": dto.Rule(dto.check_moment, required=True),
}
BLOCK = {
    "title": dto.Rule(dto.check_text),
    "calendarId": dto.Rule(dto.check_filled, required=True),
    "assignedUserId": dto.Rule(dto.check_text),
    "locationId": dto.Rule(dto.check_filled, required=True),
    "startTime": dto.Rule(dto.check_moment),
    "endTime": dto.Rule(dto.check_moment),
}
STORED = split_words("title appointmentStatus assignedUserId address description rrule calendarId meetingLocationType")


def save_event(store: Store, event: Doc) -> Doc:
    """`parent` is the contact, `ext` the calendar, `added` the start: that is what events are looked up by."""
    store.put(
        Row(
            EVENT,
            event["locationId"],
            event["id"],
            event,
            parent=event.get("contactId"),
            ext=event["calendarId"],
            added=to_milliseconds(event["startTime"]),
            updated=to_milliseconds(event["dateUpdated"]),
        )
    )
    return event


@ROUTER.add("POST", "/calendars/events/appointments", scope=WRITE)
def create_appointment(call: Call) -> Doc | Reply:
    body = dto.check_body(call.body, CREATE)
    calendar = calendar_of(call, body["calendarId"])
    people.must_exist(call.store, call.account, body["contactId"])
    event = {
        "id": people.new_id(),
        "locationId": call.account,
        "contactId": body["contactId"],
        "title": calendar["name"],
        "appointmentStatus": "confirmed" if calendar["autoConfirm"] else "new",
        "groupId": calendar.get("groupId", ""),
        "dateAdded": to_iso(now_ms()),
        "createdBy": {"userId": call.token.get("userId", ""), "source": "third_party"},
    }
    answer = _flat_answer(_apply_changes(call, event, body, calendar))
    # Documented as 200, reported as 201 (docs/ghl-api.md#calendars).
    return Reply(201, answer) if quirks.is_on("ghl_appointment_201") else answer


@ROUTER.add("PUT", "/calendars/events/appointments/{eventId}", scope=WRITE)
def update_appointment(call: Call) -> Doc:
    body = dto.check_body(call.body, UPDATE)
    event = load_event(call, call.params["eventId"])
    return _flat_answer(
        _apply_changes(call, event, body, calendar_of(call, body.get("calendarId") or event["calendarId"]))
    )


@ROUTER.add("GET", "/calendars/events/appointments/{eventId}", scope=READ)
def get_appointment(call: Call) -> Doc:
    return {"event": _event_answer(load_event(call, call.params["eventId"]))}


@ROUTER.add("DELETE", "/calendars/events/{eventId}", scope=WRITE, status=201)
def delete_event(call: Call) -> Doc:
    event = load_event(call, call.params["eventId"])
    call.store.delete(EVENT, call.account, event["id"])
    # The notes of an appointment have no webhooks, so they may go without a comparison.
    call.store.run("DELETE FROM documents WHERE kind=? AND parent=?", ("ghl.appointment_note", event["id"]))
    return {"succeeded": True}


@ROUTER.add("GET", "/calendars/events", scope=READ)
def list_events(call: Call) -> Doc:
    return {"events": [_event_answer(event) for event in _events_between(call) if not event.get("blocked")]}


@ROUTER.add("GET", "/calendars/blocked-slots", scope=READ)
def list_blocked(call: Call) -> Doc:
    return {"events": [_event_answer(event) for event in _events_between(call) if event.get("blocked")]}


@ROUTER.add("POST", "/calendars/events/block-slots", scope=WRITE, status=201)
def block_slot(call: Call) -> Doc:
    body = dto.check_body(call.body, BLOCK)
    event = {"id": people.new_id(), "locationId": call.account, "blocked": True, "title": "Blocked"}
    return _save_block(call, {**event, "dateAdded": to_iso(now_ms())}, body)


@ROUTER.add("PUT", "/calendars/events/block-slots/{eventId}", scope=WRITE, status=201)
def update_block(call: Call) -> Doc:
    return _save_block(call, load_event(call, call.params["eventId"]), dto.check_body(call.body, BLOCK))


@ROUTER.add("GET", "/contacts/{contactId}/appointments", scope="contacts.readonly")
def list_of_contact(call: Call) -> Doc:
    people.must_exist(call.store, call.account, call.params["contactId"])
    events = call.store.find(EVENT, call.account, "parent", call.params["contactId"])
    return {"events": [_of_contact(call, event) for event in events]}


def load_event(call: Call, event_id: str) -> Doc:
    event = call.store.get(EVENT, call.account, event_id)
    if event is None:
        raise refuse(404, f"Event with id {event_id} not found")
    return event


def _apply_changes(call: Call, event: Doc, body: Doc, calendar: Doc) -> Doc:
    event |= {name: body[name] for name in STORED if name in body}
    length = timedelta(minutes=calendar["slotDuration"])
    if "startTime" in body:
        # A new start without an end moves the end along, by the length of the calendar's slots.
        end = body.get("endTime") or (datetime.fromisoformat(body["startTime"]) + length).isoformat()
        event |= {"startTime": body["startTime"], "endTime": end}
    elif "endTime" in body:
        event["endTime"] = body["endTime"]
    event["assignedUserId"] = event.get("assignedUserId") or _default_host(calendar)
    # A change of title or status keeps the slot that the event has, even where another overlaps it by now.
    if {"startTime", "endTime", "calendarId"} & body.keys() and not body.get("ignoreFreeSlotValidation"):
        _refuse_taken(call, event)
    return save_event(call.store, {**event, "dateUpdated": to_iso(now_ms())})


def _default_host(calendar: Doc) -> str:
    """The user an appointment goes to when none is named.

    Raises Refusal for a calendar without a default member, as GHL does (docs/ghl-api.md#calendars).
    """
    members = calendar.get("teamMembers") or []
    host = next((member for member in members if member.get("isPrimary")), members[0] if members else None)
    if host is None:
        raise refuse(422, ["A team member needs to be selected. assignedUserId is missing"])
    return str(host["userId"])


def _refuse_taken(call: Call, event: Doc) -> None:
    start, end = to_milliseconds(event["startTime"]), to_milliseconds(event["endTime"])
    if end <= start:
        raise refuse(422, ["endTime must be after startTime"])
    taken = busy_spans(call.store, call.account, event["calendarId"], other_than=event["id"])
    # The sentence is the reported one (docs/ghl-api.md#calendars); clients tell a taken slot by it.
    if any(start < until and begun < end for begun, until in taken):
        raise refuse(400, "The slot you have selected is no longer available.")


def _save_block(call: Call, event: Doc, body: Doc) -> Doc:
    calendar = calendar_of(call, body["calendarId"])
    start = body.get("startTime") or event.get("startTime") or to_iso(now_ms())
    length = timedelta(minutes=calendar["slotDuration"])
    end = body.get("endTime") or (datetime.fromisoformat(start) + length).isoformat()
    event |= {**body, "startTime": start, "endTime": end, "dateUpdated": to_iso(now_ms())}
    save_event(call.store, event)
    shown = ("id", "locationId", "title", "startTime", "endTime", "calendarId", "assignedUserId")
    return {name: event[name] for name in shown if name in event}


def _flat_answer(event: Doc) -> Doc:
    """As create and update answer: no wrapper, no dates of its own (docs/ghl-api.md#calendars)."""
    names = split_words(
        "id calendarId locationId contactId startTime endTime title appointmentStatus assignedUserId address"
    )
    kept = {name: event[name] for name in [*names, "meetingLocationType", "rrule"] if name in event}
    return {**kept, "isRecurring": bool(event.get("rrule"))}


def _event_answer(event: Doc) -> Doc:
    plain = {name: value for name, value in event.items() if name not in ("blocked", "meetingLocationType")}
    assigned = event.get("assignedUserId", "")
    more = {
        "contactId": "",
        "groupId": "",
        "appointmentStatus": "",
        "assignedUserId": assigned,
        "assignedResources": [],
    }
    return {
        **more,
        **plain,
        "users": [],
        "isRecurring": bool(event.get("rrule")),
        "notes": event.get("description", ""),
    }


def _of_contact(call: Call, event: Doc) -> Doc:
    """As the list of a contact shows an event: times without a zone, presumably the location's.

    Unlike the event by id (docs/ghl-api.md#calendars).
    """
    shown = _event_answer(event)
    found = call.store.find_anywhere("ghl.location", call.account)
    zone = ZoneInfo(found[1]["timezone"] if found else "UTC")
    if quirks.is_on("ghl_appointment_no_zone"):
        for name in ("startTime", "endTime", "dateAdded", "dateUpdated"):
            shown[name] = f"{datetime.fromtimestamp(to_milliseconds(event[name]) / 1000, zone):%Y-%m-%d %H:%M:%S}"
    kept = split_words(
        "id calendarId title assignedUserId users notes startTime endTime dateAdded dateUpdated address"
        " locationId contactId groupId appointmentStatus assignedResources"
    )
    return {**{name: shown[name] for name in kept if name in shown}, "status": "booked"}


def _events_between(call: Call) -> list[Doc]:
    """Bounds in milliseconds; one of userId, calendarId and groupId must be given."""
    missing = [
        f"{name} should not be empty" for name in ("locationId", "startTime", "endTime") if name not in call.query
    ]
    if missing:
        raise refuse(422, missing)
    given = {name: call.query[key] for key, name in EVENT_KEYS.items() if call.query.get(key)}
    if not given:
        raise refuse(422, ["Either of userId, calendarId or groupId is required"])
    bounds = (call.query["startTime"], call.query["endTime"])
    if not all(bound.isdigit() for bound in bounds):
        raise refuse(422, ["startTime and endTime must be number strings"])
    # `added` holds the start of an event, see save_event().
    rows = call.store.run(
        "SELECT id FROM documents WHERE kind=? AND account=? AND added>=? AND added<=? ORDER BY added",
        (EVENT, call.account, int(bounds[0]), int(bounds[1])),
    )
    events = [load_event(call, row[0]) for row in rows]
    return [event for event in events if all(event.get(name) == value for name, value in given.items())]
