"""What a person does on the contact page with tasks, notes, appointments and tags: carried out at once, put on record.

Each act returns the entry of the log. What a provider refuses is put on record too, and raised as ProviderError; what
cannot be meant is raised as SetupError or Rejected before anything is sent.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from integration.connections.session import contacts_of, exchange_for_link, note_broken_login
from integration.errors import Gone, LostAnswer, NotSent, ProviderError, ReconnectRequired, SetupError
from integration.mapping.command_tags import command_tags_of, is_command
from integration.models import Change, Link, LogEntry, Mode, Provider, Related, Run, RunStatus
from integration.moments import utc_text
from integration.people import directory
from integration.people.find import KnownPerson
from integration.providers.exchange import Result, Steps
from integration.records import RelatedRecord, RelatedType, Value, Values, is_blank
from integration.related import store, write
from integration.related.write import NAMES, check_note, related_of
from integration.related.write_result import WriteResult, run_of_person
from integration.sync.apply import update_contact
from integration.sync.plan import updates_of
from integration.values import member_key, same_value
from integration.workflows.record import record_result

NEVER_BLANK = {
    "task": {"title": "A task needs a title.", "due_at": "A task in GHL always has a due date: give it one."},
    "note": {"body": "A note needs a text."},
    "appointment": {"title": "An appointment needs a title.", "start_at": "An appointment needs a start."},
}
WORDS = {
    "title": "title", "body": "text", "due_at": "due date", "assigned_to": "assignee", "completed": "tick",
    "start_at": "start", "status": "status",
}  # fmt: skip
CANCELLED = "cancelled"
UNKNOWN_OUTCOME = "It may have been carried out all the same: read again how it stands before you do it anew."

Journal = list[Change]
# Steps of a command; every change they begin goes into the journal that they are given.
Work = Callable[[Journal], Steps[WriteResult]]


def add_record(person: KnownPerson, kind: RelatedType, values: Values, user: Any) -> LogEntry:
    """A new task, note or appointment."""
    wanted = write.completed_values(kind, values)

    def steps(journal: Journal) -> Steps[WriteResult]:
        # Checked before writing, because a user who left can still stand in the form: its list is kept for some
        # minutes.
        yield from _check_user(person.link, wanted.get("assigned_to"))
        return (yield from write.create(person.link, kind, _ghl_id(person), wanted, journal=journal))

    return carry_out(person, user, kind, NAMES[kind], steps)


def tick_task(person: KnownPerson, task_id: str, done: bool, user: Any) -> LogEntry:
    """Complete a task, or reopen it. One that is so already stays so."""

    def steps(journal: Journal) -> Steps[WriteResult]:
        task = yield from write.read_now(person.link, "task", _ghl_id(person), task_id)
        result = yield from write.update(task, {"completed": done}, related_of(person.link), journal=journal)
        word = "completed" if done else "reopened"
        result.message = f"{result.label} was {word}{'' if result.did else ' already'}."
        return result

    return carry_out(person, user, "task", "Task", steps, task_id)


def edit_record(
    person: KnownPerson, kind: RelatedType, record_id: str, changes: Values, user: Any, shown: Values | None = None
) -> LogEntry:
    """Write `changes` only; a blank empties. `shown` is what stood there when they were made: what GHL changed
    meanwhile is not written over.
    """
    for key, sentence in NEVER_BLANK[kind].items():
        if key in changes and is_blank(changes[key]):
            raise NotSent(sentence, provider="ghl")
    if kind == "note" and "body" in changes:
        check_note(changes["body"])

    def steps(journal: Journal) -> Steps[WriteResult]:
        record = yield from write.read_now(person.link, kind, _ghl_id(person), record_id)
        _check_unchanged(record, changes, shown or {})
        yield from _check_user(person.link, changes.get("assigned_to"))
        return (yield from _write_fields(person.link, record, changes, journal))

    return carry_out(person, user, kind, NAMES[kind], steps, record_id)


def delete_record(person: KnownPerson, kind: RelatedType, record_id: str, user: Any) -> LogEntry:
    """Delete for good."""

    def steps(journal: Journal) -> Steps[WriteResult]:
        record = yield from write.read_now(person.link, kind, _ghl_id(person), record_id)
        return (yield from write.delete(record, related_of(person.link), journal))

    return carry_out(person, user, kind, NAMES[kind], steps, record_id)


def _write_fields(link: Link, record: RelatedRecord, values: Values, journal: Journal) -> Steps[WriteResult]:
    """As a person wants it: unlike a workflow's wish, a blank counts."""
    label = f"{NAMES[record.kind]} “{record.label}”"
    differs = {key: value for key, value in values.items() if not same_value(record.values.get(key), value)}
    if not differs:
        return WriteResult(record.kind, label, reason="same_value", record=record, message=f"{label} is so already.")
    after = yield from write.write_fields(record, differs, related_of(link), journal)
    fields = ", ".join(WORDS.get(key, key) for key in differs if key != "end_at")
    return WriteResult(record.kind, label, did="updated", record=after, message=f"{label} was changed: {fields}.")


def _check_unchanged(record: RelatedRecord, changes: Values, shown: Values) -> None:
    """Two people at one task: the later one sees what the first one wrote before writing over it."""
    for key in changes:
        held = record.values.get(key)
        # A value that is already what this person wants is no clash, whoever wrote it.
        if key in shown and not same_value(held, shown[key]) and not same_value(held, changes[key]):
            raise NotSent(
                f"The {WORDS.get(key, key)} was changed in GHL meanwhile, to “{held or 'nothing'}”. "
                "Nothing was written; read again, then change it if you still want to.",
                provider="ghl",
            )


def _check_user(link: Link, user_id: Value) -> Steps[None]:
    if is_blank(user_id):
        return
    users = yield from directory.read_users(link)
    if str(user_id) not in users:
        raise NotSent(
            "The person chosen no longer works in this location. Nothing was written; choose somebody else.",
            provider="ghl",
        )


# Appointments --------------------------------------------------------------------------------------------


def book_appointment(person: KnownPerson, values: Values, user: Any) -> LogEntry:
    """A new appointment in a free slot: `calendar_id`, `start_at`, `title`, and `assigned_to` where needed."""
    if is_blank(values.get("calendar_id")):
        raise NotSent("An appointment needs a calendar: choose one.", provider="ghl")
    return add_record(person, "appointment", values, user)


def move_appointment(person: KnownPerson, event_id: str, start: datetime, user: Any) -> LogEntry:
    """To another free slot of its calendar; it stays as long as it was."""

    def steps(journal: Journal) -> Steps[WriteResult]:
        event = yield from write.read_now(person.link, "appointment", _ghl_id(person), event_id)
        # Read again, because the page may have stood open for an hour; GHL refuses a slot that is gone in words of its
        # own (docs/ghl-api.md#calendars).
        free = yield from directory.read_slots(person.link, str(event.values.get("calendar_id")), timezone.now())
        if start not in free:
            raise NotSent("That time is no longer free. Nothing was moved; choose another one.", provider="ghl")
        result = yield from _write_fields(person.link, event, _times_from(event, start), journal)
        result.message = f"{result.label} was moved."
        return result

    return carry_out(person, user, "appointment", "Appointment", steps, event_id)


def _times_from(event: RelatedRecord, start: datetime) -> dict[str, Value]:
    begins, ends = (datetime.fromisoformat(str(event.values[key])) for key in ("start_at", "end_at"))
    length = ends - begins if ends > begins else timedelta(minutes=30)
    return {"start_at": utc_text(start.astimezone(UTC)), "end_at": utc_text((start + length).astimezone(UTC))}


def cancel_appointment(person: KnownPerson, event_id: str, user: Any) -> LogEntry:
    """It stays in the calendar as cancelled."""

    def steps(journal: Journal) -> Steps[WriteResult]:
        event = yield from write.read_now(person.link, "appointment", _ghl_id(person), event_id)
        result = yield from _write_fields(person.link, event, {"status": CANCELLED}, journal)
        result.message = f"{result.label} was cancelled{'' if result.did else ' already'}."
        return result

    return carry_out(person, user, "appointment", "Appointment", steps, event_id)


# Tags ----------------------------------------------------------------------------------------------------


def change_tag(person: KnownPerson, name: str, wanted: bool, user: Any) -> list[LogEntry]:
    """Add a tag, or take it off, on every side the person is on; GHL first."""
    name = " ".join(name.split())
    if not name:
        raise NotSent("A tag needs a name.")
    # A command is for Gist alone: in GHL nobody answers it.
    possible = ("gist",) if wanted and is_command(name, command_tags_of(person.link)) else ("ghl", "gist")
    sides = [side for side in possible if person.ids.get(side)]
    return [carry_out(person, user, "tag", f"Tag “{name}”", _tag_steps(person, side, name, wanted)) for side in sides]


def _tag_steps(person: KnownPerson, side: str, name: str, wanted: bool) -> Work:
    def steps(journal: Journal) -> Steps[WriteResult]:
        contacts = contacts_of(person.link.connection(side))
        contact = yield from contacts.read(person.ids[side])
        # The tags are read just before: they are written as a difference to what stands there, and a webhook may be
        # under way.
        held = [str(one) for one in contact.values.get("tags") or ()]  # type: ignore[union-attr]
        rest = [one for one in held if member_key(one) != member_key(name)]
        label, has_it = f"Tag “{name}”", len(rest) < len(held)
        if has_it is wanted:
            sentence = f"{label} is {'there' if wanted else 'not there'} already in {Provider(side).label}."
            return WriteResult("tag", label, side=side, reason="same_value", message=sentence)
        after = [*held, name] if wanted else rest
        changes = updates_of(contact, {"tags": after})
        journal += changes
        yield from update_contact(contacts, changes, contact)
        verb = "added" if wanted else "taken off"
        return WriteResult(
            "tag", label, side=side, did="updated", message=f"{label} was {verb} in {Provider(side).label}."
        )

    return steps


# Carrying out --------------------------------------------------------------------------------------------


def carry_out(person: KnownPerson, user: Any, kind: str, label: str, work: Work, record_id: str = "") -> LogEntry:
    """Send what `work` says and put it on record, also what was refused. Raises SetupError, ProviderError."""
    check_may_write(person.link)
    exchange = exchange_for_link(person.link)
    journal: Journal = []
    try:
        with exchange:
            (sent,) = exchange.run([(None, work(journal))])
    except ProviderError as problem:
        sent = Result(None, error=problem)
    if sent.error:
        if isinstance(sent.error, LostAnswer) and journal:
            sent.error.args = (f"{sent.error} {UNKNOWN_OUTCOME}",)
        failure = WriteResult(kind, label, error=sent.error, calls=sent.calls, external_id=record_id)
        _record_failure(person, user, failure, journal, exchange.made)
        raise sent.error
    assert sent.value
    sent.value.calls = sent.calls
    return record_result(_run_with_calls(person.link, user, exchange.made), sent.value, person.ref, journal)


def check_may_write(link: Link) -> None:
    """Raises SetupError while the link only watches."""
    if link.mode == Mode.WATCH:
        raise SetupError(f"{link.name} only watches: it writes nothing. Set its mode to live first.")


def _record_failure(
    person: KnownPerson, user: Any, failure: WriteResult, journal: Journal, made: Mapping[str, int]
) -> None:
    """What was refused before a call was sent is said on the page and is no event in this person's life."""
    # A refusal of our own needs no entry: no call was made, so nothing can be looked up about it later.
    if sum(made.values()):
        record_result(_run_with_calls(person.link, user, made, failed=True), failure, person.ref, journal)
    if isinstance(failure.error, Gone) and failure.external_id:
        mark_record_missing(person, failure.kind, failure.external_id)
    if isinstance(failure.error, ReconnectRequired) and failure.error.provider:
        note_broken_login(person.link.connection(failure.error.provider), failure.error)


def _run_with_calls(link: Link, user: Any, made: Mapping[str, int], failed: bool = False) -> Run:
    run = run_of_person(link, user)
    # The run exists only to carry the entry and its calls: clicks count in the figures of the day like everything else.
    status = RunStatus.PARTIAL if failed else RunStatus.SUCCEEDED
    Run.objects.filter(pk=run.pk).update(api_calls=dict(made), status=status)
    return run


def _ghl_id(person: KnownPerson) -> str:
    if not person.ghl_id:
        raise NotSent("This person is not in GHL, where tasks, notes and appointments live.", provider="ghl")
    return person.ghl_id


def mark_record_missing(person: KnownPerson, kind: str, record_id: str) -> None:
    """GHL says it is not there: so it is not shown as if it were."""
    known = Related.objects.filter(link=person.link, contact_id=person.ghl_id, kind=kind, ghl_id=record_id)
    if known.exists():
        store.mark_deleted(person.link, kind, record_id)  # type: ignore[arg-type]
