"""What Gistline knows of tasks, notes and appointments, and what is news about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from integration.models import Link, Related, Workflow
from integration.records import RelatedRecord, RelatedType, Value

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


def of_contact(link: Link, contact_id: str, kind: RelatedType) -> list[RelatedRecord]:
    """What is known without asking GHL."""
    rows = Related.objects.filter(link=link, contact_id=contact_id, kind=kind, deleted_at=None)
    return [as_record(row) for row in rows.order_by("pk")]


def as_record(row: Related) -> RelatedRecord:
    return RelatedRecord(row.kind, row.ghl_id, row.contact_id, row.base)  # type: ignore[arg-type]


def known_ids(link: Link, contact_id: str, kind: RelatedType) -> list[str]:
    rows = Related.objects.filter(link=link, contact_id=contact_id, kind=kind)
    return list(rows.values_list("ghl_id", flat=True))


READ_AGAIN = timedelta(hours=1)
"""How exactly it is kept when a record was last read: reading a page again at once costs no write."""

Known = dict[tuple[str, str], Related]


@transaction.atomic
def take_in(link: Link, records: Iterable[RelatedRecord]) -> list[News]:
    """Store records as they were read; what differs from the last time is news.

    What was never seen is none: it may have stood there for years. Its own event, when there is one, announces it.
    However many records there are, it costs one query to find that nothing is new.
    """
    return _take_in(link, list(records), {})


def _take_in(link: Link, records: list[RelatedRecord], known: Known) -> list[News]:
    """`known` are rows that were looked up before; the others are looked up here."""
    given: dict[tuple[str, str], RelatedRecord] = {(record.kind, record.id): record for record in records}
    if unknown := given.keys() - known.keys():
        known = {**known, **_rows_of(link, unknown)}
    now = timezone.now()
    Related.objects.bulk_create(
        (_unannounced(link, record, now) for key, record in given.items() if key not in known), ignore_conflicts=True
    )
    rows = {key: known[key] for key in given if key in known}
    if old := [row.pk for row in rows.values() if now - row.read_at > READ_AGAIN]:
        Related.objects.filter(pk__in=old).update(read_at=now)
    return [news for key, row in rows.items() if (news := _update(row, given[key]))]


def _rows_of(link: Link, keys: Iterable[tuple[str, str]]) -> Known:
    kinds, ids = {kind for kind, _ in keys}, {ghl_id for _, ghl_id in keys}
    rows = Related.objects.select_for_update().filter(link=link, kind__in=kinds, ghl_id__in=ids)
    return {(row.kind, row.ghl_id): row for row in rows if (row.kind, row.ghl_id) in keys}


def _unannounced(link: Link, record: RelatedRecord, now: datetime) -> Related:
    return Related(
        link=link, kind=record.kind, ghl_id=record.id, contact_id=record.contact_id, base=dict(record.values),
        read_at=now, announced=False,
    )  # fmt: skip


@transaction.atomic
def announce(link: Link, record: RelatedRecord, *, born: bool) -> list[News]:
    """As `take_in`, of a record that an event spoke of; `born` when the event said that it was made."""
    row = Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id).first()
    is_new = row is None or not row.announced
    found = take_in(link, [record])
    Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id, announced=False).update(announced=True)
    if is_new and born:
        return [News(CREATED, record, {}), *found]
    if is_new and not found and record.values.get("completed"):
        return [News(COMPLETED, record, {})]
    return found


def take_in_all(link: Link, contact_id: str, kind: RelatedType, records: list[RelatedRecord]) -> list[News]:
    """As `take_in`, of everything of a kind that the contact has: what is no longer among it was deleted."""
    return take_in_around(link, contact_id, {kind: records})


@transaction.atomic
def take_in_around(link: Link, contact_id: str, around: Mapping[RelatedType, list[RelatedRecord]]) -> list[News]:
    """As `take_in_all`, of each kind that was read."""
    records = [record for of_kind in around.values() for record in of_kind]
    here = {(record.kind, record.id) for record in records}
    rows = Related.objects.select_for_update().filter(link=link, contact_id=contact_id, kind__in=around)
    known: Known = {(row.kind, row.ghl_id): row for row in rows}
    lost = [row for key, row in known.items() if key not in here and row.deleted_at is None]
    parted = [news for row in lost if (news := part(link, cast(RelatedType, row.kind), row.ghl_id))]
    return [*_take_in(link, records, known), *parted]


def _update(row: Related, record: RelatedRecord) -> News | None:
    before = _before(row, record)
    contact_id = record.contact_id or row.contact_id
    if before or row.deleted_at or row.contact_id != contact_id:
        row.base, row.contact_id, row.deleted_at, row.read_at = dict(record.values), contact_id, None, timezone.now()
        row.save(update_fields=["base", "contact_id", "deleted_at", "read_at"])
    return News(_what(record, before), record, before, row.workflow_id) if before else None


def _before(row: Related, record: RelatedRecord) -> dict[str, Value]:
    """What differs from the record, as it was."""
    return {key: row.base.get(key) for key, value in record.values.items() if row.base.get(key) != value}


def _what(record: RelatedRecord, before: dict[str, Value]) -> str:
    if "completed" in before:
        return COMPLETED if record.values["completed"] else REOPENED
    if "status" in before and record.values["status"] == "cancelled":
        return CANCELLED
    return CHANGED


def part(link: Link, kind: RelatedType, ghl_id: str) -> News | None:
    """GHL no longer has it. None when it was not known, or known to be gone."""
    row = Related.objects.filter(link=link, kind=kind, ghl_id=ghl_id, deleted_at=None).first()
    if row is None:
        return None
    row.deleted_at = timezone.now()
    row.save(update_fields=["deleted_at"])
    return News(DELETED, as_record(row), {}, row.workflow_id)


@transaction.atomic
def note_written(
    link: Link, record: RelatedRecord, *, gist_key: str = "", wanted: dict[str, Value] | None = None,
    workflow: Workflow | None = None,
) -> News | None:  # fmt: skip
    """Store what was written, so that reading it again is no news; what it changed here is, once.

    `gist_key` and `wanted` say what Gist asked for, `workflow` which one made it.
    """
    told: dict[str, Any] = {"gist_key": gist_key} if gist_key else {}
    told |= {"gist_base": wanted} if wanted is not None else {}
    stands = {"contact_id": record.contact_id, "base": dict(record.values), **told}
    row, made = Related.objects.select_for_update().get_or_create(
        link=link, kind=record.kind, ghl_id=record.id, defaults={**stands, "workflow": workflow}
    )
    if made:
        return News(CREATED, record, {}, row.workflow_id)
    before, was_announced = _before(row, record), row.announced
    Related.objects.filter(pk=row.pk).update(**stands, read_at=timezone.now(), deleted_at=None, announced=True)
    if not was_announced and workflow:
        return News(CREATED, record, {}, workflow.pk)
    return News(_what(record, before), record, before, row.workflow_id) if before else None


def is_known(link: Link, record: RelatedRecord) -> bool:
    return Related.objects.filter(link=link, kind=record.kind, ghl_id=record.id).exists()


def by_gist_key(link: Link, kind: RelatedType, gist_key: str) -> Related | None:
    return Related.objects.filter(link=link, kind=kind, gist_key=gist_key).first()
