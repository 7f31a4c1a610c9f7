"""Tasks, notes and appointments of a plan or an undo: read fresh, compared, and written one record at a time."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from integration import log
from integration.errors import Gone, ProviderError
from integration.models import Change, ChangeAction, ChangeState, LogEntry, Outcome
from integration.providers.exchange import Result, Steps
from integration.providers.ghl.related import GhlRelated
from integration.records import PersonRef, RelatedRecord, RelatedType, Value, is_blank
from integration.related import store
from integration.related.write import NAMES, related_of
from integration.related.write_result import WriteResult, keep_result
from integration.runs.context import RunContext
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync.apply import create_related, delete_related, update_related
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.taken_back import mark_undone
from integration.values import same_as_written

# Written by GHL itself, so it says nothing about an edit.
OF_GHL = ("added_at",)


@dataclass
class PlannedRelated:
    """Changes of one task, note or appointment, not saved yet."""

    ref: PersonRef
    changes: list[Change]
    plan_entry: LogEntry | None = None

    @property
    def kind(self) -> RelatedType:
        return self.changes[0].kind  # type: ignore[return-value]


Read = RelatedRecord | None


def carry_out_related(context: RunContext, work: Sequence[PlannedRelated]) -> None:
    related = related_of(context.run.link)
    tasks = ((one, guard_steps(_carry_out(context, one, related))) for one in work)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    recorded = all_or_each(results, lambda some: _record_all(context, some))
    for result, fault in recorded.faults:
        _record_unstorable(context, result, as_error(fault))


def _carry_out(context: RunContext, one: PlannedRelated, related: GhlRelated) -> Steps[WriteResult]:
    there = yield from _read(one, related)
    label = f"{NAMES[one.kind]} “{_name_of(one, there)}”"
    write = [change for change in one.changes if _is_to_write(change, there)]
    if not write or context.run.dry_run:
        return WriteResult(one.kind, label, reason=_reason_of(one.changes), record=there)
    (first, *_) = write
    if first.action == ChangeAction.CREATE:
        values = {key: value for key, value in (first.after or {}).items() if key not in OF_GHL}
        known = store.known_ids(context.run.link, one.ref.ghl_id, one.kind)
        made = yield from create_related(related, first, one.ref.ghl_id, _filled(values), known)
        return WriteResult(one.kind, label, did="created", reason="taken_back", record=made)
    assert there
    if first.action == ChangeAction.DELETE:
        yield from delete_related(related, first, there)
        return WriteResult(one.kind, label, did="deleted", reason="taken_back", record=there)
    record = yield from update_related(related, write, there)
    return WriteResult(one.kind, label, did="updated", reason="taken_back", record=record)


def _filled(values: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if not is_blank(value)}


def _read(one: PlannedRelated, related: GhlRelated) -> Steps[Read]:
    first = one.changes[0]
    if first.action == ChangeAction.CREATE:
        return None
    with suppress(Gone):
        return (yield from related.read(one.kind, one.ref.ghl_id, first.external_id))
    return None


def _is_to_write(change: Change, there: Read) -> bool:
    """Whether what the change was planned for still stands; what stands there instead is noted in it."""
    if change.state != ChangeState.PLANNED:
        return False
    if change.action == ChangeAction.CREATE:
        return True
    if there is None:
        change.state = ChangeState.HELD
        return False
    expected = {change.field: change.before} if change.field else (change.before or {})
    moved = {
        key: there.values.get(key)
        for key, value in expected.items()
        if key not in OF_GHL and not _is_same(there.values.get(key), value)
    }
    if moved:
        change.state, change.found = ChangeState.HELD, moved.get(change.field) if change.field else moved
    return not moved


def _is_same(now: Value, expected: Value) -> bool:
    return same_as_written(now, expected) or same_as_written(now, expected, "moment")


def _name_of(one: PlannedRelated, there: Read) -> str:
    values = one.changes[0].after or one.changes[0].before
    known = values if isinstance(values, dict) else {}
    return there.label if there else str(known.get("title") or known.get("body") or one.changes[0].external_id)[:80]


def _reason_of(changes: Sequence[Change]) -> str:
    return "changed_since" if any(one.state == ChangeState.HELD for one in changes) else "taken_back"


Results = Sequence["Result[PlannedRelated, WriteResult]"]


def _record_all(context: RunContext, results: Results) -> None:
    for result in results:
        one = result.key
        done = result.value or WriteResult(one.kind, NAMES[one.kind], error=result.error)
        # No news to workflows: what is taken back begins nothing.
        keep_result(context.run.link, done)
        log.save_entries([_draft(context, one, done, one.changes, result.calls)])
        mark_undone(change for change in one.changes if change.is_applied and change.undoes_id)


def _record_unstorable(
    context: RunContext, result: "Result[PlannedRelated, WriteResult]", error: ProviderError
) -> None:
    """On record all the same, without what the database refuses."""
    log.save_entries([_draft(context, result.key, WriteResult(result.key.kind, NAMES[result.key.kind], error=error))])
    note_unstorable(context, result.key.changes)


def _draft(
    context: RunContext, one: PlannedRelated, done: WriteResult, changes: Sequence[Change] = (), calls: Any = ()
) -> LogEntry:
    run = context.run
    planned = run.dry_run and any(change.state == ChangeState.PLANNED for change in changes)
    return log.draft_entry(
        run,
        one.ref,
        Outcome.UPDATED if planned else done.outcome,
        done.error.code if done.error else done.reason,
        kind=one.kind,
        message=_sentence(done),
        external_id=one.changes[0].external_id,
        changes=changes,
        calls=calls,
        planned=run.dry_run,
        plan_entry=one.plan_entry,
    )


def note_unstorable(context: RunContext, changes: Iterable[Change]) -> None:
    """What an undo could not keep has had its turn: else it would be taken up again for ever."""
    keys = [change.undoes_id for change in changes if change.undoes_id]
    if keys and not context.lease_lost:
        context.checkpoint.unstorable += keys
        context.save()


def _sentence(done: WriteResult) -> str:
    if done.reason == "changed_since":
        return f"{done.label}: held, it changed or went since."
    return done.sentence
