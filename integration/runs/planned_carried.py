"""Carries out what a plan (plan_carried.py) says of the properties by which Gist shows tasks, notes, appointments."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from integration import log
from integration.errors import Gone, ProviderError
from integration.models import Change, ChangeState, LogEntry, Outcome
from integration.providers.exchange import Result, Steps
from integration.records import Contact, PersonRef
from integration.related.gist_properties import LABEL, PREFIX, is_same_property, names_of
from integration.runs.carried import KIND_OF, linked_people
from integration.runs.context import RunContext
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync.apply import update_contact
from integration.sync.carried import note_stale
from integration.sync.one_by_one import all_or_each, as_error


@dataclass
class PlannedCarried:
    """Properties of one contact in Gist; the changes are not saved yet."""

    ref: PersonRef
    changes: list[Change]
    plan_entry: LogEntry


def carry_out_carried(context: RunContext, work: Sequence[PlannedCarried]) -> None:
    """Exactly the planned values, each where its property still holds what it held then; whoever was unlinked, put on
    hold or left out by a filter meanwhile is held.
    """
    linked = linked_people(context.run.link, {one.ref.ghl_id for one in work})
    tasks = ((one, guard_steps(_carry_out(context, one, one.ref.ghl_id in linked))) for one in work)
    results = list(context.exchange.run(tasks))
    # What was written is on record whatever becomes of the others.
    _record(context, [one for one in results if not one.error])
    raise_if_of_all(context, results)
    _record(context, [one for one in results if one.error])


Results = Sequence["Result[PlannedCarried, None]"]


def _record(context: RunContext, results: Results) -> None:
    recorded = all_or_each(results, lambda some: _record_all(context, some))
    for result, fault in recorded.faults:
        log.save_entries([_draft(context, result.key, (), as_error(fault))])


def _carry_out(context: RunContext, one: PlannedCarried, is_linked: bool) -> Steps[None]:
    side, gist = context.sides["gist"], None
    if is_linked:
        with suppress(Gone):
            gist = yield from side.read(one.changes[0].external_id)
    write = [change for change in one.changes if _is_to_write(change, gist)]
    if gist and write:
        yield from update_contact(side, write, gist)


def _is_to_write(change: Change, gist: Contact | None) -> bool:
    """What stands there instead is noted in the change; one of which nothing is left to write is left out."""
    name = change.field.removeprefix(PREFIX)
    now = gist.values.get(change.field) if gist else None
    if gist and is_same_property(name, now, change.after):
        change.state = ChangeState.EXCLUDED
    elif gist is None or not is_same_property(name, now, change.before):
        change.state, change.found = ChangeState.HELD, now
    return change.state == ChangeState.PLANNED


@transaction.atomic
def _record_all(context: RunContext, results: Results) -> None:
    failed: set[tuple[str, str]] = set()
    entries: list[LogEntry] = []
    for result in results:
        one = result.key
        changes = [change for change in one.changes if change.state != ChangeState.EXCLUDED]
        entries.append(_draft(context, one, changes, result.error, result))
        # Nothing else would bring it up again before somebody edits a task.
        failed |= {(KIND_OF[c.field.removeprefix(PREFIX)], one.ref.ghl_id) for c in changes if result.error}
    log.save_entries(entries)
    note_stale(context.run.link, failed)


def _draft(
    context: RunContext,
    one: PlannedCarried,
    changes: Sequence[Change],
    error: ProviderError | None = None,
    result: "Result[PlannedCarried, None] | None" = None,
) -> LogEntry:
    written = [change for change in changes if change.is_applied]
    held = [change for change in changes if change.state == ChangeState.HELD]
    outcome = Outcome.UPDATED if written else Outcome.SKIPPED if held else Outcome.UNCHANGED
    sentences = [f"Gist now shows: {names_of(written)}."] if written else []
    sentences += [f"Held, it changed or went since: {names_of(held)}."] if held else []
    reason = "carried" if written else "changed_since" if held else "same_value"
    return log.draft_entry(
        context.run,
        one.ref,
        Outcome.FAILED if error else outcome,
        error.code if error else reason,
        kind="carried",
        message=f"{LABEL}: {error}" if error else " ".join(sentences) or "Gist shows all of it already.",
        side="gist",
        changes=changes,
        calls=result.calls if result else (),
        plan_entry=one.plan_entry,
    )
