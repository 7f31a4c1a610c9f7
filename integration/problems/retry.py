"""Retries that a person asks for, each a run with a name: of a problem, of some of its records, of all since a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integration.causes.group import is_of
from integration.causes.words import title_of
from integration.errors import SetupError
from integration.models import FurtherProblem, Link, LogEntry, Problem, ProblemState, Run, RunKind, RunTarget
from integration.problems.fixes.affected import Affected
from integration.problems.fixes.mapping import still_unfit
from integration.runs.ladder import FAILS
from integration.runs.start import retry_by_steps, start_run

NOTHING = "Nothing to retry: no failure of these is open any more."


def failures_since(since: datetime, link: Link | None = None) -> QuerySet[LogEntry]:
    """Everything that failed since then and still does, but for what was left alone on purpose."""
    found = retryable(LogEntry.objects.filter(created_at__gte=since))
    return found.filter(link=link) if link else found


def retryable(entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """Of these the open failures that can be tried again, oldest first, without the columns that a retry needs not."""
    further = FurtherProblem.objects.filter(entry=OuterRef("pk")).exclude(problem__state=ProblemState.IGNORED)
    found = entries.filter(FAILS).exclude(Q(problem__state=ProblemState.IGNORED) & ~Exists(further))
    # Of a task or note that failed by itself nothing is kept by which it could be tried again.
    found = found.filter(Q(kind="contact") | Q(execution__isnull=False))
    return found.defer("calls", "noticed", "message").order_by("pk")


@dataclass(frozen=True)
class Estimate:
    """How many records a retry would try, and about how many calls all of them would take, reads included."""

    records: int
    calls: int


def estimate(entries: QuerySet[LogEntry]) -> Estimate:
    """Added up by the database: there may be a hundred thousand of them."""
    person = Q(execution=None)
    found = entries.order_by().aggregate(
        records=Count("pk"),
        in_gist=Count("pk", filter=person & ~Q(gist_id="")),
        in_ghl=Count("pk", filter=person & ~Q(ghl_id="")),
    )
    # Each person is read on the sides where they are, and written once; an action of a workflow is one call.
    return Estimate(found["records"], sum(found.values()))


def retry_problem(problem: Problem, user: Any = None, *, only: Iterable[int] = (), trigger: str = "person") -> Run:
    """Try the records of a problem again, or `only` those of these entries. Raises SetupError, AlreadyRunning."""
    entries = retryable(LogEntry.objects.filter(is_of([problem]), link=problem.link_id))
    if wanted := list(only):
        entries = entries.filter(pk__in=wanted)
    # Who is known to fail again comes last: the retry would stop there, and the others are to pass first.
    unfit = still_unfit(Affected(problem))
    chosen = sorted(entries, key=lambda entry: entry.pk in unfit)
    for entry in chosen:
        # The retry is about this problem, also of those whose first one is another.
        entry.problem = problem
    title = f"Retry {len(chosen):,}: {title_of(problem)}"
    return retry_by_steps(problem.link, chosen, user, title=title, trigger=trigger)


def retry_many(
    entries: QuerySet[LogEntry], what: str, user: Any = None, *, trigger: str = "person"
) -> tuple[list[Run], list[SetupError]]:
    """Try these again, in one run for each link; `what` says in words which they are.

    What keeps a link from it does not keep the others: their errors are returned. Raises SetupError when there is
    nothing to retry.
    """
    by_link: dict[int, list[LogEntry]] = {}
    for entry in retryable(entries):
        by_link.setdefault(entry.link_id, []).append(entry)
    if not by_link:
        raise SetupError(NOTHING)
    runs, errors = [], []
    for link in Link.objects.select_related("gist", "ghl").filter(pk__in=by_link):
        try:
            chosen = by_link[link.pk]
            runs.append(retry_by_steps(link, chosen, user, title=f"Retry {len(chosen):,}: {what}", trigger=trigger))
        except SetupError as problem:
            errors.append(problem)
    return runs, errors


def fetch_missed(link: Link, since: datetime, user: Any = None) -> Run:
    """Read everything that changed since then, as for webhooks that never came. Raises SetupError, AlreadyRunning."""
    target = RunTarget(since=since.isoformat(), title=f"Everything never received since {since:%d %b %H:%M}")
    return start_run(link, RunKind.INCREMENTAL, user=user, target=target)
