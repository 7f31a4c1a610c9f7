"""The writes on tasks, notes and appointments, as steps that end in a deed. People and workflows both come here."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from integration.errors import Gone, Rejected
from integration.models import Link
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated, moment_of, utc_text, zone
from integration.records import RelatedRecord, RelatedType, Value, is_blank
from integration.related.decide import decide_related
from integration.related.deeds import Deed, changes_of
from integration.related.store import as_record, by_gist_key, known_ids

NAMES = {"task": "Task", "note": "Note", "appointment": "Appointment"}
LONGEST_NOTE = 65_000
"""No length is documented; longer ones are refused here with words instead of there without (docs/ghl-api.md#notes)."""
MOMENTS = ("due_at", "start_at", "end_at")
DUE_DAYS = 1
"""GHL has no task without a due date: one that nobody gave is due so many days from now."""


def related_of(link: Link) -> GhlRelated:
    return GhlRelated(link.ghl.account_id, link.ghl.settings.get("timezone") or "UTC")


def create(
    link: Link,
    kind: RelatedType,
    contact_id: str,
    values: Mapping[str, Value],
    *,
    gist_key: str = "",
    look_first: bool = False,
    since: datetime | None = None,
) -> Steps[Deed]:
    """A new task, note or appointment. With a `gist_key` it is made once and found again ever after.

    `look_first`: an interrupted try, not older than `since`, may have made it already. Raises ProviderError.
    """
    wanted = completed_values(kind, with_moments(values, link.ghl.settings.get("timezone") or "UTC"))
    label = f"{NAMES[kind]} “{_short(wanted.get('title') or wanted.get('body'))}”"
    known = by_gist_key(link, kind, gist_key) if gist_key else None
    if known and not known.deleted_at:
        return Deed(kind, label, reason="same_value", record=as_record(known), message=f"{label} was made before.")
    related = related_of(link)
    ids = known_ids(link, contact_id, kind, since)
    if look_first:
        looked_for = {key: value for key, value in wanted.items() if key != "due_at" or "due_at" in values}
        found = yield from related.find(kind, contact_id, looked_for, ids)
        if found:
            return _made(label, found, gist_key, wanted, reason="recovered")
    made = yield from related.create(kind, contact_id, wanted, ids)
    return _made(label, made, gist_key, wanted)


def _made(label: str, made: RelatedRecord, gist_key: str, wanted: dict[str, Value], reason: str = "asked") -> Deed:
    told = {key: value for key, value in wanted.items() if not is_blank(value)}
    done = "booked" if made.kind == "appointment" else "added"
    return Deed(
        made.kind, label, did="created", reason=reason, record=made, gist_key=gist_key, wanted=wanted,
        changes=changes_of("ghl", {}, told), message=f"{label} was {done}.",
    )  # fmt: skip


def completed_values(kind: RelatedType, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values as GHL needs them. Raises Rejected for what it would refuse, in words."""
    wanted = {key: value for key, value in values.items() if not is_blank(value)}
    if kind == "task":
        if is_blank(wanted.get("title")):
            raise Rejected("A task needs a title.", provider="ghl")
        wanted.setdefault("due_at", utc_text(timezone.now() + timedelta(days=DUE_DAYS)))
    if kind == "note":
        check_note(wanted.get("body"))
    if kind == "appointment" and is_blank(wanted.get("start_at")):
        raise Rejected("An appointment needs a start: none was given.", provider="ghl")
    return wanted


def with_moments(values: Mapping[str, Value], timezone_: str) -> dict[str, Value]:
    """The values with moments as GHL takes them; those without a zone are the location's. Raises Rejected."""
    return {name: _moment(value, timezone_) if name in MOMENTS else value for name, value in values.items()}


def _moment(value: Value, timezone_: str) -> Value:
    if is_blank(value):
        return None
    read = moment_of(value, zone(timezone_))
    if read is None:
        raise Rejected(f"“{value}” is no moment; write it like 2026-01-31T17:00:00Z.", provider="ghl")
    return utc_text(read)


def check_note(body: Value) -> None:
    if is_blank(body):
        raise Rejected("A note needs a text.", provider="ghl")
    if len(str(body)) > LONGEST_NOTE:
        raise Rejected(
            f"The note has {len(str(body)):,} characters; Gistline sends at most {LONGEST_NOTE:,}. Shorten it.",
            provider="ghl",
        )


def update(
    record: RelatedRecord,
    wanted: Mapping[str, Value],
    related: GhlRelated,
    *,
    wanted_base: Mapping[str, Value] | None = None,
    held_base: Mapping[str, Value] | None = None,
    owner: str = "",
    gist_key: str = "",
) -> Steps[Deed]:
    """Bring a record to what is wanted, by the three-way merge. Raises ProviderError."""
    label = f"{NAMES[record.kind]} “{record.label}”"
    wanted = with_moments(wanted, related.timezone)
    changes = decide_related(wanted, record.values, wanted_base, held_base, owner)
    if not changes:
        said = f"{label} is as wanted already."
        return Deed(
            record.kind, label, reason="same_value", record=record, message=said, gist_key=gist_key, wanted=dict(wanted)
        )
    if record.kind == "note" and "body" in changes:
        check_note(changes["body"])
    after = yield from related.update(record, changes)
    return Deed(
        record.kind, label, did="updated", record=after, gist_key=gist_key, wanted=dict(wanted),
        changes=changes_of("ghl", record.values, changes), message=f"{label} was {_what_was_done(changes)}.",
    )  # fmt: skip


def _what_was_done(changes: Mapping[str, Value]) -> str:
    if "completed" in changes:
        return "completed" if changes["completed"] else "reopened"
    return "cancelled" if changes.get("status") == "cancelled" else "changed"


def delete(record: RelatedRecord, related: GhlRelated) -> Steps[Deed]:
    yield from related.delete(record)
    label = f"{NAMES[record.kind]} “{record.label}”"
    return Deed(record.kind, label, did="deleted", record=record, message=f"{label} was deleted.")


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


def _short(value: Value) -> str:
    text = " ".join(str(value or "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"
