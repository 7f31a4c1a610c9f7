"""What is due on a link while a run works on it: records that webhooks reported are read and decided, workflows go on.

The run pauses its own work meanwhile, so no person is written by two tasks at once.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integration.connections.location import learn_location
from integration.erased import without_erased
from integration.errors import Gone, ProviderError
from integration.mapping.rules import Rules
from integration.models import Execution, Pair, PendingRead, Provider, Related, Run, Snapshot
from integration.providers.exchange import Result, Steps
from integration.records import SIDES, Contact, PersonRef, RelatedRecord, RelatedType
from integration.related import store
from integration.related.write import NAMES, related_of
from integration.related.write_result import WriteResult, log_result
from integration.runs.carried import refresh_carried
from integration.runs.context import RunContext
from integration.runs.unreadable import log_related_fault, raise_if_of_all
from integration.runs.write import guard_steps, write_entries
from integration.sync import undecided
from integration.sync.carried import LISTS
from integration.sync.deletions import deletion_entry
from integration.sync.echo_suppression import holds_nothing_new
from integration.sync.entry import Entry
from integration.sync.heirs import look_for_heirs
from integration.sync.joined_traces import join_traces
from integration.sync.match import find_unverified, match_these
from integration.sync.observe import observe
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.pending_reads import (
    any_due,
    claim_due,
    delete_if_unchanged,
    postpone,
    read_if_unknown,
    verify_missing,
)
from integration.trace import follow
from integration.workflows import executions
from integration.workflows.record import record_news

# A task whose contact is not found is looked for so long: GHL's search may show it late (docs/ghl-api.md#search).
LOOKED_FOR = timedelta(days=2)


def anything_due(run: Run) -> bool:
    """Whether there is something to claim: pending reads, or workflows that were begun. A dry run claims nothing."""
    return not run.dry_run and (any_due(run) or executions.any_due(run.link))


def handle_due_work(context: RunContext) -> None:
    """Everything that is due now, and what comes due meanwhile."""
    if not anything_due(context.run):
        return
    # First the executions that had begun: what an action did right before a kill must be on record when its webhook is
    # read, else it would be taken for somebody else's work.
    _advance_executions(context, begun=True)
    while not context.stopping and (pending_reads := claim_due(context.run)):
        _read_contacts(context, [pending for pending in pending_reads if pending.kind == "contact"])
        if related := [pending for pending in pending_reads if pending.kind in NAMES]:
            learn_location(context.run.link.ghl, context.exchange)
            _read_related_records(context, related)
        # Last, so that what was just read is shown with it.
        if stale := [pending for pending in pending_reads if pending.kind in LISTS]:
            learn_location(context.run.link.ghl, context.exchange)
            refresh_carried(context, stale)
    _advance_executions(context)


# Contacts ------------------------------------------------------------------------------------------------


def _read_contacts(context: RunContext, pending_reads: list[PendingRead]) -> None:
    tasks = ((pending, guard_steps(read_contact(context, pending))) for pending in pending_reads)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    failed = [(result.key, result.error) for result in results if result.error]
    context.recorder.record([_unread_entry(context, pending, error) for pending, error in failed])
    write_entries(context, _observe_all(context, [result for result in results if not result.error]))


def _unread_entry(context: RunContext, pending: PendingRead, error: ProviderError) -> Entry:
    return undecided.unread_entry(context.run, {pending.side: pending.external_id}, error, pending_read=pending)


@dataclass(frozen=True)
class Read:
    """What an event's record is now, by side, with its other half where there is news; of one that is gone, the
    records that carry its address or number.
    """

    contacts: dict[str, Contact]
    heirs: list[Contact] = field(default_factory=list)


ReadContacts = Sequence[Result[PendingRead, Read]]


def _observe_all(context: RunContext, results: ReadContacts) -> list[Entry]:
    """What was read becomes work; its pending reads are deleted with it, those of deleted records with their entry."""
    run, rules = context.run, context.rules
    context.recorder.reported_created |= {
        (result.key.side, result.key.external_id): result.key.first_at
        for result in results
        if result.key.reported_created
    }
    observed = all_or_each(results, lambda some: _observe_together(context, some))
    failed = [_unread_entry(context, result.key, as_error(fault)) for result, fault in observed.faults]
    touched = [pk for keys, _ in observed.results for pk in keys]
    deletions = [entry for _, entries in observed.results for entry in entries]
    rows = list(Snapshot.objects.select_related("pair").filter(pk__in=touched))
    news = [row for row in rows if row.undecided is not None]
    context.recorder.resolve_failures_of([row for row in rows if row.undecided is None])
    requests = {(one.key.side, one.key.external_id): one.key for one in results if one.key.requested}
    return [*failed, *deletions, *undecided.entries_of(run, rules, news, requests)]


def _observe_together(context: RunContext, results: ReadContacts) -> tuple[list[int], list[Entry]]:
    """Keys of the snapshots that were read, and entries of deleted records."""
    run, rules = context.run, context.rules
    reads = _without_erased(context, results)
    # Heirs too, before the rule about deletions is asked: who is gone may live on under another id.
    rows = _observe_reads(context, results, reads)
    for result, read in zip(results, reads, strict=True):
        _join_waiting(result.key, [rows[one.side, one.id] for one in read.contacts.values()])
    # All that was read is known by now, in whatever order the events came.
    gone = [result.key for result in results if not (result.value and result.value.contacts)]
    deletions = [entry for pending in gone for entry in _traced_deletion(context, pending)]
    asked_for = sum(one.key.requested and _is_erased(one, read) for one, read in zip(results, reads, strict=True))
    deletions += undecided.erased_entries(run, asked_for)
    # Those of deleted records go with their entry: a kill before it is recorded must not lose the deletion.
    kept = {entry.pending_read.pk for entry in deletions if entry.pending_read}
    delete_if_unchanged(result.key for result in results if result.key.pk not in kept)
    touched = list(Snapshot.objects.select_related("pair").filter(pk__in=[one.pk for one in rows.values()]))
    match_these(run, rules, touched)
    waiting = verify_rivals(run, rules, [one for one in touched if one.pair_id is None])
    return [one.pk for one in touched if one.pk not in waiting], deletions


def _observe_reads(
    context: RunContext, results: ReadContacts, reads: Sequence[Read]
) -> dict[tuple[str, str], Snapshot]:
    """Rows of all that was read, by side and id; of a record that came twice, what was read last."""
    contacts: dict[str, dict[str, Contact]] = {side: {} for side in SIDES}
    traces: dict[str, dict[str, str]] = {side: {} for side in SIDES}
    asked: set[tuple[str, str]] = set()
    for result, read in zip(results, reads, strict=True):
        for one in (*read.contacts.values(), *read.heirs):
            contacts[one.side][one.id] = one
            traces[one.side].setdefault(one.id, result.key.trace)
        asked |= {(one.side, one.id) for one in read.contacts.values() if result.key.requested}
    rows: list[Snapshot] = []
    for side in SIDES:
        ids = {one_id for asked_side, one_id in asked if asked_side == side}
        rows += observe(context.run.link, context.run, context.rules, [*contacts[side].values()], traces[side], ids)
    return {(one.side, one.external_id): one for one in rows}


def _join_waiting(pending: PendingRead, touched: Iterable[Snapshot]) -> None:
    """Where news of another event waits still, as of one about the other half, all of it is decided as one."""
    for one in touched:
        if one.undecided is None or not pending.trace or one.trace == pending.trace:
            continue
        if pending.requested:
            # The request is no event: it is found by its own trace alone.
            join_traces([one.trace], pending.trace)
            one.trace = pending.trace
            Snapshot.objects.filter(pk=one.pk).update(trace=one.trace)
        else:
            join_traces([pending.trace], one.trace)


def _without_erased(context: RunContext, results: ReadContacts) -> list[Read]:
    """What was read for each event and may be taken in."""
    reads = [result.value or Read({}) for result in results]
    found = [one for read in reads for one in (*read.contacts.values(), *read.heirs)]
    kept = {id(one) for one in without_erased(context.run.link, found)}
    return [
        Read(
            {side: one for side, one in read.contacts.items() if id(one) in kept},
            [one for one in read.heirs if id(one) in kept],
        )
        for read in reads
    ]


def _is_erased(result: Result[PendingRead, Read], read: Read) -> bool:
    """Whether there is a record of which nothing may be taken in: `read` is what may."""
    return bool(result.value and result.value.contacts) and not read.contacts


def _traced_deletion(context: RunContext, pending: PendingRead) -> list[Entry]:
    with follow(pending.trace):
        entries = _deletion_entries(context, pending)
    for entry in entries:
        entry.traces = (pending.trace,) if pending.trace else ()
    return entries


def _deletion_entries(context: RunContext, pending: PendingRead) -> list[Entry]:
    entry = deletion_entry(context.run, context.rules, pending)
    if entry is None and pending.requested:
        # Nothing follows from it, but somebody waits for what comes of the request.
        return undecided.gone_entries(context.run, [{pending.side: pending.external_id}])
    return [entry] if entry else []


def verify_rivals(run: Run, rules: Rules, loose: Sequence[Snapshot]) -> set[int]:
    """Have those halves read again that stand between these records and their only candidate: one may be gone. Gives
    the keys of the records that are decided afterwards.
    """
    unverified = {} if run.dry_run else find_unverified(run, rules, loose)
    for side in SIDES:
        verify_missing(run.link, side, {one.external_id for one in unverified.values() if one.side == side})
    return set(unverified)


def read_contact(context: RunContext, pending: PendingRead) -> Steps[Read]:
    """The record itself; when it holds news, its other half too. Of one that was deleted, who came in its place."""
    found: dict[str, Contact] = {}
    with suppress(Gone):
        found[pending.side] = yield from context.sides[pending.side].read(pending.external_id)
    known = (
        Snapshot.objects.select_related("pair")
        .filter(link=context.run.link, side=pending.side, external_id=pending.external_id)
        .first()
    )
    # An event about Gistline's own write brings nothing new: the second call is saved.
    if known is None or known.pair is None:
        return Read(found)
    if not found:
        return Read(found, (yield from _look_for_heirs(context, known)))
    if holds_nothing_new(known, found[pending.side], context.rules) and not pending.requested:
        return Read(found)
    other = Provider(pending.side).other.side
    with suppress(Gone):
        found[other] = yield from context.sides[other].read(known.pair.external_id(other))
    return Read(found)


def _look_for_heirs(context: RunContext, lost: Snapshot) -> Steps[list[Contact]]:
    if lost.pair is None or lost.pair.state in Pair.DISSOLVED:
        return []
    left = Snapshot.objects.filter(pair=lost.pair).exclude(pk=lost.pk).first()
    return (yield from look_for_heirs(context.sides[lost.side], lost, left))


# Tasks, notes, appointments ------------------------------------------------------------------------------


# The record as it stands; or, when GHL has it no longer, the sentence that says so.
RelatedOrGone = RelatedRecord | str
GONE = "GHL no longer has it."
NO_CONTACT = "No contact of the location was found to have it."


def _read_related_records(context: RunContext, pending_reads: list[PendingRead]) -> None:
    tasks = ((pending, guard_steps(_read_related(context, pending))) for pending in pending_reads)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    failed = [(result.key, result.error) for result in results if result.error]
    read = [(result.key, result.value) for result in results if result.error is None and result.value is not None]
    recorded = all_or_each(read, lambda some: _record_related_records(context, some))
    failed += [(pending, as_error(fault)) for (pending, _), fault in recorded.faults]
    for pending, error in failed:
        kind: RelatedType = pending.kind  # type: ignore[assignment]
        with follow(pending.trace):
            log_related_fault(context.run, kind, pending.external_id, pending.title, error, pending.contact_id)
    postpone(pending for pending, _ in failed)


def _read_related(context: RunContext, pending: PendingRead) -> Steps[RelatedOrGone]:
    """One call, or two where the event did not name the contact, or a wrong one (docs/ghl-api.md#webhooks)."""
    link, related = context.run.link, related_of(context.run.link)
    known = Related.objects.filter(link=link, kind=pending.kind, ghl_id=pending.external_id).first()
    # The event's word first; where it is wrong, whose it is known to be. A wrong name must not make it deleted.
    owners = list(dict.fromkeys(filter(None, (pending.contact_id, known.contact_id if known else ""))))
    # Tasks and notes can be read only under their contact (docs/ghl-api.md#tasks), and a deleted one is in no search.
    if not owners and pending.deleted:
        return GONE
    if not owners and pending.kind == "task":
        owners = list(filter(None, [(yield from related.owner_of_task(pending.external_id, pending.title))]))
    if not owners and pending.kind != "appointment":
        return NO_CONTACT
    for contact_id in owners or [""]:
        with suppress(Gone):
            return (yield from related.read(pending.kind, contact_id, pending.external_id))  # type: ignore[arg-type]
    return GONE


def _record_related_records(context: RunContext, read: Sequence[tuple[PendingRead, RelatedOrGone]]) -> None:
    for pending, found in read:
        with follow(pending.trace):
            _record_related(context, pending, found)


def _record_related(context: RunContext, pending: PendingRead, found: RelatedOrGone) -> None:
    """Keep what was read, log what is news and begin its workflows, all with the end of the pending read."""
    if found == NO_CONTACT and pending.first_at > timezone.now() - LOOKED_FOR:
        postpone([pending])
        return
    link = context.run.link
    with transaction.atomic():
        if isinstance(found, RelatedRecord):
            news = store.take_in_reported(link, found, reported_created=pending.reported_created)
        else:
            lost = store.mark_deleted(link, pending.kind, pending.external_id)  # type: ignore[arg-type]
            news = [lost] if lost else []
        record_news(context.run, news)
        if found == NO_CONTACT:
            label = f"Task “{pending.title or pending.external_id}”"
            log_result(
                context.run,
                WriteResult("task", label, reason="no_contact", external_id=pending.external_id),
                PersonRef(),
            )
        read_if_unknown(link, found.contact_id if isinstance(found, RelatedRecord) else pending.contact_id)
        delete_if_unchanged([pending])


# Workflows -----------------------------------------------------------------------------------------------


def _advance_executions(context: RunContext, *, begun: bool = False) -> None:
    """The next action of each execution that is due, until none is; only of those `begun` before, if so asked."""
    link = context.run.link
    while not context.stopping and (due := executions.take_due(link, begun=begun)):
        learn_location(link.ghl, context.exchange)
        tasks = ((one, executions.next_action(context.run, one, context.sides)) for one in due)
        for result in context.exchange.run((one, guard_steps(steps)) for one, steps in tasks):
            _put_on_record(context.run, result)


def _put_on_record(run: Run, result: "Result[Execution, executions.Turn]") -> None:
    """What an action came to; where that cannot be recorded, that it failed, and the other executions go on."""
    execution = result.key
    with follow(execution.trace):
        _advance_one(run, result, execution)


def _advance_one(run: Run, result: "Result[Execution, executions.Turn]", execution: Execution) -> None:
    done = all_or_each(
        [execution], lambda some: executions.advance(run, execution, result.value, result.error, result.calls)
    )
    for _, fault in done.faults:
        executions.park(run, execution, as_error(fault))
