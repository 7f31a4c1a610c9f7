"""Reading for a run: a page of one side, the people it is about, and what belongs to GHL's contacts."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from integration.connections import learn_location
from integration.errors import Gone
from integration.models import Link, Run, RunKind, Snapshot
from integration.providers.exchange import Steps
from integration.providers.ghl.related import utc_text
from integration.records import Contact, RelatedRecord, RelatedType
from integration.related import store
from integration.related.writing import related_of
from integration.sync import worksheet
from integration.sync.closing import AROUND, forget_unseen
from integration.sync.observe import observe, take_in
from integration.workflows import notice
from integration.workflows.doing import take_note

if TYPE_CHECKING:
    from integration.sync.slices.slice import Slice

OVERLAP = {"ghl": timedelta(minutes=5), "gist": timedelta(minutes=1)}
"""Changes are read again this far back: GHL's search index shows a write late (docs/ghl-api.md#search)."""
PEOPLE = 50
AHEAD = timedelta(days=60)
"""Appointments are looked at so far ahead, and a day back."""


def read_page(part: "Slice", side: str) -> bool:
    """One page of one side. True when it was the last one."""
    run = part.run
    since = _since(part, side)
    page = part.exchange.carry_out(part.sides[side].page(part.checkpoint.get("cursor"), since))
    with transaction.atomic():
        observe(run.link, run, part.rules, page.contacts)
        _remember(run, side, page.contacts)
        part.checkpoint["cursor"] = page.next
        if page.next is None and since is None:
            forget_unseen(run, side)
        part.save()
    return page.next is None


def _since(part: "Slice", side: str) -> datetime | None:
    """How far back an incremental run reads; None reads everything."""
    cursors = part.run.link.cursors
    if part.run.kind != RunKind.INCREMENTAL or not cursors.get(side) or cursors.get("rules") != part.rules.digest:
        return None
    return datetime.fromisoformat(cursors[side]) - OVERLAP[side]


def _remember(run: Run, side: str, contacts: tuple[Contact, ...]) -> None:
    """The mark the next incremental run reads down to: the newest change seen, at most when reading began."""
    checkpoint: dict[str, Any] = run.checkpoint
    began = checkpoint.setdefault("began", {}).setdefault(side, timezone.now().isoformat())
    marks = checkpoint.setdefault("marks", {})
    newest = max((c.updated_at.isoformat() for c in contacts if c.updated_at), default="")
    seen = max(marks.get(f"seen_{side}", ""), newest)
    marks[f"seen_{side}"] = seen
    marks[side] = min(seen, began) if seen else began
    read = checkpoint.setdefault("read", {})
    read[side] = read.get(side, 0) + len(contacts)
    if run.kind == RunKind.SWEEP:
        circle = {"started_at": (run.started_at or timezone.now()).isoformat(), "read": read}
        Link.objects.filter(pk=run.link_id).update(sweep=circle)


# The people a run is about -------------------------------------------------------------------------------


def read_people(part: "Slice") -> bool:
    """Both sides of the people a retry or single run is about, some at a time, fresh from the APIs.

    True when that were all. Raises Retryable.
    """
    people = part.run.target.get("people", [])
    done = part.checkpoint.get("cursor") or 0
    chunk = people[done : done + PEOPLE]
    results = list(part.exchange.run((one, _read_person(part, one)) for one in chunk))
    for result in results:
        if result.error:
            raise result.error
    with transaction.atomic():
        for result in results:
            for side, contact in (result.value or {}).items():
                _observe_again(part, side, contact)
        gone = [result.key for result in results if not result.value]
        part.ledger.record(worksheet.gone(part.run, gone))
        part.checkpoint["cursor"] = done + len(chunk)
        part.save()
    return done + len(chunk) >= len(people)


def _read_person(part: "Slice", ids: dict[str, str]) -> Steps[dict[str, Contact]]:
    found: dict[str, Contact] = {}
    for side in ("gist", "ghl"):
        if ids.get(side):
            with suppress(Gone):
                found[side] = yield from part.sides[side].read(ids[side])
    return found


def _observe_again(part: "Slice", side: str, contact: Contact) -> None:
    """As observe, but it becomes work even when nothing is new: a person asked for it."""
    observe(part.run.link, part.run, part.rules, [contact])
    known = Snapshot.objects.get(link=part.run.link, side=side, external_id=contact.id)
    if known.fresh is None:
        take_in(known, contact, part.rules, part.run)
        known.save(update_fields=["fresh", "decided_run"])


# What belongs to GHL's contacts --------------------------------------------------------------------------


def read_around(part: "Slice") -> None:
    """Tasks and appointments by the cheapest calls, where workflows wait for news of them.

    GHL tells of no changed task (docs/ghl-api.md#webhooks), and its webhooks may be off. The first reading only
    learns what stands there, as does the first one after a time in which no workflow waited.
    """
    link, run = part.run.link, part.run
    if run.dry_run or run.kind not in (RunKind.FULL, RunKind.INCREMENTAL):
        return
    wanted, began = notice.watched(link), utc_text(timezone.now())
    ways: dict[RelatedType, Any] = {"task": related_of(link).tasks, "appointment": _appointments_ahead(part)}
    for kind, steps in ways.items():
        if kind in wanted:
            learn_location(link.ghl, part.exchange)
            _keep(part, kind, part.exchange.carry_out(steps()))
        part.checkpoint.setdefault("marks", {})[AROUND[kind]] = began if kind in wanted else ""


def _appointments_ahead(part: "Slice") -> Any:
    now = timezone.now()
    return lambda: related_of(part.run.link).appointments(now - timedelta(days=1), now + AHEAD)


def _keep(part: "Slice", kind: RelatedType, records: list[RelatedRecord]) -> None:
    link = part.run.link
    since = link.cursors.get(AROUND[kind])
    with transaction.atomic():
        if not since:
            store.take_in(link, records)
            return
        since = utc_text(datetime.fromisoformat(since) - OVERLAP["ghl"])
        for record in store.unlike_known(link, kind, records):
            take_note(part.run, store.meet(link, record, since=since))
