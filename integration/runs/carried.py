"""Brings in step what Gist shows of tasks, notes and appointments, of everybody that sync/carried.py took note of."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integration.errors import Gone, ProviderError
from integration.mapping.carried import PROPERTIES, carried_names
from integration.models import (
    FULL_READS,
    Change,
    InboxEvent,
    Link,
    LogEntry,
    Outcome,
    Pair,
    PendingRead,
    RunKind,
    Snapshot,
)
from integration.providers.exchange import Result, Steps
from integration.records import Contact, PersonRef, RelatedType, Values
from integration.related import store
from integration.related.gist_properties import (
    LABEL,
    RelatedByKind,
    carried_values,
    read_related,
    stale_names,
    switched_on,
    without_lone_address,
    write_carried,
)
from integration.related.write import related_of
from integration.related.write_result import WriteResult, log_result
from integration.runs.context import RunContext
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync.carried import LISTS, note_stale
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.pending_reads import delete_if_unchanged, postpone
from integration.trace import follow
from integration.workflows.record import record_news

# Events that say whether GHL's webhooks of notes are on: the newest so many.
NEWEST = 500
KIND_OF = {one.name: one.kind for one in PROPERTIES}


# Whom a run takes note of ------------------------------------------------------------------------------------


def note_from_page(context: RunContext, side: str, contacts: Sequence[Contact]) -> None:
    """Contacts as they were just read, before they are taken in. A dry run keeps for itself of whom it plans."""
    run = context.run
    looks_for_notes = side == "ghl" and run.kind == RunKind.SWEEP and not run.dry_run
    compares = side == "gist" and run.kind in FULL_READS
    # Asked for each page: what is carried may be switched while the run goes on.
    names = carried_names(run.link) if contacts and (looks_for_notes or compares) else None
    if not names:
        return
    if looks_for_notes:
        _note_unheard(run.link, contacts)
    else:
        outdated = _outdated_among(run.link, names, contacts)
        if not run.dry_run:
            note_stale(run.link, outdated)
        elif run.is_asked_for:
            for kind, ghl_id in sorted(outdated):
                context.checkpoint.outdated.setdefault(kind, []).append(ghl_id)


def _note_unheard(link: Link, contacts: Sequence[Contact]) -> None:
    """A note more shows in no list and need not move its contact (docs/ghl-api.md#notes): only a call each tells. It is
    made where no webhook does, by the daily sweep alone. Appointments stand in the location's list
    (runs/read_related.py).
    """
    if _webhooks_tell_of_notes(link):
        return
    pairs = Pair.objects.filter(link=link, kind="contact", state=Pair.State.LINKED)
    known = pairs.filter(ghl_id__in=[one.id for one in contacts]).values_list("ghl_id", flat=True)
    note_stale(link, {("note", ghl_id) for ghl_id in known})


def _webhooks_tell_of_notes(link: Link) -> bool:
    events = InboxEvent.objects.filter(connection=link.ghl_id).order_by("-pk")
    return any(topic.startswith("Note") for topic in events.values_list("topic", flat=True)[:NEWEST])


def _outdated_among(link: Link, names: Collection[str], contacts: Sequence[Contact]) -> set[tuple[str, str]]:
    """Kinds and GHL contacts of whom Gist shows something else than is known: written over there, or dropped while
    nobody was to be written. Runs that read everything alone look: where Gist keeps a text otherwise than it was sent,
    each look writes.
    """
    pairs = Pair.objects.filter(link=link, kind="contact", state=Pair.State.LINKED)
    ghl_ids = dict(pairs.filter(gist_id__in=[one.id for one in contacts]).values_list("gist_id", "ghl_id"))
    known = store.by_contact(link, ghl_ids.values())
    stale = set()
    for contact in contacts:
        if records := known.get(ghl_ids.get(contact.id, "")):
            wanted = carried_values(link, contact.id, records)
            stale |= {(KIND_OF[name], ghl_ids[contact.id]) for name in stale_names(wanted, contact) if name in names}
    return stale


# Bringing them in step ---------------------------------------------------------------------------------------


@dataclass
class Refresh:
    """One person whose properties in Gist may be out of date, and the notices that say so."""

    person: PersonRef
    pending_reads: list[PendingRead]
    journal: list[Change] = field(default_factory=list)

    @property
    def trace(self) -> str:
        return next((one.trace for one in self.pending_reads if one.trace), "")


@dataclass(frozen=True)
class Refreshed:
    """What was read, and what was written of it; `result` is None where Gist no longer has the contact."""

    related_records: RelatedByKind
    result: WriteResult | None


def refresh_carried(context: RunContext, pending_reads: Sequence[PendingRead]) -> None:
    """One call to GHL for each kind that changed, one that reads the Gist contact, and one that writes what differs."""
    people = _people_of(context, pending_reads)
    tasks = ((one, guard_steps(_refresh_person(context, one))) for one in people)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    recorded = all_or_each(results, lambda some: _record_all(context, some))
    for result, fault in recorded.faults:
        with follow(result.key.trace):
            _log_failure(context, result, as_error(fault))
    postpone(one for result, _ in recorded.faults for one in result.key.pending_reads)


def _people_of(context: RunContext, pending_reads: Sequence[PendingRead]) -> list[Refresh]:
    """Those who are in step with somebody in Gist. The other notices are dropped: pairing and releasing make new ones,
    and so does a reading of Gist that finds it out of date.
    """
    refs = linked_people(context.run.link, {one.external_id for one in pending_reads})
    people: dict[str, Refresh] = {}
    for pending in pending_reads:
        if ref := refs.get(pending.external_id):
            people.setdefault(ref.ghl_id, Refresh(ref, [])).pending_reads.append(pending)
    delete_if_unchanged(one for one in pending_reads if one.external_id not in refs)
    return list(people.values())


def linked_people(link: Link, ghl_ids: Collection[str]) -> dict[str, PersonRef]:
    """Of these GHL contacts those who are in step with somebody in Gist, by their ids."""
    pairs = Pair.objects.filter(link=link, kind="contact", state=Pair.State.LINKED, ghl_id__in=ghl_ids)
    left_out = Snapshot.objects.filter(link=link, reason="filtered", pair__in=pairs).values("pair")
    return {one.ghl_id: PersonRef(one.gist_id, one.ghl_id, one.label) for one in pairs.exclude(pk__in=left_out)}


@dataclass(frozen=True)
class Wanted:
    """What Gist should show by what GHL holds now; `gist` is the contact there, None where one of the two is gone."""

    related_records: RelatedByKind
    values: Values = field(default_factory=dict)
    gist: Contact | None = None


def read_wanted(context: RunContext, person: PersonRef, kinds: Iterable[RelatedType]) -> Steps[Wanted]:
    """A call for each kind, and one for the contact in Gist."""
    link = context.run.link
    records: RelatedByKind = {}
    with suppress(Gone):
        records = yield from read_related(person.ghl_id, related_of(link), kinds)
        values = switched_on(link, carried_values(link, person.gist_id, records))
        gist = yield from context.sides["gist"].read(person.gist_id)
        return Wanted(records, without_lone_address(values, gist), gist)
    return Wanted(records)


def _refresh_person(context: RunContext, refresh: Refresh) -> Steps[Refreshed]:
    kinds = [LISTS[one.kind] for one in refresh.pending_reads]
    wanted = yield from read_wanted(context, refresh.person, kinds)
    if wanted.gist is None:
        return Refreshed(wanted.related_records, None)
    # Gone by the time it is written is as good as gone before.
    with suppress(Gone):
        side = context.sides["gist"]
        result = yield from write_carried(side, wanted.values, wanted.gist, refresh.journal, by_itself=True)
        return Refreshed(wanted.related_records, result)
    return Refreshed(wanted.related_records, None)


Results = Sequence[Result[Refresh, Refreshed]]


def _record_all(context: RunContext, results: Results) -> None:
    for result in results:
        with follow(result.key.trace):
            if result.error:
                _log_failure(context, result, result.error)
            else:
                _record(context, result)


def _record(context: RunContext, result: Result[Refresh, Refreshed]) -> None:
    done, person = result.value, result.key.person
    assert done
    with transaction.atomic():
        news = store.take_in_related(context.run.link, person.ghl_id, done.related_records, shown=True)
        record_news(context.run, news)
        if done.result and done.result.did:
            done.result.calls = result.calls
            log_result(context.run, done.result, person, result.key.journal)
        _open_failures(context, person).update(resolved_at=timezone.now())
        delete_if_unchanged(result.key.pending_reads)


def _log_failure(context: RunContext, result: Result[Refresh, Refreshed], error: ProviderError) -> None:
    """On record once for each reason: the notice is looked at again later, ever more rarely."""
    person, failure = result.key.person, WriteResult("carried", LABEL, side="gist", error=error, calls=result.calls)
    wrote = any(change.is_applied for change in result.key.journal)
    if wrote or not _open_failures(context, person).filter(message=failure.sentence).exists():
        log_result(context.run, failure, person, result.key.journal, tried_again=True)
    postpone(result.key.pending_reads)


def _open_failures(context: RunContext, person: PersonRef) -> QuerySet[LogEntry]:
    of_person = LogEntry.objects.filter(link=context.run.link, kind="carried", gist_id=person.gist_id, execution=None)
    return of_person.filter(outcome=Outcome.FAILED, resolved_at=None)
