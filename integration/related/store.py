"""What Gistline knows of tasks, notes and appointments, and what is news about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from integration.erased import erased_ids
from integration.models import Link, Related, Workflow
from integration.records import RelatedRecord, RelatedType, Value
from integration.sync.carried import note_stale

CREATED, COMPLETED, REOPENED, CHANGED, CANCELLED, DELETED = (
    "created", "completed", "reopened", "changed", "cancelled", "deleted",
)  # fmt: skip


@dataclass(frozen=True)
class News:
    """Something that happened in GHL. `before` holds the values that changed as they were, empty for a new one."""

    what: str
    record: RelatedRecord
    before: dict[str, Value]
    workflow_id: int | None = None
    """The workflow that made the record, when one did."""
    is_first_event: bool = False
    """The first event about a record of which none said that it was made. It is news once, however often it comes."""


def of_contact(link: Link, contact_id: str, kind: RelatedType) -> list[RelatedRecord]:
    """What is known without asking GHL."""
    rows = Related.objects.filter(link=link, contact_id=contact_id, kind=kind, deleted_at=None)
    return [as_record(row) for row in rows.order_by("pk")]


def by_kind(link: Link, contact_id: str) -> dict[RelatedType, list[RelatedRecord]]:
    """All that is known of a contact, in one query."""
    found: dict[RelatedType, list[RelatedRecord]] = {"task": [], "note": [], "appointment": []}
    rows = Related.objects.filter(link=link, contact_id=contact_id, kind__in=found, deleted_at=None)
    for record in map(as_record, rows.order_by("pk")):
        found[record.kind].append(record)
    return found


def by_contact(link: Link, contact_ids: Iterable[str]) -> dict[str, dict[RelatedType, list[RelatedRecord]]]:
    """All that is known of these contacts, in one query. A kind of which nothing is left is there, and empty."""
    found: dict[str, dict[RelatedType, list[RelatedRecord]]] = {}
    for row in Related.objects.filter(link=link, contact_id__in=list(contact_ids)).order_by("pk"):
        of_kind = found.setdefault(row.contact_id, {}).setdefault(cast(RelatedType, row.kind), [])
        of_kind += [] if row.deleted_at else [as_record(row)]
    return found


def as_record(row: Related) -> RelatedRecord:
    return RelatedRecord(row.kind, row.ghl_id, row.contact_id, row.base)  # type: ignore[arg-type]


def known_ids(link: Link, contact_id: str, kind: RelatedType, since: datetime | None = None) -> list[str]:
    """Ids of records that an interrupted create, begun at `since`, cannot have made: read before it, or made for
    another wish of Gist.
    """
    rows = Related.objects.filter(link=link, contact_id=contact_id, kind=kind)
    if since:
        # A row that is younger and that nobody asked for may be the very record, stored because its webhook came first.
        rows = rows.exclude(gist_key="", created_at__gte=since)
    return list(rows.values_list("ghl_id", flat=True))


# `read_at` is written only when it is older than this, so that reading a record again soon costs no write.
READ_AGAIN = timedelta(hours=1)

Known = dict[tuple[str, str], Related]


@transaction.atomic
def take_in(link: Link, records: Iterable[RelatedRecord]) -> list[News]:
    """Store records as they were read; what differs from the last time is news.

    What was never seen is none: it may have stood there for years. Its own event, when there is one, announces it.
    However many records there are, it costs one query to find that nothing is new.
    """
    taken = _take_in(link, list(records), {})
    note_stale(link, taken.changed)
    return taken.news


@dataclass(frozen=True)
class _Taken:
    """`changed` are kinds and contacts of all that is stored otherwise now, whether that is news or not."""

    news: list[News]
    changed: set[tuple[str, str]]


def _without_erased(link: Link, records: list[RelatedRecord], known: Known) -> list[RelatedRecord]:
    """Not those of a contact who was erased. Whoever has a row that is known was not: it would have gone with them."""
    asked = {record.contact_id for record in records if (record.kind, record.id) not in known}
    gone = erased_ids(link, "ghl", asked) if asked else set()
    return [record for record in records if record.contact_id not in gone]


def _take_in(link: Link, records: list[RelatedRecord], known: Known) -> _Taken:
    """`known` are rows that were looked up before; the others are looked up here."""
    taken = _without_erased(link, records, known)
    given: dict[tuple[str, str], RelatedRecord] = {(record.kind, record.id): record for record in taken}
    if unknown := given.keys() - known.keys():
        known = {**known, **_rows_of(link, unknown)}
    now = timezone.now()
    Related.objects.bulk_create(
        (_unannounced_row(link, record, now) for key, record in given.items() if key not in known),
        ignore_conflicts=True,
    )
    rows = {key: known[key] for key in given if key in known}
    if old := [row.pk for row in rows.values() if now - row.read_at > READ_AGAIN]:
        Related.objects.filter(pk__in=old).update(read_at=now)
    changed: set[tuple[str, str]] = {(one.kind, one.contact_id) for key, one in given.items() if key not in known}
    for key, row in rows.items():
        if _is_stored_otherwise(row, given[key]):
            # Both: a record may have been given to another contact.
            changed |= {(row.kind, row.contact_id), (row.kind, given[key].contact_id)}
    return _Taken([news for key, row in rows.items() if (news := _update_row(row, given[key]))], changed)


def _rows_of(link: Link, keys: Iterable[tuple[str, str]]) -> Known:
    kinds, ids = {kind for kind, _ in keys}, {ghl_id for _, ghl_id in keys}
    rows = Related.objects.select_for_update().filter(link=link, kind__in=kinds, ghl_id__in=ids)
    # Kinds and ids were asked for apart, which also finds a task with the id of a note.
    return {(row.kind, row.ghl_id): row for row in rows if (row.kind, row.ghl_id) in keys}


def _unannounced_row(link: Link, record: RelatedRecord, now: datetime) -> Related:
    return Related(
        link=link, kind=record.kind, ghl_id=record.id, contact_id=record.contact_id, base=dict(record.values),
        read_at=now, announced=False,
    )  # fmt: skip


@transaction.atomic
def take_in_reported(link: Link, record: RelatedRecord, *, reported_created: bool) -> list[News]:
    """As `take_in`, of a record that an event was about; `reported_created` when it said that the record was made."""
    if erased_ids(link, "ghl", [record.contact_id]):
        return []
    # To be asked before `take_in` stores a row.
    row = Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id).first()
    is_new = row is None or not row.announced
    found = take_in(link, [record])
    if is_new and reported_created:
        Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id).update(announced=True)
        return [News(CREATED, record, {}), *found]
    if is_new and not found and (what := _news_of_first_event(record)):
        return [News(what, record, {}, is_first_event=True)]
    return found


def _news_of_first_event(record: RelatedRecord) -> str:
    """What an event means for a record of which only its present state is known; "" when that is no news."""
    # The type of an appointment's event is not to be relied on (docs/ghl-api.md#webhooks), so its status decides.
    if record.kind == "appointment":
        return CANCELLED if record.values.get("status") == "cancelled" else CHANGED
    return COMPLETED if record.values.get("completed") else ""


@transaction.atomic
def take_in_read(link: Link, record: RelatedRecord, *, since: str) -> list[News]:
    """As `take_in`, of a record found by reading the whole location: an unknown one made since then (ISO) is new."""
    if is_known(link, record):
        return take_in(link, [record])
    return (
        take_in_reported(link, record, reported_created=True)
        if (record.made_at or since) >= since
        else take_in(link, [record])
    )


def unlike_known(link: Link, kind: RelatedType, records: Iterable[RelatedRecord]) -> list[RelatedRecord]:
    """Those of `records` that are unknown, or differ from what is known."""
    rows = Related.objects.filter(link=link, kind=kind, deleted_at=None)
    known = dict(rows.values_list("ghl_id", "base"))
    return [one for one in records if known.get(one.id) != one.values]


def take_in_all(link: Link, contact_id: str, kind: RelatedType, records: list[RelatedRecord]) -> list[News]:
    """As `take_in`, of all records of a kind that the contact has: a known one that is not among them was deleted."""
    return take_in_related(link, contact_id, {kind: records})


@transaction.atomic
def take_in_related(
    link: Link, contact_id: str, by_kind: Mapping[RelatedType, list[RelatedRecord]], shown: bool = False
) -> list[News]:
    """As `take_in_all`, of each kind that was read. `shown`: Gist was brought in step with just these."""
    records = [record for of_kind in by_kind.values() for record in of_kind]
    here = {(record.kind, record.id) for record in records}
    rows = Related.objects.select_for_update().filter(link=link, contact_id=contact_id, kind__in=by_kind)
    known: Known = {(row.kind, row.ghl_id): row for row in rows}
    lost = [row for key, row in known.items() if key not in here and row.deleted_at is None]
    deletions = [news for row in lost if (news := _mark_row_deleted(row))]
    taken = _take_in(link, records, known)
    if not shown:
        note_stale(link, taken.changed | {(row.kind, contact_id) for row in lost})
    return [*taken.news, *deletions]


def _is_stored_otherwise(row: Related, record: RelatedRecord) -> bool:
    moved = record.contact_id and row.contact_id != record.contact_id
    return bool(_changed_values(row, record) or row.deleted_at or moved)


def _update_row(row: Related, record: RelatedRecord) -> News | None:
    before = _changed_values(row, record)
    contact_id = record.contact_id or row.contact_id
    if _is_stored_otherwise(row, record):
        row.base, row.contact_id, row.deleted_at, row.read_at = dict(record.values), contact_id, None, timezone.now()
        # Its change is news to workflows, so an event that comes late must not announce it as new.
        row.announced = row.announced or bool(before)
        row.save(update_fields=["base", "contact_id", "deleted_at", "read_at", "announced"])
    return News(_kind_of_news(record, before), record, before, row.workflow_id) if before else None


def _changed_values(row: Related, record: RelatedRecord) -> dict[str, Value]:
    """What differs from the record, as it was."""
    return {key: row.base.get(key) for key, value in record.values.items() if row.base.get(key) != value}


def _kind_of_news(record: RelatedRecord, before: dict[str, Value]) -> str:
    if "completed" in before:
        return COMPLETED if record.values["completed"] else REOPENED
    if "status" in before and record.values["status"] == "cancelled":
        return CANCELLED
    return CHANGED


def mark_deleted(link: Link, kind: RelatedType, ghl_id: str) -> News | None:
    """Note that GHL no longer has a record. None when it was not known, or known to be gone."""
    row = Related.objects.filter(link=link, kind=kind, ghl_id=ghl_id, deleted_at=None).first()
    if row is None:
        return None
    note_stale(link, [(kind, row.contact_id)])
    return _mark_row_deleted(row)


def _mark_row_deleted(row: Related) -> News:
    row.deleted_at = timezone.now()
    row.save(update_fields=["deleted_at"])
    return News(DELETED, as_record(row), {}, row.workflow_id)


@transaction.atomic
def note_written(
    link: Link, record: RelatedRecord, *, gist_key: str = "", wanted: dict[str, Value] | None = None,
    workflow: Workflow | None = None,
) -> News | None:  # fmt: skip
    """Store a record as it was just written, so that its webhook is no news. What the write changed is news once, now.

    `gist_key` and `wanted` say what Gist asked for, `workflow` which one made it.
    """
    gist_side: dict[str, Any] = {"gist_key": gist_key} if gist_key else {}
    gist_side |= {"gist_base": wanted} if wanted is not None else {}
    if gist_key:
        # A key stands for one record: when that was deleted in GHL and made again, the key moves to the new one.
        Related.objects.filter(link=link, kind=record.kind, gist_key=gist_key).exclude(ghl_id=record.id).update(
            gist_key=""
        )
    columns = {"contact_id": record.contact_id, "base": dict(record.values), **gist_side}
    row, made = Related.objects.select_for_update().get_or_create(
        link=link, kind=record.kind, ghl_id=record.id, defaults={**columns, "workflow": workflow}
    )
    if made:
        note_stale(link, [(record.kind, record.contact_id)])
        return News(CREATED, record, {}, row.workflow_id)
    if _is_stored_otherwise(row, record):
        note_stale(link, [(record.kind, record.contact_id)])
    # The row may be there although the record is new: its webhook was read before the answer to the call was recorded.
    before, was_announced = _changed_values(row, record), row.announced
    Related.objects.filter(pk=row.pk).update(**columns, read_at=timezone.now(), deleted_at=None, announced=True)
    if not was_announced and workflow:
        return News(CREATED, record, {}, workflow.pk)
    return News(_kind_of_news(record, before), record, before, row.workflow_id) if before else None


def is_known(link: Link, record: RelatedRecord) -> bool:
    return Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id).exists()


def by_gist_key(link: Link, kind: RelatedType, gist_key: str) -> Related | None:
    return Related.objects.filter(link=link, kind=kind, gist_key=gist_key).first()
