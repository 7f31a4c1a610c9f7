"""A run that carries out what was planned: exactly the people of a plan, or those of whom something is taken back.

Some at a time are read fresh, compared with what was planned for them, and written like the people of any run. Who is
on record in this run has had their turn, so that a run goes on after a kill where it was.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from django.db.models import Exists, OuterRef

from integration.erased import without_erased
from integration.models import Change, ChangeAction, ChangeState, LogEntry, Pair, Provider, Snapshot
from integration.providers.exchange import Result, Steps
from integration.records import SIDES, Contact, PersonRef
from integration.related.write import related_of
from integration.runs.context import RunContext
from integration.runs.planned_carried import PlannedCarried, carry_out_carried
from integration.runs.planned_related import PlannedRelated, carry_out_related, note_unstorable
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps, write_entries
from integration.sync.entry import Entry, undecided_entry
from integration.sync.heirs import find_heir, look_for_heirs
from integration.sync.observe import as_contact, observe
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.planned import (
    ADDED,
    PlannedPerson,
    copy_of,
    entry_of,
    follows_deletion,
    is_taken_back_whole,
    read_now,
)
from integration.sync.undo import RELATED, changes_to_undo, group_changes, inverses_of

# People who are read before any of them is written.
AT_ONCE = 32

Work = PlannedPerson | PlannedRelated | PlannedCarried


def carry_out_next(context: RunContext) -> bool:
    """Some of the people; True when all had their turn."""
    for side in context.sides.values():
        # Of a whole record every field has to be known, and of one that was planned its type.
        context.exchange.carry_out(side.know_all_fields())
    work = list(islice(_waiting(context), AT_ONCE))
    carry_out_related(context, [one for one in work if isinstance(one, PlannedRelated)])
    _carry_out_people(context, [one for one in work if isinstance(one, PlannedPerson)])
    carry_out_carried(context, [one for one in work if isinstance(one, PlannedCarried)])
    if not context.stopping and work and work[-1].plan_entry:
        context.checkpoint.cursor = work[-1].plan_entry.pk
        context.save()
    context.tick()
    return not work


def _waiting(context: RunContext) -> Iterator[Work]:
    """Whoever has not had a turn, from the plan or from the changes to take back."""
    return _of_plan(context) if context.run.plan_id else _of_undo(context)


def _of_plan(context: RunContext) -> Iterator[Work]:
    run = context.run
    planned = Change.objects.filter(entry=OuterRef("pk"), state=ChangeState.PLANNED)
    rows = LogEntry.objects.filter(Exists(planned), run=run.plan_id, pk__gt=context.checkpoint.cursor or 0)
    rows = rows.exclude(carried_out_by__run=run).order_by("pk").prefetch_related("changes")
    for entry in rows[:AT_ONCE]:
        yield _work_of(entry)


def _work_of(entry: LogEntry) -> Work:
    changes = [copy_of(one) for one in entry.changes.all() if one.state == ChangeState.PLANNED]
    ref = PersonRef(entry.gist_id, entry.ghl_id, entry.label)
    if entry.kind in RELATED:
        return PlannedRelated(ref, changes, entry)
    if entry.kind == "carried":
        return PlannedCarried(ref, changes, entry)
    return PlannedPerson(ref, changes, entry)


def _of_undo(context: RunContext) -> Iterator[Work]:
    run = context.run
    groups = group_changes(changes_to_undo(run.link, run.target.undo))
    done = set(Change.objects.filter(run=run, undoes__isnull=False).values_list("undoes_id", flat=True))
    done |= set(context.checkpoint.unstorable)
    for group in groups:
        if not done.isdisjoint(group.keys):
            continue
        changes = inverses_of(list(Change.objects.filter(pk__in=group.keys).order_by("-pk")))
        make = PlannedRelated if group.kind in RELATED else PlannedPerson
        yield make(group.ref, changes)


# Contacts ------------------------------------------------------------------------------------------------


def _carry_out_people(context: RunContext, people: Sequence[PlannedPerson]) -> None:
    _find_snapshots(context, people)
    tasks = ((one, guard_steps(_read_whole(context, one))) for one in people)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    decided = all_or_each(
        [result for result in results if result.error is None], lambda some: _entries_of(context, some)
    )
    errors = [(result.key, result.error) for result in results if result.error]
    errors += [(result.key, as_error(fault)) for result, fault in decided.faults]
    failed = [(planned, _failed_entry(context, planned, error)) for planned, error in errors]
    made = [one for some in decided.results for one in some]
    entries = [entry for _, entry in made]
    try:
        context.recorder.record([entry for _, entry in failed])
        write_entries(context, entries)
        if not context.stopping:
            _record_passed_over(context, entries)
    finally:
        lost = (one.changes for one, entry in (*failed, *made) if entry.unstorable)
        note_unstorable(context, chain.from_iterable(lost))


def _record_passed_over(context: RunContext, entries: Sequence[Entry]) -> None:
    """Who was put on hold or unlinked meanwhile, or whose record another write has just taken: said, not written."""
    passed = [one for one in entries if not one.planned and _is_waiting(one)]
    for entry in passed:
        person = entry.person
        for change in person.changes:
            change.state = ChangeState.HELD
        person.held, person.changes = [*person.held, *person.changes], []
        person.reason, entry.message = "changed_since", "On hold, unlinked, or just written by another change."
    context.recorder.record(passed)


def _is_waiting(entry: Entry) -> bool:
    return any(change.state == ChangeState.PLANNED for change in entry.person.changes)


def _read_whole(context: RunContext, planned: PlannedPerson) -> Steps[dict[str, Contact | None]]:
    there = yield from read_now(planned, context.sides)
    for change in planned.changes:
        # With a contact GHL deletes its tasks and notes: those that somebody added to it since are theirs.
        if is_taken_back_whole(change) and there.get("ghl"):
            found = yield from _ids_of_added(context, change.external_id)
            made = Change.objects.filter(link=context.run.link, action=ChangeAction.CREATE, external_id__in=found)
            planned.added = len(set(found) - set(made.values_list("external_id", flat=True)))
        if follows_deletion(change):
            planned.heirs = yield from _look_who_is_back(context, planned, there, Provider(change.side))
    return there


def _look_who_is_back(
    context: RunContext, planned: PlannedPerson, there: dict[str, Contact | None], side: Provider
) -> Steps[list[Contact]]:
    """Whose record was gone may stand there again, as itself or as another one with the same address."""
    planned.back = there.get(side.other)
    lost = planned.snapshots.get(side.other)
    if planned.back or not there.get(side) or lost is None:
        return []
    return (yield from look_for_heirs(context.sides[side.other], lost, planned.snapshots.get(side)))


def _ids_of_added(context: RunContext, contact_id: str) -> Steps[list[str]]:
    related, found = related_of(context.run.link), list[str]()
    for kind in ADDED:
        found += [one.id for one in (yield from related.list_all(kind, contact_id))]
    return found


def _entries_of(
    context: RunContext, results: "Sequence[Result[PlannedPerson, dict[str, Contact | None]]]"
) -> list[tuple[PlannedPerson, Entry]]:
    for result in results:
        _take_in_heirs(context, result.key)
    return [
        (result.key, entry_of(result.key, result.value or {}, context.sides, context.rules, context.run))
        for result in results
    ]


def _take_in_heirs(context: RunContext, planned: PlannedPerson) -> None:
    """Who has come in the place of a record that was gone is known from now on, and the next run links them."""
    heirs = without_erased(context.run.link, planned.heirs)
    if not heirs:
        return
    observe(context.run.link, context.run, context.rules, heirs)
    lost = planned.snapshots[heirs[0].side]
    left = planned.snapshots[Provider(heirs[0].side).other.value]
    if heir := find_heir(context.run.link, context.rules, lost, left):
        planned.back = as_contact(heir.snapshot)


def _failed_entry(context: RunContext, planned: PlannedPerson, error: Exception) -> Entry:
    entry = undecided_entry(as_error(error), *planned.snapshots.values())
    entry.person.changes, entry.plan_entry, entry.about = planned.changes, planned.plan_entry, planned.ref
    entry.planned, entry.requested = context.run.dry_run, True
    return entry


def _find_snapshots(context: RunContext, people: Sequence[PlannedPerson]) -> None:
    """What is known of each, both halves of a pair: the plan may know one id only, and the pair may be younger."""
    ids = {side: {one.id_on(side) for one in people} - {""} for side in SIDES}
    found: dict[tuple[str, str], Snapshot] = {}
    for side in SIDES:
        rows = Snapshot.objects.select_related("pair").filter(link=context.run.link, side=side)
        for row in rows.filter(external_id__in=ids[side]):
            found[side, row.external_id] = row
    pairs = {row.pair_id for row in found.values() if row.pair_id and row.pair and row.pair.state in Pair.TOGETHER}
    halves = Snapshot.objects.select_related("pair").filter(pair_id__in=pairs)
    by_pair = {(row.pair_id, row.side): row for row in halves}
    for one in people:
        # What is brought back is not there, whatever is still known of it.
        lost = {(change.side, change.external_id) for change in one.changes if change.action == ChangeAction.CREATE}
        own = {side: found.get((side, one.id_on(side))) for side in SIDES if (side, one.id_on(side)) not in lost}
        pair = next((row.pair_id for row in own.values() if row and row.pair_id), None)
        for side in SIDES:
            half = own.get(side) or by_pair.get((pair, side))
            if half and (side, half.external_id) not in lost:
                one.snapshots[side] = half
