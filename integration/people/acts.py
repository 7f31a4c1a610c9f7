"""What a person does on the contact page with tasks, notes, appointments and tags: carried out at once, put on record.

Each act returns the entry of the log. What a provider refuses is put on record too, and raised as ProviderError; what
cannot be meant is raised as SetupError or Rejected before anything is sent.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from integration.connections import contacts_of, exchange_for_link, note_broken_login
from integration.errors import Gone, ProviderError, ReconnectRequired, Rejected, SetupError
from integration.models import Link, LogEntry, Mode, Related, Run
from integration.people import directory
from integration.people.reading import no_longer_than
from integration.people.who import NAMES as SIDES
from integration.people.who import Somebody
from integration.providers.exchange import Result, Steps
from integration.providers.ghl.related import utc_text
from integration.records import RelatedRecord, RelatedType, Value, Values, is_blank
from integration.related import store, writing
from integration.related.deeds import Deed, changes_of, run_of_person
from integration.related.writing import NAMES, check_note, related_of
from integration.workflows.doing import put_on_record

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
PATIENCE_SECONDS = 10.0
"""How long a person waits for one act before being told that there is no answer."""

Work = Callable[[], Steps[Deed]]


def add(who: Somebody, kind: RelatedType, values: Values, user: Any) -> LogEntry:
    """A new task, note or appointment."""
    wanted = writing.completed_values(kind, values)

    def steps() -> Steps[Deed]:
        yield from _check_user(who.link, wanted.get("assigned_to"))
        return (yield from writing.create(who.link, kind, _ghl_id(who), wanted))

    return _do(who, user, kind, NAMES[kind], steps)


def tick(who: Somebody, task_id: str, done: bool, user: Any) -> LogEntry:
    """Complete a task, or reopen it. One that is so already stays so."""

    def steps() -> Steps[Deed]:
        task = yield from writing.read_now(who.link, "task", _ghl_id(who), task_id)
        deed = yield from writing.update(task, {"completed": done}, related_of(who.link))
        word = "completed" if done else "reopened"
        deed.message = f"{deed.label} was {word}{'' if deed.did else ' already'}."
        return deed

    return _do(who, user, "task", "Task", steps, task_id)


def edit(
    who: Somebody, kind: RelatedType, record_id: str, changes: Values, user: Any, shown: Values | None = None
) -> LogEntry:
    """Write `changes` only; a blank empties. `shown` is what stood there when they were made: what GHL changed
    meanwhile is not written over.
    """
    for key, sentence in NEVER_BLANK[kind].items():
        if key in changes and is_blank(changes[key]):
            raise Rejected(sentence, provider="ghl")
    if kind == "note" and "body" in changes:
        check_note(changes["body"])

    def steps() -> Steps[Deed]:
        record = yield from writing.read_now(who.link, kind, _ghl_id(who), record_id)
        _check_unchanged(record, changes, shown or {})
        yield from _check_user(who.link, changes.get("assigned_to"))
        return (yield from _write(who.link, record, changes))

    return _do(who, user, kind, NAMES[kind], steps, record_id)


def remove(who: Somebody, kind: RelatedType, record_id: str, user: Any) -> LogEntry:
    """Delete for good."""

    def steps() -> Steps[Deed]:
        record = yield from writing.read_now(who.link, kind, _ghl_id(who), record_id)
        return (yield from writing.delete(record, related_of(who.link)))

    return _do(who, user, kind, NAMES[kind], steps, record_id)


def _write(link: Link, record: RelatedRecord, changes: Values) -> Steps[Deed]:
    """As a person wants it: unlike a workflow's wish, a blank counts."""
    label = f"{NAMES[record.kind]} “{record.label}”"
    differs = {key: value for key, value in changes.items() if not _same(record.values.get(key), value)}
    if not differs:
        return Deed(record.kind, label, reason="same_value", record=record, message=f"{label} is so already.")
    after = yield from related_of(link).update(record, differs)
    told = ", ".join(WORDS.get(key, key) for key in differs if key != "end_at")
    return Deed(
        record.kind, label, did="updated", record=after, message=f"{label} was changed: {told}.",
        changes=changes_of("ghl", record.values, differs),
    )  # fmt: skip


def _same(one: Value, other: Value) -> bool:
    return (is_blank(one) and is_blank(other)) or str(one).strip() == str(other).strip()


def _check_unchanged(record: RelatedRecord, changes: Values, shown: Values) -> None:
    """Two people at one task: the later one sees what the first one wrote before writing over it."""
    for key in changes:
        held = record.values.get(key)
        if key in shown and not _same(held, shown[key]) and not _same(held, changes[key]):
            raise Rejected(
                f"The {WORDS.get(key, key)} was changed in GHL meanwhile, to “{held or 'nothing'}”. "
                "Nothing was written; read again, then change it if you still want to.",
                provider="ghl",
            )


def _check_user(link: Link, user_id: Value) -> Steps[None]:
    if is_blank(user_id):
        return
    users = yield from directory.read_users(link)
    if str(user_id) not in users:
        raise Rejected(
            "The person chosen no longer works in this location. Nothing was written; choose somebody else.",
            provider="ghl",
        )


# Appointments --------------------------------------------------------------------------------------------


def book(who: Somebody, values: Values, user: Any) -> LogEntry:
    """A new appointment in a free slot: `calendar_id`, `start_at`, `title`, and `assigned_to` where needed."""
    if is_blank(values.get("calendar_id")):
        raise Rejected("An appointment needs a calendar: choose one.", provider="ghl")
    return add(who, "appointment", values, user)


def move(who: Somebody, event_id: str, start: datetime, user: Any) -> LogEntry:
    """To another free slot of its calendar; it stays as long as it was."""

    def steps() -> Steps[Deed]:
        event = yield from writing.read_now(who.link, "appointment", _ghl_id(who), event_id)
        free = yield from directory.read_slots(who.link, str(event.values.get("calendar_id")), timezone.now())
        if start not in free:
            raise Rejected("That time is no longer free. Nothing was moved; choose another one.", provider="ghl")
        deed = yield from _write(who.link, event, _moved(event, start))
        deed.message = f"{deed.label} was moved."
        return deed

    return _do(who, user, "appointment", "Appointment", steps, event_id)


def _moved(event: RelatedRecord, start: datetime) -> dict[str, Value]:
    begins, ends = (datetime.fromisoformat(str(event.values[key])) for key in ("start_at", "end_at"))
    length = ends - begins if ends > begins else timedelta(minutes=30)
    return {"start_at": utc_text(start.astimezone(UTC)), "end_at": utc_text((start + length).astimezone(UTC))}


def cancel(who: Somebody, event_id: str, user: Any) -> LogEntry:
    """It stays in the calendar as cancelled."""

    def steps() -> Steps[Deed]:
        event = yield from writing.read_now(who.link, "appointment", _ghl_id(who), event_id)
        deed = yield from _write(who.link, event, {"status": CANCELLED})
        deed.message = f"{deed.label} was cancelled{'' if deed.did else ' already'}."
        return deed

    return _do(who, user, "appointment", "Appointment", steps, event_id)


# Tags ----------------------------------------------------------------------------------------------------


def tag(who: Somebody, name: str, wanted: bool, user: Any) -> list[LogEntry]:
    """Add a tag, or take it off, on every side the person is on; GHL first."""
    name = " ".join(name.split())
    if not name:
        raise Rejected("A tag needs a name.")
    sides = [side for side in ("ghl", "gist") if who.ids.get(side)]
    return [_do(who, user, "tag", f"Tag “{name}”", _tagging(who, side, name, wanted)) for side in sides]


def _tagging(who: Somebody, side: str, name: str, wanted: bool) -> Work:
    def steps() -> Steps[Deed]:
        contacts = contacts_of(who.link.connection(side))
        contact = yield from contacts.read(who.ids[side])
        held = [str(one) for one in contact.values.get("tags") or ()]  # type: ignore[union-attr]
        rest = [one for one in held if one.casefold() != name.casefold()]
        label, has_it = f"Tag “{name}”", len(rest) < len(held)
        if has_it is wanted:
            said = f"{label} is {'there' if wanted else 'not there'} already in {SIDES[side]}."
            return Deed("tag", label, side=side, reason="same_value", message=said)
        after = [*held, name] if wanted else rest
        yield from contacts.update(contact.id, {"tags": after}, contact.values)
        return Deed(
            "tag", label, side=side, did="updated", changes=changes_of(side, contact.values, {"tags": after}),
            message=f"{label} was {'added' if wanted else 'taken off'} in {SIDES[side]}.",
        )  # fmt: skip

    return steps


# Carrying out --------------------------------------------------------------------------------------------


def _do(who: Somebody, user: Any, kind: str, label: str, work: Work, record_id: str = "") -> LogEntry:
    check_may_write(who.link)
    exchange = exchange_for_link(who.link)
    exchange.on_tick = no_longer_than(PATIENCE_SECONDS, "Look at how it stands now, then try again.")
    try:
        with exchange:
            (result,) = exchange.run([(None, work())])
    except ProviderError as problem:
        result = Result(None, error=problem)
    if result.error:
        deed = Deed(kind, label, error=result.error, calls=result.calls, external_id=record_id)
        _put_failure_on_record(who, user, deed, exchange.made)
        raise result.error
    assert result.value
    result.value.calls = result.calls
    return put_on_record(_run(who.link, user, exchange.made), result.value, who.about)


def check_may_write(link: Link) -> None:
    """Raises SetupError while the link only watches."""
    if link.mode == Mode.WATCH:
        raise SetupError(f"{link.name} only watches: it writes nothing. Set its mode to live first.")


def _put_failure_on_record(who: Somebody, user: Any, deed: Deed, made: Mapping[str, int]) -> None:
    """What was refused before a call was sent is told on the page and is no event in this person's life."""
    if sum(made.values()):
        put_on_record(_run(who.link, user, made), deed, who.about)
    if isinstance(deed.error, Gone) and deed.external_id:
        forget(who, deed.kind, deed.external_id)
    if isinstance(deed.error, ReconnectRequired) and deed.error.provider:
        note_broken_login(who.link.connection(deed.error.provider), deed.error)


def _run(link: Link, user: Any, made: Mapping[str, int]) -> Run:
    run = run_of_person(link, user)
    Run.objects.filter(pk=run.pk).update(api_calls=dict(made))
    return run


def _ghl_id(who: Somebody) -> str:
    if not who.ghl_id:
        raise Rejected("This person is not in GHL, where tasks, notes and appointments live.", provider="ghl")
    return who.ghl_id


def forget(who: Somebody, kind: str, record_id: str) -> None:
    """GHL says it is not there: so it is not shown as if it were."""
    known = Related.objects.filter(link=who.link, contact_id=who.ghl_id, kind=kind, ghl_id=record_id)
    if known.exists():
        store.part(who.link, kind, record_id)  # type: ignore[arg-type]
