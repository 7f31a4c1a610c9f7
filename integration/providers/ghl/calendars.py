"""Calendars, free slots and appointments (docs/ghl-api.md#calendars)."""

from functools import partial

from integration.providers.ghl import schemas as s
from integration.providers.operations import Operation

_op = partial(Operation, version="2021-04-15", source="docs/ghl-api.md#calendars")
_read = partial(_op, scope="calendars.readonly")
_events_read = partial(_op, scope="calendars/events.readonly")
_events_write = partial(_op, scope="calendars/events.write")
WINDOW = ("locationId", "startTime", "endTime", "userId", "calendarId", "groupId")
APPOINTMENT_PATH = "/calendars/events/appointments/{event_id}"
NOTES_PATH = "/calendars/appointments/{event_id}/notes"

LIST = _read(
    "ghl.calendars.list", "List calendars", "GET", "/calendars/", s.CalendarList,
    query=("locationId", "groupId", "showDrafted"),
)  # fmt: skip
GET = _read("ghl.calendars.get", "Read a calendar", "GET", "/calendars/{calendar_id}", s.CalendarAnswer)
FREE_SLOTS = _read(
    "ghl.calendars.free_slots", "List free slots", "GET", "/calendars/{calendar_id}/free-slots", s.AnyAnswer,
    query=("startDate", "endDate", "timezone", "userId"),
)  # fmt: skip
EVENTS = _events_read("ghl.events.list", "List appointments", "GET", "/calendars/events", s.EventList, query=WINDOW)
BLOCKED_SLOTS = _events_read(
    "ghl.events.blocked_slots", "List blocked slots", "GET", "/calendars/blocked-slots", s.EventList, query=WINDOW
)
CREATE_APPOINTMENT = _events_write(
    "ghl.appointments.create", "Book an appointment", "POST", "/calendars/events/appointments", s.Event,
    body=s.NewAppointment, repeatable=False,
)  # fmt: skip
APPOINTMENT = _events_read("ghl.appointments.get", "Read an appointment", "GET", APPOINTMENT_PATH, s.EventAnswer)
UPDATE_APPOINTMENT = _events_write(
    "ghl.appointments.update", "Change an appointment", "PUT", APPOINTMENT_PATH, s.Event, body=s.AppointmentBody
)
DELETE_EVENT = _events_write(
    "ghl.events.delete", "Delete an appointment", "DELETE", "/calendars/events/{event_id}", s.AnyAnswer,
    body=s.AnyAnswer,
)  # fmt: skip
BLOCK_SLOT = _events_write(
    "ghl.events.block_slot", "Block a slot", "POST", "/calendars/events/block-slots", s.Event,
    body=s.BlockBody, repeatable=False,
)  # fmt: skip
UPDATE_BLOCK_SLOT = _events_write(
    "ghl.events.update_block_slot", "Change a blocked slot", "PUT", "/calendars/events/block-slots/{event_id}", s.Event,
    body=s.BlockBody,
)  # fmt: skip
APPOINTMENT_NOTES = _events_read(
    "ghl.appointments.notes", "List an appointment's notes", "GET", NOTES_PATH, s.NoteList, query=("limit", "offset")
)
CREATE_APPOINTMENT_NOTE = _events_write(
    "ghl.appointments.create_note", "Add a note to an appointment", "POST", NOTES_PATH, s.NoteAnswer,
    body=s.NewNote, repeatable=False,
)  # fmt: skip
UPDATE_APPOINTMENT_NOTE = _events_write(
    "ghl.appointments.update_note", "Change an appointment's note", "PUT", f"{NOTES_PATH}/{{note_id}}", s.NoteAnswer,
    body=s.NewNote,
)  # fmt: skip
DELETE_APPOINTMENT_NOTE = _events_write(
    "ghl.appointments.delete_note", "Delete an appointment's note", "DELETE", f"{NOTES_PATH}/{{note_id}}", s.AnyAnswer
)
