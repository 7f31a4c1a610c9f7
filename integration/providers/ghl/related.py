"""Tasks, notes and appointments as records (docs/ghl-api.md#tasks, #notes, #calendars)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from integration.errors import Gone, Malformed, NotSent
from integration.moments import find_zone, moment_of, utc_text
from integration.providers.exchange import Steps
from integration.providers.ghl import calendars, contacts, locations, users
from integration.providers.ghl import schemas as s
from integration.providers.listing import read_records
from integration.providers.lost_answers import look_before_resend
from integration.providers.operations import Json, Listing
from integration.records import RelatedRecord, RelatedType, UnreadableRecord, Value, Values, is_blank
from integration.values import same_value

TASKS_PER_CALL, MOST_TASKS = 100, 10_000
# Free slots are given for at most so many days (docs/ghl-api.md#calendars).
SLOT_DAYS = 31


@dataclass(frozen=True)
class GhlRelated:
    """What belongs to the contacts of one location. `timezone` is the location's: some moments come without a zone."""

    location_id: str
    timezone: str = "UTC"

    def list_all(self, kind: RelatedType, contact_id: str) -> Steps[list[RelatedRecord]]:
        """Everything of a kind that the contact has, by one call. Raises Gone, Malformed."""
        if kind == "task":
            answer = yield contacts.TASKS(contact_id=contact_id)
            _check_whole(answer)
            return [self.task_record(task, contact_id) for task in answer.tasks]
        if kind == "note":
            answer = yield contacts.NOTES(contact_id=contact_id)
            return [self.note_record(note, contact_id) for note in answer.notes]
        answer = yield contacts.APPOINTMENTS(contact_id=contact_id)
        _check_whole(answer)
        return [self.appointment_record(event, contact_id) for event in answer.events]

    def read(self, kind: RelatedType, contact_id: str, record_id: str) -> Steps[RelatedRecord]:
        """One record. Raises Gone."""
        if kind == "task":
            answer = yield contacts.TASK(contact_id=contact_id, task_id=record_id)
            return self.task_record(answer.task, contact_id)
        if kind == "note":
            answer = yield contacts.NOTE(contact_id=contact_id, note_id=record_id)
            return self.note_record(answer.note, contact_id)
        answer = yield calendars.APPOINTMENT(event_id=record_id)
        return self.appointment_record(answer.event, contact_id)

    def create(
        self, kind: RelatedType, contact_id: str, values: Values, known: Iterable[str] = ()
    ) -> Steps[RelatedRecord]:
        """A new record, never twice: after a lost answer it is looked for among those not `known`. Raises Rejected."""
        ids = set(known)

        def look_for_created() -> Steps[Any]:
            found = yield from self.find(kind, contact_id, values, ids)
            return found and _Answered(found)

        answer = yield from look_before_resend(self._create_call(kind, contact_id, values), look_for_created)
        if isinstance(answer, _Answered):
            return answer.record
        return self._created_record(kind, answer, contact_id, values)

    def find(
        self, kind: RelatedType, contact_id: str, values: Values, known: Iterable[str] = ()
    ) -> Steps[RelatedRecord | None]:
        """A record that holds these values and is not `known`: what an interrupted create may have made."""
        there = yield from self.list_all(kind, contact_id)
        ids = set(known)
        return next((one for one in there if one.id not in ids and _is_made_of(one, values)), None)

    @staticmethod
    def split(kind: str, changes: Values) -> list[dict[str, Value]]:
        """`changes` in groups, each written by a call of its own: ticking a task is one (docs/ghl-api.md#tasks)."""
        if kind != "task" or "completed" not in changes:
            return [dict(changes)]
        fields = {key: value for key, value in changes.items() if key != "completed"}
        return [group for group in (fields, {"completed": changes["completed"]}) if group]

    def update(self, record: RelatedRecord, changes: Values) -> Steps[RelatedRecord]:
        """Write `changes` only. Raises Gone, Rejected."""
        held = {**record.values, **changes}
        if record.kind == "task":
            yield from self._update_task(record, changes)
        elif record.kind == "note":
            yield contacts.UPDATE_NOTE(contact_id=record.contact_id, note_id=record.id, body=_note_body(changes))
        else:
            # People were told by the side where the appointment was made; GHL must not tell them again
            # (docs/ghl-api.md#calendars).
            body = _appointment_body(changes) | {"toNotify": False}
            if "start_at" in changes or "end_at" in changes:
                # Moved as a whole: with a start alone GHL would keep or guess the end.
                body |= _appointment_body({key: held.get(key) for key in ("start_at", "end_at")})
                # Else GHL refuses a time that its calendar does not offer as free (docs/ghl-api.md#calendars).
                body["ignoreFreeSlotValidation"] = True
            yield calendars.UPDATE_APPOINTMENT(event_id=record.id, body=body)
        return replace(record, values=held)

    @staticmethod
    def _update_task(record: RelatedRecord, changes: Values) -> Steps[None]:
        """Ticking goes by a call of its own, which is what starts GHL's automations (docs/ghl-api.md#tasks)."""
        body = _task_body({key: value for key, value in changes.items() if key != "completed"})
        if body:
            yield contacts.UPDATE_TASK(contact_id=record.contact_id, task_id=record.id, body=body)
        if "completed" in changes:
            done = {"completed": bool(changes["completed"])}
            yield contacts.COMPLETE_TASK(contact_id=record.contact_id, task_id=record.id, body=done)

    def delete(self, record: RelatedRecord) -> Steps[None]:
        """Delete; one that is gone already is fine."""
        try:
            if record.kind == "task":
                yield contacts.DELETE_TASK(contact_id=record.contact_id, task_id=record.id)
            elif record.kind == "note":
                yield contacts.DELETE_NOTE(contact_id=record.contact_id, note_id=record.id)
            else:
                # GHL wants a body here, if an empty one (docs/ghl-api.md#calendars).
                yield calendars.DELETE_EVENT(event_id=record.id, body={})
        except Gone:
            return

    # Across contacts ----------------------------------------------------------------------------------

    def list_tasks(
        self, completed: bool | None = None, unreadable: list[UnreadableRecord] | None = None
    ) -> Steps[list[RelatedRecord]]:
        """Tasks of the whole location, a hundred per call, at most `MOST_TASKS`. What cannot be read is left out and
        added to `unreadable`.
        """
        found: dict[str, RelatedRecord] = {}
        skip, before = 0, set[str]()
        while len(found) < MOST_TASKS:
            body: Json = {"limit": TASKS_PER_CALL, "skip": skip}
            body |= {} if completed is None else {"completed": completed}
            answer = yield locations.SEARCH_TASKS(location_id=self.location_id, body=body)
            records, missing = read_records(answer, answer.tasks, self.task_record, "ghl")
            page = {record.id: record for record in records}
            if skip and before and page and not before & page.keys():
                # Tasks deleted meanwhile moved unread ones onto a page that was read: back until the two meet.
                skip = max(0, skip - TASKS_PER_CALL)
                continue
            new = page.keys() - found.keys()
            found |= page
            if unreadable is not None:
                unreadable += missing
            # A page without anything new would be asked for again for ever.
            if len(answer.raw_items) < TASKS_PER_CALL or not (new or missing):
                break
            # The next page begins with the last task of this one.
            skip, before = skip + TASKS_PER_CALL - 1, set(page)
        return list(found.values())

    def list_appointments(
        self, start: datetime, end: datetime, unreadable: list[UnreadableRecord] | None = None
    ) -> Steps[list[RelatedRecord]]:
        """Appointments of the whole location that begin in between, one call per calendar. What cannot be read is left
        out and added to `unreadable`.
        """
        found: list[RelatedRecord] = []
        window = {"startTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000)}
        # The call takes no location alone: it wants a calendar, a user or a group (docs/ghl-api.md#calendars).
        for calendar in (yield from self.list_calendars()):
            query = {"locationId": self.location_id, "calendarId": calendar.id, **window}
            answer = yield calendars.EVENTS(query=query)
            with_contact = [event for event in answer.events if event.contactId]
            records, missing = read_records(answer, with_contact, self.appointment_record, "ghl")
            found += records
            if unreadable is not None:
                unreadable += missing
        return found

    def owner_of_task(self, task_id: str, title: str = "") -> Steps[str]:
        """The contact of a task whose webhook did not name it (docs/ghl-api.md#webhooks); "" when it is not found."""
        # The search knows no task ids (docs/ghl-api.md#tasks), so the title narrows it down where one is known.
        body: Json = {"limit": TASKS_PER_CALL} | ({"query": title} if title else {})
        answer = yield locations.SEARCH_TASKS(location_id=self.location_id, body=body)
        found = next((task.contactId for task in answer.tasks if task.id == task_id), None)
        if found or not title:
            return found or ""
        everywhere = yield from self.list_tasks()
        return next((task.contact_id for task in everywhere if task.id == task_id), "")

    def list_calendars(self) -> Steps[list[s.Calendar]]:
        answer = yield calendars.LIST(query={"locationId": self.location_id})
        return list(answer.calendars)

    def list_users(self) -> Steps[list[s.User]]:
        answer = yield users.BY_LOCATION(query={"locationId": self.location_id})
        return list(answer.users)

    def free_slots(self, calendar_id: str, start: datetime, days: int = 7) -> Steps[list[datetime]]:
        """Starts of free slots, earliest first."""
        end = start + timedelta(days=min(days, SLOT_DAYS))
        query = {"startDate": int(start.timestamp() * 1000), "endDate": int(end.timestamp() * 1000)}
        answer = yield calendars.FREE_SLOTS(calendar_id=calendar_id, query=query)
        # Beside the days stand other members, as traceId (docs/ghl-api.md#calendars).
        days_ = [day for day in answer.model_dump().values() if isinstance(day, dict)]
        slots = [moment_of(slot) for day in days_ for slot in day.get("slots") or ()]
        return sorted(slot for slot in slots if slot)

    # To and from the wire -----------------------------------------------------------------------------

    def _create_call(self, kind: RelatedType, contact_id: str, values: Values) -> Any:
        if kind == "task":
            body = {"completed": False, **_task_body(values)}
            return contacts.CREATE_TASK(contact_id=contact_id, body=body)
        if kind == "note":
            return contacts.CREATE_NOTE(contact_id=contact_id, body=_note_body(values))
        if not values.get("calendar_id"):
            raise NotSent("An appointment needs a calendar: choose one.", provider="ghl")
        fixed = {"locationId": self.location_id, "contactId": contact_id}
        options = {"toNotify": False, "ignoreFreeSlotValidation": bool(values.get("ignore_free_slots"))}
        return calendars.CREATE_APPOINTMENT(body={**_appointment_body(values), **fixed, **options})

    def _created_record(self, kind: RelatedType, answer: Any, contact_id: str, values: Values) -> RelatedRecord:
        """What was made, completed by what was sent: answers leave out what they like."""
        if kind == "task":
            made = self.task_record(answer.task, contact_id)
        elif kind == "note":
            made = self.note_record(answer.note, contact_id)
        else:
            made = self.appointment_record(answer, contact_id)
        sent = {key: value for key, value in values.items() if key in made.values and is_blank(made.values[key])}
        return replace(made, values={**made.values, **sent})

    def task_record(self, task: s.Task, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": task.title,
            "body": task.body or None,
            "due_at": self._utc_text(task.dueDate),
            "completed": task.completed,
            "assigned_to": task.assignedTo or None,
        }
        return RelatedRecord("task", task.id, task.contactId or contact_id, values)

    def note_record(self, note: s.Note, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": note.title,
            "body": note.body,
            "assigned_to": note.userId,
            "added_at": self._utc_text(note.dateAdded),
        }
        return RelatedRecord("note", note.id, note.contactId or contact_id, values)

    def appointment_record(self, event: s.Event, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": event.title,
            "calendar_id": event.calendarId,
            "start_at": self._utc_text(event.startTime),
            "end_at": self._utc_text(event.endTime),
            "status": event.appointmentStatus,
            "assigned_to": event.assignedUserId,
            "address": event.address,
        }
        made_at = self._utc_text(event.dateAdded) or ""
        return RelatedRecord("appointment", event.id, event.contactId or contact_id, values, made_at)

    def _utc_text(self, value: Any) -> str | None:
        read = moment_of(value, find_zone(self.timezone))
        return utc_text(read) if read else None


def _check_whole(answer: Listing) -> None:
    """Whoever asks for all records of a contact takes one that is missing for deleted: none may be left out."""
    if answer.malformed:
        problem = answer.malformed[0].problem
        raise Malformed(f"GHL sent one of them in a form that cannot be read: {problem}.", provider="ghl")


@dataclass(frozen=True)
class _Answered:
    """Stands for an answer that was lost: the record that was found instead."""

    record: RelatedRecord


def _task_body(values: Values) -> Json:
    body = _rename_keys(values, {"title": "title", "body": "body", "due_at": "dueDate", "assigned_to": "assignedTo"})
    return body | ({"completed": bool(values["completed"])} if "completed" in values else {})


def _note_body(values: Values) -> Json:
    body = _rename_keys(values, {"title": "title", "body": "body", "assigned_to": "userId"})
    return {key: value for key, value in body.items() if value is not None}


def _appointment_body(values: Values) -> Json:
    names = {
        "title": "title",
        "calendar_id": "calendarId",
        "start_at": "startTime",
        "end_at": "endTime",
        "status": "appointmentStatus",
        "assigned_to": "assignedUserId",
        "address": "address",
    }
    return {key: value for key, value in _rename_keys(values, names).items() if value is not None}


def _rename_keys(values: Values, names: Mapping[str, str]) -> Json:
    return {names[key]: None if is_blank(value) else value for key, value in values.items() if key in names}


def _is_made_of(record: RelatedRecord, values: Values) -> bool:
    types = {key: "moment" if key.endswith("_at") else "text" for key in values.keys() & record.values.keys()}
    return all(same_value(record.values[key], values[key], field_type) for key, field_type in types.items())
