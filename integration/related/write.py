"""Writes on tasks, notes and appointments, as steps that end in a result. People and workflows both come here.

Each takes a `journal`: the list to which every change is added before anything is sent for it, so that after a failure
half-way it says what was written and what was not.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from integration.errors import Gone, NotSent
from integration.models import Change, Link
from integration.moments import find_zone, moment_of, utc_text
from integration.providers.exchange import Steps
from integration.providers.ghl.fields import LONGEST_NOTE
from integration.providers.ghl.related import GhlRelated
from integration.records import RelatedRecord, RelatedType, Value, is_blank
from integration.related.merge import decide_related
from integration.related.store import as_record, by_gist_key, known_ids
from integration.related.write_result import WriteResult
from integration.sync.apply import create_related, delete_related, update_related
from integration.sync.plan import create_of, delete_of, updates_of

NAMES = {"task": "Task", "note": "Note", "appointment": "Appointment"}
MOMENTS = ("due_at", "start_at", "end_at")
# GHL has no task without a due date: one that nobody gave is due so many days from now.
DUE_DAYS = 1


def related_of(link: Link) -> GhlRelated:
    return GhlRelated(link.ghl.account_id, link.zone)


def create(
    link: Link,
    kind: RelatedType,
    contact_id: str,
    values: Mapping[str, Value],
    *,
    journal: list[Change],
    gist_key: str = "",
    look_first: bool = False,
    since: datetime | None = None,
) -> Steps[WriteResult]:
    """A new task, note or appointment. With a `gist_key` it is made once and found again ever after.

    `look_first`: an interrupted try, not older than `since`, may have made it already. Raises ProviderError.
    """
    wanted = completed_values(kind, with_moments(values, link.zone))
    label = f"{NAMES[kind]} “{_shorten_label(wanted.get('title') or wanted.get('body'))}”"
    known = by_gist_key(link, kind, gist_key) if gist_key else None
    if known and not known.deleted_at:
        return WriteResult(
            kind, label, reason="same_value", record=as_record(known), message=f"{label} was made before."
        )
    related = related_of(link)
    ids = known_ids(link, contact_id, kind, since)
    # Noted before the call, so that a failure is on record with what was to be written.
    change = create_of("ghl", kind, {key: value for key, value in wanted.items() if not is_blank(value)})
    journal.append(change)
    if look_first:
        # A due date that nobody gave was counted from the time of the interrupted try, so it says nothing here.
        looked_for = {key: value for key, value in wanted.items() if key != "due_at" or "due_at" in values}
        found = yield from related.find(kind, contact_id, looked_for, ids)
        if found:
            change.external_id = found.id
            change.mark_applied()
            return _created_result(label, found, gist_key, wanted, reason="recovered")
    made = yield from create_related(related, change, contact_id, wanted, ids)
    return _created_result(label, made, gist_key, wanted)


def _created_result(
    label: str, made: RelatedRecord, gist_key: str, wanted: dict[str, Value], reason: str = "asked"
) -> WriteResult:
    verb = "booked" if made.kind == "appointment" else "added"
    return WriteResult(
        made.kind, label, did="created", reason=reason, record=made, gist_key=gist_key, wanted=wanted,
        message=f"{label} was {verb}.",
    )  # fmt: skip


def completed_values(kind: RelatedType, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values as GHL needs them. Raises Rejected with a sentence for what GHL would refuse."""
    wanted = {key: value for key, value in values.items() if not is_blank(value)}
    if kind == "task":
        if is_blank(wanted.get("title")):
            raise NotSent("A task needs a title.", provider="ghl")
        wanted.setdefault("due_at", utc_text(timezone.now() + timedelta(days=DUE_DAYS)))
    if kind == "note":
        check_note(wanted.get("body"))
    if kind == "appointment" and is_blank(wanted.get("start_at")):
        raise NotSent("An appointment needs a start: none was given.", provider="ghl")
    return wanted


def with_moments(values: Mapping[str, Value], timezone_: str) -> dict[str, Value]:
    """The values with moments as GHL takes them; those without a zone are the location's. Raises Rejected."""
    return {name: _utc_moment(value, timezone_) if name in MOMENTS else value for name, value in values.items()}


def _utc_moment(value: Value, timezone_: str) -> Value:
    if is_blank(value):
        return None
    read = moment_of(value, find_zone(timezone_))
    if read is None:
        raise NotSent(f"“{value}” is no moment; write it like 2026-01-31T17:00:00Z.", provider="ghl")
    return utc_text(read)


def check_note(body: Value) -> None:
    if is_blank(body):
        raise NotSent("A note needs a text.", provider="ghl")
    if len(str(body)) > LONGEST_NOTE:
        raise NotSent(
            f"The note has {len(str(body)):,} characters; Gistline sends at most {LONGEST_NOTE:,}. Shorten it.",
            provider="ghl",
        )


def update(
    record: RelatedRecord,
    wanted: Mapping[str, Value],
    related: GhlRelated,
    *,
    journal: list[Change],
    wanted_base: Mapping[str, Value] | None = None,
    held_base: Mapping[str, Value] | None = None,
    owner: str = "",
    gist_key: str = "",
) -> Steps[WriteResult]:
    """Bring a record to what is wanted, by the three-way merge. Raises ProviderError."""
    label = f"{NAMES[record.kind]} “{record.label}”"
    wanted = with_moments(wanted, related.timezone)
    values = decide_related(wanted, record.values, wanted_base, held_base, owner)
    if not values:
        return WriteResult(
            record.kind, label, reason="same_value", record=record, message=f"{label} is as wanted already.",
            gist_key=gist_key, wanted=dict(wanted),
        )  # fmt: skip
    if record.kind == "note" and "body" in values:
        check_note(values["body"])
    after = yield from write_fields(record, values, related, journal)
    return WriteResult(
        record.kind, label, did="updated", record=after, gist_key=gist_key, wanted=dict(wanted),
        message=f"{label} was {_what_was_done(values)}.",
    )  # fmt: skip


def write_fields(
    record: RelatedRecord, values: Mapping[str, Value], related: GhlRelated, journal: list[Change]
) -> Steps[RelatedRecord]:
    """Write these fields whatever stands there. The record as it stands then."""
    changes = updates_of(record, values)
    journal += changes
    return (yield from update_related(related, changes, record))


def _what_was_done(changes: Mapping[str, Value]) -> str:
    if "completed" in changes:
        return "completed" if changes["completed"] else "reopened"
    return "cancelled" if changes.get("status") == "cancelled" else "changed"


def delete(record: RelatedRecord, related: GhlRelated, journal: list[Change]) -> Steps[WriteResult]:
    """Delete for good; the change keeps the whole record as it was."""
    change = delete_of(record)
    journal.append(change)
    yield from delete_related(related, change, record)
    label = f"{NAMES[record.kind]} “{record.label}”"
    return WriteResult(record.kind, label, did="deleted", record=record, message=f"{label} was deleted.")


def read_now(link: Link, kind: RelatedType, contact_id: str, record_id: str) -> Steps[RelatedRecord]:
    """The record as it stands. Raises Gone with a sentence; also when it belongs to another contact."""
    try:
        found = yield from related_of(link).read(kind, contact_id, record_id)
    except Gone:
        raise Gone(
            f"{NAMES[kind]} {record_id} does not exist on this contact: deleted, or it belongs to somebody else.",
            provider="ghl",
        ) from None
    if found.contact_id and found.contact_id != contact_id:
        raise Gone(f"{NAMES[kind]} {record_id} belongs to another contact ({found.contact_id}).", provider="ghl")
    return found


def _shorten_label(value: Value) -> str:
    text = " ".join(str(value or "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"
