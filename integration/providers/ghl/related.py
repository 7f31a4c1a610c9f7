"""Tasks, notes and appointments as records (docs/ghl-api.md#tasks, #notes, #calendars)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integration.errors import Gone, Rejected
from integration.providers.exchange import Steps, look_before_resend
from integration.providers.ghl import calendars, contacts, locations, users
from integration.providers.ghl import schemas as s
from integration.providers.operations import Json
from integration.records import RelatedRecord, RelatedType, Value, Values, is_blank

TASKS_PER_CALL, MOST_TASKS = 100, 10_000
SLOT_DAYS = 31
"""Free slots are given for at most so many days (docs/ghl-api.md#calendars)."""


@dataclass(frozen=True)
class GhlRelated:
    """What belongs to the contacts of one location. `timezone` is the location's: some moments come without a zone."""

    location_id: str
    timezone: str = "UTC"

    def all(self, kind: RelatedType, contact_id: str) -> Steps[list[RelatedRecord]]:
        """Everything of a kind that the contact has, by one call. Raises Gone."""
        if kind == "task":
            answer = yield contacts.TASKS(contact_id=contact_id)
            return [self.task(task, contact_id) for task in answer.tasks]
        if kind == "note":
            answer = yield contacts.NOTES(contact_id=contact_id)
            return [self.note(note, contact_id) for note in answer.notes]
        answer = yield contacts.APPOINTMENTS(contact_id=contact_id)
        return [self.appointment(event, contact_id) for event in answer.events]

    def read(self, kind: RelatedType, contact_id: str, record_id: str) -> Steps[RelatedRecord]:
        """One record. Raises Gone."""
        if kind == "task":
            answer = yield contacts.TASK(contact_id=contact_id, task_id=record_id)
            return self.task(answer.task, contact_id)
        if kind == "note":
            answer = yield contacts.NOTE(contact_id=contact_id, note_id=record_id)
            return self.note(answer.note, contact_id)
        answer = yield calendars.APPOINTMENT(event_id=record_id)
        return self.appointment(answer.event, contact_id)

    def create(
        self, kind: RelatedType, contact_id: str, values: Values, known: Iterable[str] = ()
    ) -> Steps[RelatedRecord]:
        """A new record, never twice: after a lost answer it is looked for among those not `known`. Raises Rejected."""
        ids = set(known)

        def look() -> Steps[Any]:
            found = yield from self.find(kind, contact_id, values, ids)
            return found and _Answered(found)

        answer = yield from look_before_resend(self._creating(kind, contact_id, values), look)
        if isinstance(answer, _Answered):
            return answer.record
        return self._made(kind, answer, contact_id, values)

    def find(
        self, kind: RelatedType, contact_id: str, values: Values, known: Iterable[str] = ()
    ) -> Steps[RelatedRecord | None]:
        """A record that holds these values and is not `known`: what an interrupted create may have made."""
        there = yield from self.all(kind, contact_id)
        ids = set(known)
        return next((one for one in there if one.id not in ids and _is_made_of(one, values)), None)

    def update(self, record: RelatedRecord, changes: Values) -> Steps[RelatedRecord]:
        """Write `changes` only. Raises Gone, Rejected."""
        held = {**record.values, **changes}
        if record.kind == "task":
            yield from self._update_task(record, changes)
        elif record.kind == "note":
            yield contacts.UPDATE_NOTE(contact_id=record.contact_id, note_id=record.id, body=_note_body(changes))
        else:
            body = _appointment_body(changes) | {"toNotify": False}
            if "start_at" in changes or "end_at" in changes:
                # Moved as a whole: with a start alone GHL would keep or guess the end.
                body |= _appointment_body({key: held.get(key) for key in ("start_at", "end_at")})
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
                yield calendars.DELETE_EVENT(event_id=record.id, body={})
        except Gone:
            return

    # Across contacts ----------------------------------------------------------------------------------

    def tasks(self, completed: bool | None = None) -> Steps[list[RelatedRecord]]:
        """Tasks of the whole location, a hundred per call, at most `MOST_TASKS`."""
        found: dict[str, RelatedRecord] = {}
        while len(found) < MOST_TASKS:
            body: Json = {"limit": TASKS_PER_CALL, "skip": len(found)}
            body |= {} if completed is None else {"completed": completed}
            answer = yield locations.SEARCH_TASKS(location_id=self.location_id, body=body)
            new = {task.id: self.task(task) for task in answer.tasks if task.id not in found}
            found |= new
            if len(answer.tasks) < TASKS_PER_CALL or not new:
                break
        return list(found.values())

    def appointments(self, start: datetime, end: datetime) -> Steps[list[RelatedRecord]]:
        """Appointments of the whole location that begin in between, one call per calendar."""
        found: list[RelatedRecord] = []
        window = {"startTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000)}
        for calendar in (yield from self.calendars()):
            query = {"locationId": self.location_id, "calendarId": calendar.id, **window}
            answer = yield calendars.EVENTS(query=query)
            found += [self.appointment(event) for event in answer.events if event.contactId]
        return found

    def owner_of_task(self, task_id: str, title: str = "") -> Steps[str]:
        """The contact of a task whose webhook did not name it (docs/ghl-api.md#webhooks); "" when it is not found."""
        body: Json = {"limit": TASKS_PER_CALL} | ({"query": title} if title else {})
        answer = yield locations.SEARCH_TASKS(location_id=self.location_id, body=body)
        found = next((task.contactId for task in answer.tasks if task.id == task_id), None)
        if found or not title:
            return found or ""
        everywhere = yield from self.tasks()
        return next((task.contact_id for task in everywhere if task.id == task_id), "")

    def calendars(self) -> Steps[list[s.Calendar]]:
        answer = yield calendars.LIST(query={"locationId": self.location_id})
        return list(answer.calendars)

    def users(self) -> Steps[list[s.User]]:
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

    def _creating(self, kind: RelatedType, contact_id: str, values: Values) -> Any:
        if kind == "task":
            body = {"completed": False, **_task_body(values)}
            return contacts.CREATE_TASK(contact_id=contact_id, body=body)
        if kind == "note":
            return contacts.CREATE_NOTE(contact_id=contact_id, body=_note_body(values))
        if not values.get("calendar_id"):
            raise Rejected("An appointment needs a calendar: choose one.", provider="ghl")
        fixed = {"locationId": self.location_id, "contactId": contact_id}
        told = {"toNotify": False, "ignoreFreeSlotValidation": bool(values.get("ignore_free_slots"))}
        return calendars.CREATE_APPOINTMENT(body={**_appointment_body(values), **fixed, **told})

    def _made(self, kind: RelatedType, answer: Any, contact_id: str, values: Values) -> RelatedRecord:
        """What was made, completed by what was sent: answers leave out what they like."""
        if kind == "task":
            made = self.task(answer.task, contact_id)
        elif kind == "note":
            made = self.note(answer.note, contact_id)
        else:
            made = self.appointment(answer, contact_id)
        sent = {key: value for key, value in values.items() if key in made.values and is_blank(made.values[key])}
        return replace(made, values={**made.values, **sent})

    def task(self, task: s.Task, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": task.title,
            "body": task.body or None,
            "due_at": self._text(task.dueDate),
            "completed": task.completed,
            "assigned_to": task.assignedTo or None,
        }
        return RelatedRecord("task", task.id, task.contactId or contact_id, values)

    def note(self, note: s.Note, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": note.title,
            "body": note.body,
            "assigned_to": note.userId,
            "added_at": self._text(note.dateAdded),
        }
        return RelatedRecord("note", note.id, note.contactId or contact_id, values)

    def appointment(self, event: s.Event, contact_id: str = "") -> RelatedRecord:
        values: dict[str, Value] = {
            "title": event.title,
            "calendar_id": event.calendarId,
            "start_at": self._text(event.startTime),
            "end_at": self._text(event.endTime),
            "status": event.appointmentStatus,
            "assigned_to": event.assignedUserId,
            "address": event.address,
        }
        made_at = self._text(event.dateAdded) or ""
        return RelatedRecord("appointment", event.id, event.contactId or contact_id, values, made_at)

    def _text(self, value: Any) -> str | None:
        read = moment_of(value, zone(self.timezone))
        return utc_text(read) if read else None


@dataclass(frozen=True)
class _Answered:
    """Stands for the answer that was lost: what it would have told."""

    record: RelatedRecord


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def utc_text(moment: datetime) -> str:
    """Whole seconds with a Z: with milliseconds GHL refuses some task updates (docs/ghl-api.md#tasks)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_text(value: Any) -> str | None:
    """Any moment as "YYYY-MM-DDTHH:MM:SSZ"; None for what is none."""
    read = moment_of(value)
    return utc_text(read) if read else None


SECONDS_END = 100_000_000_000
"""Numbers below are seconds, as Gist's; from here on milliseconds, as GHL's."""


def moment_of(value: Any, without_zone: tzinfo = UTC) -> datetime | None:
    """Text, seconds or milliseconds as a moment; None for what is none. A text without a zone is `without_zone`."""
    try:
        if isinstance(value, int | float) or str(value).isdecimal():
            number = float(value)
            read = datetime.fromtimestamp(number if number < SECONDS_END else number / 1000, UTC)
        else:
            read = datetime.fromisoformat(str(value))
        read = (read if read.tzinfo else read.replace(tzinfo=without_zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    # Nobody means a moment beyond these, and reckoning with one would overflow.
    return read if 1900 < read.year < 9000 else None


def _task_body(values: Values) -> Json:
    body = _renamed(values, {"title": "title", "body": "body", "due_at": "dueDate", "assigned_to": "assignedTo"})
    return body | ({"completed": bool(values["completed"])} if "completed" in values else {})


def _note_body(values: Values) -> Json:
    body = _renamed(values, {"title": "title", "body": "body", "assigned_to": "userId"})
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
    return {key: value for key, value in _renamed(values, names).items() if value is not None}


def _renamed(values: Values, names: Mapping[str, str]) -> Json:
    return {names[key]: None if is_blank(value) else value for key, value in values.items() if key in names}


def _is_made_of(record: RelatedRecord, values: Values) -> bool:
    return all(_same(record.values[key], value) for key, value in values.items() if key in record.values)


def _same(held: Value, sent: Value) -> bool:
    normal: Callable[[Value], str] = lambda value: "" if is_blank(value) else str(value).strip()  # noqa: E731
    if normal(held) == normal(sent):
        return True
    moments = moment_of(held), moment_of(sent)
    return moments[0] is not None and moments[0] == moments[1]
