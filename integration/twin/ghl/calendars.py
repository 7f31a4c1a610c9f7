"""Calendars and their free slots (docs/ghl-api.md#calendars)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from integration.twin import quirks
from integration.twin.clock import to_milliseconds
from integration.twin.ghl.access import new_trace_id, refuse
from integration.twin.ghl.api import ROUTER
from integration.twin.router import Call
from integration.twin.store import Doc, Store

KIND = "ghl.calendar"
EVENT = "ghl.event"
# The longest range of free slots (docs/ghl-api.md#calendars).
SPAN_DAYS = 31


@ROUTER.add("GET", "/calendars/", scope="calendars.readonly")
def list_calendars(call: Call) -> Doc:
    if not call.query.get("locationId"):
        raise refuse(422, ["locationId should not be empty"])
    found = call.store.all(KIND, call.account)
    if call.query.get("groupId"):
        found = [calendar for calendar in found if calendar.get("groupId") == call.query["groupId"]]
    if call.query.get("showDrafted") == "false":
        found = [calendar for calendar in found if calendar["isActive"]]
    return {"calendars": found}


@ROUTER.add("GET", "/calendars/{calendarId}", scope="calendars.readonly")
def get_calendar(call: Call) -> Doc:
    return {"calendar": calendar_of(call, call.params["calendarId"])}


@ROUTER.add("GET", "/calendars/{calendarId}/free-slots", scope="calendars.readonly")
def free_slots(call: Call) -> Doc:
    """Day to {"slots": […]}, with a traceId between the days; bounds in milliseconds, at most 31 days apart."""
    calendar = calendar_of(call, call.params["calendarId"])
    start, end = _read_bound(call, "startDate"), _read_bound(call, "endDate")
    if not start < end <= start + SPAN_DAYS * 86_400_000:
        raise refuse(400, f"Date range should be positive and not exceed {SPAN_DAYS} days")
    zone = _read_zone(call)
    days: Doc = {}
    taken = busy_spans(call.store, call.account, calendar["id"])
    for slot in slot_starts(calendar, start, end, zone):
        if is_free(slot, calendar, taken):
            days.setdefault(f"{slot:%Y-%m-%d}", {"slots": []})["slots"].append(slot.isoformat())
    # Live answers hold a `traceId` between the days, over which a client that reads every member as a day stumbles
    # (docs/ghl-api.md#calendars).
    return {**days, "traceId": new_trace_id()} if quirks.is_on("ghl_free_slots_trace") else days


def calendar_of(call: Call, calendar_id: str) -> Doc:
    calendar = call.store.get(KIND, call.account, calendar_id)
    if calendar is None:
        raise refuse(400, f"The calendar with id {calendar_id} was not found")
    return calendar


def _read_bound(call: Call, name: str) -> int:
    text = call.query.get(name, "")
    if not text.isdigit():
        raise refuse(422, [f"{name} must be a number string"])
    return int(text)


def _read_zone(call: Call) -> ZoneInfo:
    found = call.store.find_anywhere("ghl.location", call.account)
    name = call.query.get("timezone") or (found[1]["timezone"] if found else "UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        raise refuse(422, ["timezone must be a valid IANA time zone"]) from None


def slot_starts(calendar: Doc, start: int, end: int, zone: ZoneInfo) -> Iterator[datetime]:
    """Every start of a slot between the bounds, taken or not. Opening hours are in the zone."""
    step = timedelta(minutes=calendar["slotInterval"])
    day: date = datetime.fromtimestamp(start / 1000, zone).date()
    while datetime.combine(day, time(), zone).timestamp() * 1000 < end:
        for opened, closed in _opening_hours(calendar, day, zone):
            moment = opened
            while moment + timedelta(minutes=calendar["slotDuration"]) <= closed:
                if start <= moment.timestamp() * 1000 < end:
                    yield moment
                moment += step
        day += timedelta(days=1)


def _opening_hours(calendar: Doc, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Days of the week count from Sunday, which is 0."""
    for row in calendar["openHours"]:
        if day.isoweekday() % 7 in row["daysOfTheWeek"]:
            for hours in row["hours"]:
                opened = datetime.combine(day, time(hours["openHour"], hours["openMinute"]), zone)
                yield opened, datetime.combine(day, time(hours["closeHour"], hours["closeMinute"]), zone)


def busy_spans(store: Store, location: str, calendar_id: str, other_than: str = "") -> list[tuple[int, int]]:
    """Start and end of what stands in the calendar, cancelled appointments aside, in milliseconds."""
    events = store.find(EVENT, location, "ext", calendar_id)
    return [
        (to_milliseconds(event["startTime"]), to_milliseconds(event["endTime"]))
        for event in events
        if event.get("appointmentStatus") not in ("cancelled", "invalid") and event["id"] != other_than
    ]


def is_free(slot: datetime, calendar: Doc, taken: list[tuple[int, int]]) -> bool:
    start = int(slot.astimezone(UTC).timestamp() * 1000)
    end = start + calendar["slotDuration"] * 60_000
    return not any(start < until and begun < end for begun, until in taken)
