"""Actions on tasks, notes and appointments of the GHL contact."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from integration.errors import Gone, NotSent
from integration.models import Related
from integration.moments import find_zone, moment_of, utc_text
from integration.providers.exchange import Steps
from integration.records import RelatedRecord, RelatedType, Value, is_blank
from integration.related import gist_properties as carrying
from integration.related import store, write
from integration.related.write_result import WriteResult
from integration.values import member_key
from integration.workflows.actions.base import Action, Context, Input, Values

# How long an appointment is when nobody says when it ends.
MEETING_MINUTES = 30

TITLE, BODY = Input("title", "Title", required=True), Input("body", "Details", "long")
DUE = Input("due_at", "Due", "moment", help="Without one it is due a day later: GHL has no task without a due date.")
ASSIGNEE = Input("assigned_to", "Assigned to", "user")


def create_task(context: Context, values: Values) -> Steps[WriteResult]:
    return (yield from _create_record(context, "task", values, context.key))


def create_note(context: Context, values: Values) -> Steps[WriteResult]:
    return (yield from _create_record(context, "note", values, context.key))


def _create_record(context: Context, kind: RelatedType, values: Mapping[str, Value], key: str) -> Steps[WriteResult]:
    return (
        yield from write.create(
            context.link, kind, context.ghl_id, values, journal=context.journal, gist_key=key,
            look_first=context.look_first, since=context.execution.created_at,
        )
    )  # fmt: skip


def complete_task(context: Context, values: Values) -> Steps[WriteResult]:
    """Tick the task that is named by id or title; the trigger names it where the action does not."""
    event = context.event
    # What the operator wrote counts first, then what Gist asked for by property or webhook, then by tag, and last the
    # task that itself began the workflow.
    named = str(values.get("task") or event.get("task") or event.get("tag_rest") or event.get("task_id") or "").strip()
    if not named:
        raise NotSent("Which task? Neither the action nor what started it names one by id or title.", provider="ghl")
    task = yield from _task_named(context, named)
    return (yield from write.update(task, {"completed": True}, context.related, journal=context.journal))


def _task_named(context: Context, named: str) -> Steps[RelatedRecord]:
    """The contact's task with this id, else its open task with this title. Raises Gone, Rejected."""
    tasks = yield from context.related.list_all("task", context.ghl_id)
    context.take_in("task", tasks)
    if found := next((task for task in tasks if task.id == named), None):
        return found
    titled = [task for task in tasks if member_key(str(task.values["title"])) == member_key(named)]
    # Titles repeat ("Call back"): the open one is meant. When all are done, one of them stands for "done already", so
    # that a request that comes twice is no error.
    titled = [task for task in titled if not task.values["completed"]] or titled[:1]
    if len(titled) > 1:
        raise NotSent(f"{len(titled)} open tasks are called “{named}”: name the one by its id.", provider="ghl")
    if not titled:
        raise Gone(
            f"This contact has no task with the id or title “{named}”: deleted, or it belongs to somebody else.",
            provider="ghl",
        )
    return titled[0]


def update_open_tasks(context: Context, values: Values) -> Steps[WriteResult]:
    """Title, due date or assignee of every open task."""
    tasks = yield from context.related.list_all("task", context.ghl_id)
    context.take_in("task", tasks)
    open_ = [task for task in tasks if not task.values["completed"]]
    return (yield from _update_each(context, "task", "Open tasks", open_, values))


def update_next_appointment(context: Context, values: Values) -> Steps[WriteResult]:
    """Title or assignee of the appointment that comes next."""
    there = yield from context.related.list_all("appointment", context.ghl_id)
    context.take_in("appointment", there)
    coming = carrying.next_appointment(there)
    return (yield from _update_each(context, "appointment", "Next appointment", [coming] if coming else [], values))


def _update_each(
    context: Context, kind: str, label: str, records: list[RelatedRecord], values: Values
) -> Steps[WriteResult]:
    """One result for all of them; each that was written is kept at once, so that an interruption repeats none."""
    done = []
    for record in records:
        wanted = {key: value for key, value in values.items() if key != "rename" and not is_blank(value)}
        if values.get("rename"):
            wanted["title"] = _replace_names(str(record.values.get("title") or ""), context)
        result = yield from write.update(record, wanted, context.related, journal=context.journal)
        if result.did and result.record:
            context.keep_now(result)
            done.append(record.label)
    if not done:
        return WriteResult(kind, label, reason="same_value", message=f"{label}: nothing to change.")
    return WriteResult(kind, label, did="updated", message=f"{label} updated: {', '.join(done)}.")


def _replace_names(title: str, context: Context) -> str:
    """The title with the person's old name replaced by the new one, whole words only.

    A new name that stands there already stays: an action that was interrupted renames nothing twice.
    """
    new_of = dict(_changed_names(context))
    # The longest first: "Ann Lee" must be replaced as a whole before "Ann" is looked at. New names are alternatives
    # too, so that "Ann" inside a new "Ann Marie" is not replaced once more.
    words = sorted({*new_of, *new_of.values()}, key=len, reverse=True)
    if not words:
        return title
    known = "|".join(re.escape(word) for word in words)
    return re.sub(rf"(?<!\w)(?:{known})(?!\w)", lambda found: new_of.get(found[0], found[0]), title)


def _changed_names(context: Context) -> Iterator[tuple[str, str]]:
    """Old names and the new ones."""
    before, facts = context.event.get("before") or {}, context.execution.facts
    # Each side spells the same name differently, and a change is only known in the spelling of the side that made it.
    for names in (("name",), ("firstName", "first_name"), ("lastName", "last_name")):
        for side in ("ghl", "gist"):
            for name in names:
                old, new = before.get(name), (facts.get(side) or {}).get(name)
                if old and new and old != new:
                    yield str(old), str(new)


def follow_meeting(context: Context, values: Values) -> Steps[WriteResult]:
    """Book the meeting as an appointment, move it or cancel it, as the trigger says. One meeting, one appointment."""
    event = context.event
    meeting = str(event.get("meeting_id") or "")
    if not meeting:
        raise NotSent("The webhook names no meeting id: point at it under “Meeting fields”.", provider="gist")
    # The meeting's id ties both together: rescheduling then moves the appointment that was booked, instead of booking a
    # second one.
    row = store.by_gist_key(context.link, "appointment", f"meeting:{meeting}")
    if context.execution.trigger == "gist.meeting_cancelled":
        return (yield from _cancel_meeting(context, meeting, row))
    wanted = _meeting_values(context, values)
    if row is None or row.deleted_at:
        return (yield from _book_meeting(context, f"meeting:{meeting}", wanted))
    record = yield from _read_booked(context, row)
    return (
        yield from write.update(
            record, wanted, context.related, journal=context.journal, wanted_base=row.gist_base, held_base=row.base,
            owner=context.link.conflict, gist_key=row.gist_key,
        )
    )  # fmt: skip


def _read_booked(context: Context, row: Related) -> Steps[RelatedRecord]:
    """The meeting's appointment. Raises Gone when it is not this contact's: a webhook may claim anybody's meeting."""
    return (yield from write.read_now(context.link, "appointment", context.ghl_id, row.ghl_id))


def _meeting_values(context: Context, values: Values) -> dict[str, Value]:
    start, end = _read_moment(context, "start_at", "start"), _read_moment(context, "end_at", "end")
    # Gist documents no body for meetings (docs/gist-api.md#webhooks), so an end cannot be relied on.
    if start and not end:
        end = start + timedelta(minutes=MEETING_MINUTES)
    return {
        # Blank values stay None, which `write.update` takes for "leave it": a reschedule that names no calendar keeps
        # it.
        "title": str(values.get("title") or context.event.get("title") or "Meeting booked in Gist"),
        "start_at": utc_text(start) if start else None,
        "end_at": utc_text(end) if end else None,
        "calendar_id": values.get("calendar_id") or None,
        "assigned_to": values.get("assigned_to") or None,
    }


def _read_moment(context: Context, name: str, what: str) -> datetime | None:
    """A moment of the meeting, None when the webhook gives none. Raises Rejected for what is no moment."""
    given = context.event.get(name)
    read = moment_of(given, find_zone(context.link.zone)) if given else None
    if given and read is None:
        raise NotSent(
            f"The webhook's {what} “{given}” is no moment: point at another place under “Meeting fields”.",
            provider="gist",
        )
    return read


def _book_meeting(context: Context, key: str, wanted: dict[str, Value]) -> Steps[WriteResult]:
    if not wanted["start_at"]:
        raise NotSent("The webhook gives no start: point at it under “Meeting fields”.", provider="gist")
    calendar = yield from _choose_calendar(context, wanted)
    # It stands in Gist's calendar already, so GHL's free slots do not decide about it.
    wanted = {**wanted, **calendar, "status": "confirmed", "ignore_free_slots": True}
    return (yield from _create_record(context, "appointment", wanted, key))


def _choose_calendar(context: Context, wanted: dict[str, Value]) -> Steps[dict[str, Value]]:
    """The calendar to book in, and who takes it where the calendar has nobody (docs/ghl-api.md#calendars)."""
    calendars = yield from context.related.list_calendars()
    if not calendars:
        raise NotSent("The GHL location has no calendar: create one there, then try again.", provider="ghl")
    chosen = next((one for one in calendars if one.id == wanted["calendar_id"]), None)
    if wanted["calendar_id"] and chosen is None:
        raise NotSent(f"GHL has no calendar {wanted['calendar_id']}: choose another one.", provider="ghl")
    # Without a member an appointment needs somebody named (docs/ghl-api.md#calendars), so calendars that have one come
    # first.
    if chosen is None and len(calendars) > 1:
        chosen = next((one for one in calendars if one.teamMembers), None)
    calendar = chosen or calendars[0]
    if not calendar.teamMembers and not wanted["assigned_to"]:
        raise NotSent(
            f"Calendar “{calendar.name}” has no team member: choose who takes the appointments.", provider="ghl"
        )
    return {"calendar_id": calendar.id}


def _cancel_meeting(context: Context, meeting: str, row: Related | None) -> Steps[WriteResult]:
    label = f"Meeting {meeting}"
    if row is None or row.deleted_at:
        return WriteResult("appointment", label, reason="same_value", message="It has no appointment in GHL.")
    record = yield from _read_booked(context, row)
    return (
        yield from write.update(
            record, {"status": "cancelled"}, context.related, journal=context.journal, gist_key=row.gist_key
        )
    )


ACTIONS = (
    Action(
        "task.create", "Create a task", "A new task on the GHL contact.", "ghl", create_task,
        (TITLE, BODY, DUE, ASSIGNEE), kind="task",
    ),
    Action(
        "note.create", "Add a note", "A new note on the GHL contact.", "ghl", create_note,
        (Input("body", "Text", "long", required=True), Input("title", "Title")), kind="note",
    ),
    Action(
        "task.complete", "Complete a task", "Ticks the task in GHL that the trigger or you name.", "ghl", complete_task,
        (Input("task", "Task", help="Id or title. Empty: the one the trigger names."),), 2, "task",
    ),
    Action(
        "tasks.update_open", "Update open tasks", "Title, due date or assignee of every open task.", "ghl",
        update_open_tasks,
        (
            Input("rename", "A changed name is changed in titles too", "flag"), Input("title", "Title"), DUE, ASSIGNEE,
        ),
        1, "task", "task changed",
    ),
    Action(
        "appointment.update_next", "Update the next appointment", "Title or assignee of the one that comes next.",
        "ghl", update_next_appointment,
        (Input("rename", "A changed name is changed in the title too", "flag"), Input("title", "Title"), ASSIGNEE),
        2, "appointment",
    ),
    Action(
        "appointment.follow_meeting", "Follow a Gist meeting", "Books, moves or cancels the appointment of a meeting.",
        "ghl", follow_meeting,
        (
            Input("calendar_id", "Calendar", "calendar", help="Empty: the location's first with a team member."),
            Input("title", "Title", help="Empty: the meeting's own."), ASSIGNEE,
        ),
        2, "appointment",
    ),
)  # fmt: skip
