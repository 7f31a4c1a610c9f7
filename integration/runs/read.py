"""Reading for a run: a page of one side, the people it is about, and what belongs to GHL's contacts."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from integration.connections.location import learn_location
from integration.errors import Gone
from integration.models import RunKind, Snapshot
from integration.moments import utc_text
from integration.providers.exchange import Result, Steps
from integration.records import (
    EMAIL_CONSENT,
    OPTED_OUT,
    Contact,
    RelatedRecord,
    RelatedType,
    UnreadableRecord,
    is_opted_out,
)  # fmt: skip
from integration.related import store
from integration.related.write import related_of
from integration.runs.checkpoint import OVERLAP, note_page, read_since, saved_with_checkpoint
from integration.runs.context import RunContext
from integration.runs.finish import RELATED_CURSORS, forget_unseen
from integration.runs.ladder import people_of_step
from integration.runs.unreadable import log_related_fault, raise_if_of_all, record_unreadable
from integration.runs.write import guard_steps
from integration.sync import undecided
from integration.sync.observe import known_opted_out, observe, take_in
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.pending_reads import forget_requests, read_again, verify_missing
from integration.workflows import start
from integration.workflows.record import record_news

# People of a retry who are read before the checkpoint moves on.
PEOPLE = 50
# Appointments are looked at so far ahead, and a day back: they can be listed for a window of time only, not by when
# they changed (docs/ghl-api.md#calendars).
AHEAD = timedelta(days=60)


def read_page(context: RunContext, side: str) -> bool:
    """One page of one side. True when it was the last one."""
    run, checkpoint = context.run, context.checkpoint
    since = read_since(context, side)
    page = context.exchange.carry_out(context.sides[side].page(checkpoint.cursor, since))
    with saved_with_checkpoint(context):
        observed = all_or_each(page.contacts, lambda some: observe(run.link, run, context.rules, some))
        faults = [UnreadableRecord(one.id, one.label, as_error(fault)) for one, fault in observed.faults]
        record_unreadable(context, side, [*page.unreadable, *faults])
        note_page(context, side, page.contacts)
        checkpoint.cursor = page.next
        # Only a read of the whole side shows who is missing.
        if page.next is None and since is None:
            forget_unseen(run, side)
    return page.next is None


def read_opted_out(context: RunContext) -> bool:
    """One page of the GHL contacts that refuse e-mails; True when it was the last one.

    After the contacts themselves, because their pages do not say it (docs/ghl-api.md#search). Who was known to refuse
    and is not among these any more is asked for by id: the search shows a write late.
    """
    run, checkpoint = context.run, context.checkpoint
    cursor = checkpoint.cursor or {"page": None, "found": []}
    page = context.exchange.carry_out(context.sides["ghl"].opted_out_page(cursor["page"]))
    known = known_opted_out(run.link)
    unsaid = [one for one in page.contacts if not is_opted_out("ghl", one.values) and one.id not in known]
    is_right = _verify_opted_out(context, unsaid)
    with saved_with_checkpoint(context):
        if is_right:
            stopped = {EMAIL_CONSENT["ghl"]: OPTED_OUT["ghl"]}
            observe(run.link, run, context.rules, [one.with_values(stopped) for one in unsaid])
        else:
            read_again(run.link, "ghl", [one.id for one in unsaid])
        ids = {one.id for one in unsaid}
        observe(run.link, run, context.rules, [one for one in page.contacts if one.id not in ids])
        found = [*cursor["found"], *(one.id for one in page.contacts)]
        if page.next is None:
            read_again(run.link, "ghl", known - set(found))
        checkpoint.cursor = {"page": page.next, "found": found}
    return page.next is None


def _verify_opted_out(context: RunContext, unsaid: list[Contact]) -> bool:
    """Whether the search is right about people whose hits do not say themselves that they refuse e-mails.

    A filter that was ignored would name everybody, and have everybody unsubscribed: some are asked for by id.
    """
    for one in {one.id: one for one in (*unsaid[:1], *unsaid[len(unsaid) // 2 :][:1], *unsaid[-1:])}.values():
        try:
            there = context.exchange.carry_out(context.sides["ghl"].read(one.id))
        except Gone:
            return False
        if not is_opted_out("ghl", there.values):
            return False
    return True


# The people a run is about -------------------------------------------------------------------------------


def read_people(context: RunContext) -> bool:
    """Both sides of the people a retry or single run is about, some at a time, fresh from the APIs.

    True when that were all. Raises Retryable.
    """
    people = people_of_step(context.run)
    done = context.checkpoint.cursor or 0
    chunk = people[done : done + PEOPLE]
    results = list(context.exchange.run((one, guard_steps(_read_person(context, one))) for one in chunk))
    raise_if_of_all(context, results)
    with saved_with_checkpoint(context):
        read = [result for result in results if result.error is None]
        observed = all_or_each(read, lambda some: _observe_people(context, some))
        failed = [(result.key, result.error) for result in results if result.error]
        failed += [(result.key, as_error(fault)) for result, fault in observed.faults]
        context.recorder.record([undecided.unread_entry(context.run, ids, error) for ids, error in failed])
        gone = [result.key for result in read if not result.value]
        context.recorder.record(undecided.gone_entries(context.run, gone))
        forget_requests(context.run, chunk)
        context.checkpoint.cursor = done + len(chunk)
    return done + len(chunk) >= len(people)


def _observe_people(context: RunContext, results: "Sequence[Result[dict[str, str], dict[str, Contact]]]") -> None:
    for result in results:
        for side, contact in (result.value or {}).items():
            observe_again(context, side, contact)
        _verify_gone_halves(context, result.key, result.value or {})


def _verify_gone_halves(context: RunContext, ids: dict[str, str], found: dict[str, Contact]) -> None:
    """Somebody of whom one half is there and the other is gone: the rule about deletions is to be followed, which the
    fields of the remaining half say nothing about.
    """
    for side in ids if found else ():
        if ids[side] and side not in found:
            verify_missing(context.run.link, side, [ids[side]])


def _read_person(context: RunContext, ids: dict[str, str]) -> Steps[dict[str, Contact]]:
    found: dict[str, Contact] = {}
    for side in ("gist", "ghl"):
        if ids.get(side):
            with suppress(Gone):
                found[side] = yield from context.sides[side].read(ids[side])
    return found


def observe_again(context: RunContext, side: str, contact: Contact) -> Snapshot:
    """As observe, but it becomes work even when nothing is new: a person asked for it."""
    observe(context.run.link, context.run, context.rules, [contact])
    known = Snapshot.objects.get(link=context.run.link, side=side, external_id=contact.id)
    if known.undecided is None:
        take_in(known, contact, context.rules, context.run)
        known.save(update_fields=["undecided", "decided_run"])
    return known


# What belongs to GHL's contacts --------------------------------------------------------------------------


def read_related(context: RunContext) -> None:
    """Tasks and appointments by the cheapest calls, where workflows wait for news of them.

    GHL tells of no changed task (docs/ghl-api.md#webhooks), and its webhooks may be off. The first reading only
    learns what stands there, as does the first one after a time in which no workflow waited.
    """
    link, run = context.run.link, context.run
    if run.dry_run or run.kind not in (RunKind.FULL, RunKind.INCREMENTAL):
        return
    wanted, began = start.watched_kinds(link), utc_text(timezone.now())
    ways: dict[RelatedType, Any] = {"task": related_of(link).list_tasks, "appointment": _appointments_ahead(context)}
    for kind, steps in ways.items():
        if kind in wanted:
            learn_location(link.ghl, context.exchange)
            unreadable: list[UnreadableRecord] = []
            _store_related(context, kind, context.exchange.carry_out(steps(unreadable=unreadable)))
            for one in unreadable:
                log_related_fault(run, kind, one.id, one.label, one.error)
        context.checkpoint.marks[RELATED_CURSORS[kind]] = began if kind in wanted else ""


def _appointments_ahead(context: RunContext) -> Any:
    now = timezone.now()
    return partial(related_of(context.run.link).list_appointments, now - timedelta(days=1), now + AHEAD)


def _store_related(context: RunContext, kind: RelatedType, records: list[RelatedRecord]) -> None:
    link = context.run.link
    since = link.cursors.get(RELATED_CURSORS[kind])
    if since:
        since = utc_text(datetime.fromisoformat(since) - OVERLAP["ghl"])
        records = store.unlike_known(link, kind, records)

    def take_in_some(some: Sequence[RelatedRecord]) -> None:
        if not since:
            store.take_in(link, some)
            return
        for record in some:
            record_news(context.run, store.take_in_read(link, record, since=since))

    for record, fault in all_or_each(records, take_in_some).faults:
        log_related_fault(context.run, kind, record.id, record.label, as_error(fault), record.contact_id)
