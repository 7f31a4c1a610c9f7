"""The lists that can be taken away as a file: their rows, with one value for each column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from dashboard.contacts.filters import ContactFilter, contact_rows
from dashboard.filters import Filter
from dashboard.log.filters import LogFilter, log_rows
from dashboard.problems.causes import problem_rows
from dashboard.problems.filters import ProblemFilter
from dashboard.runs.filters import RunFilter, run_rows
from integration.causes.words import subject_in_words, title_of
from integration.models import COUNTS, LogEntry, Problem, Run, Snapshot
from integration.sync.reasons import reason


@dataclass(frozen=True)
class Exported:
    """`read` gives one row in the order of `columns`."""

    filter: type[Filter]
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[str, ...]
    read: Callable[[Any], tuple[Any, ...]]


def _run(run: Run) -> tuple[Any, ...]:
    calls = (run.api_calls.get(side, 0) for side in ("gist", "ghl"))
    times = (run.created_at, run.started_at, run.finished_at)
    by = str(run.started_by) if run.started_by else run.trigger
    counts = (getattr(run, name) for name in COUNTS)
    return (
        run.pk,
        run.link.key,
        run.kind,
        run.status,
        run.dry_run,
        by,
        *times,
        run.examined,
        *counts,
        *calls,
        run.error,
    )


def _entry(entry: LogEntry) -> tuple[Any, ...]:
    changes = [{name: one[name] for name in ("side", "field", "before", "after", "state")} for one in entry.rows]
    about = (entry.label, entry.gist_id, entry.ghl_id, entry.kind, entry.side)
    why = (entry.outcome, entry.reason, reason(entry.reason).title, entry.message)
    return (entry.pk, entry.created_at, entry.link.key, entry.run_id, *about, *why, changes, entry.resolved_at)


def _contact(one: Snapshot) -> tuple[Any, ...]:
    pair = one.pair
    ids = {"gist": "", "ghl": "", one.side: one.external_id} | (
        {"gist": pair.gist_id, "ghl": pair.ghl_id} if pair else {}
    )
    state = "filtered" if one.reason == "filtered" else pair.state if pair else f"only_{one.side}"
    synced = pair.synced_at if pair else None
    return (one.link.key, one.label, one.email, one.phone, ids["gist"], ids["ghl"], state, synced)


def _problem(found: Problem) -> tuple[Any, ...]:
    words = (found.cause, title_of(found), subject_in_words(found))
    number = found.count  # type: ignore[attr-defined]
    return (found.pk, found.link.key, *words, number, found.state, found.first_seen, found.last_seen)


EXPORTS = {
    "runs": Exported(
        RunFilter,
        run_rows,
        ("run", "link", "kind", "status", "dry_run", "by", "created_at", "started_at", "finished_at", "examined",
         *COUNTS, "gist_calls", "ghl_calls", "error"),
        _run,
    ),
    "log": Exported(
        LogFilter,
        log_rows,
        ("entry", "at", "link", "run", "label", "gist_id", "ghl_id", "kind", "side", "outcome", "reason", "why",
         "message", "changes", "settled_at"),
        _entry,
    ),
    "contacts": Exported(
        ContactFilter,
        contact_rows,
        ("link", "name", "email", "phone", "gist_id", "ghl_id", "state", "in_step_at"),
        _contact,
    ),
    "problems": Exported(
        ProblemFilter,
        problem_rows,
        ("problem", "link", "cause", "title", "subject", "count", "state", "first_seen", "last_seen"),
        _problem,
    ),
}  # fmt: skip
