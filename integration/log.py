"""The only maker of log entries: one per person, record or action of a run, with the changes it holds.

An entry is drafted with what is known of it, and saved together with its changes; what was to be written and was not
is marked as such here, whoever drafts it.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from integration.causes.group import assign_problems, save_further_problems
from integration.models import Change, ChangeState, Execution, LogEntry, Outcome, Pair, Run
from integration.providers.operations import Json
from integration.records import PersonRef
from integration.trace import current_trace

logger = logging.getLogger(__name__)

# The last so many calls are kept with an entry.
MOST_CALLS = 8


def draft_entry(
    run: Run,
    person: PersonRef,
    outcome: Outcome,
    reason: str,
    *,
    kind: str = "contact",
    message: str = "",
    side: str = "",
    external_id: str = "",
    changes: Iterable[Change] = (),
    noticed: Sequence[dict[str, Any]] = (),
    calls: Sequence[Json] = (),
    planned: bool = False,
    pair: Pair | None = None,
    parent: LogEntry | None = None,
    plan_entry: LogEntry | None = None,
    execution: Execution | None = None,
    resolved_at: datetime | None = None,
    left_out: Sequence[dict[str, Any]] = (),
    trace: str = "",
) -> LogEntry:
    """An entry that is not saved yet. `side` is the one side it is about; left out, the one its changes are on. `trace`
    is that of what it comes from; left out, the one that is followed, or of the attempt before.

    `left_out` says of each value that was not carried `{"field", "reason", "value"}`.
    """
    found = list(changes)
    for change in found if not planned else ():
        if change.state == ChangeState.PLANNED:
            change.state = ChangeState.FAILED  # Its call failed, or its turn never came.
    sides = {change.side for change in found}
    trace = trace or current_trace() or (parent.trace if parent else "")
    entry = LogEntry(
        link=run.link,
        run=run,
        pair=pair,
        kind=kind,
        external_id=external_id,
        side=side or (sides.pop() if len(sides) == 1 else ""),
        gist_id=person.gist_id,
        ghl_id=person.ghl_id,
        label=person.label,
        outcome=outcome,
        reason=reason,
        message=message,
        noticed=list(noticed),
        left_out=list(left_out),
        calls=list(calls[-MOST_CALLS:]),
        planned=planned,
        parent=parent,
        attempt=parent.attempt + 1 if parent else 1,
        plan_entry=plan_entry,
        execution=execution,
        step=execution.step if execution else None,
        resolved_at=resolved_at,
        trace="" if trace == run.trace else trace,
    )
    entry.unsaved_changes = found
    return entry


def save_entries(entries: Sequence[LogEntry]) -> None:
    """All entries with their changes, and the problems they belong to, in a few statements. To be called in the
    transaction that records the rest.
    """
    assign_problems(entries)
    LogEntry.objects.bulk_create(entries)
    save_further_problems(entries)
    changes = []
    for entry in entries:
        for change in entry.unsaved_changes:
            change.link_id, change.run_id, change.entry = entry.link_id, entry.run_id, entry
            changes.append(change)
    Change.objects.bulk_create(changes)
    for entry in entries:
        # Not those of a backfill, one for each person: these lines are for following what an event brought about.
        if entry.trace:
            facts = {"trace": entry.trace, "run": entry.run_id, "entry": entry.pk, "outcome": str(entry.outcome)}
            logger.info("entry %s: %s, %s", entry.pk, entry.outcome, entry.reason, extra={"facts": facts})
