"""Groups failures into problems as they are put on record, and closes those of which nothing fails any more."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integration.causes.classify import Classified, classify_all
from integration.models import FAILING, FurtherProblem, Link, LogEntry, Outcome, Problem, ProblemState
from integration.models.problem import QUIET_DAY

Key = tuple[int, str, str]

# Failures of before that one transaction groups.
GROUPED_AT_ONCE = 500
# How long Gistline may have been down without a problem's end being missed.
LOOKED_BACK = timedelta(days=7)


def assign_problems(entries: Sequence[LogEntry]) -> None:
    """Give each entry that failed, or left a value out, its problem. To be called in the transaction that saves them.

    A fixed number of statements for all of them, and one for each problem that they are about.
    """
    found: dict[Key, list[tuple[LogEntry, Classified, bool]]] = defaultdict(list)
    for entry in entries:
        # A dry run writes nothing, so nothing of it is to be repaired.
        entry.unsaved_problems = []
        kinds = [] if entry.planned else classify_all(entry, getattr(entry, "unsaved_changes", ()))
        for kind in kinds:
            found[entry.link_id, kind.cause, kind.subject].append((entry, kind, kind is kinds[0]))
    if not found:
        return
    known = _ensure_problems({key: group[0][:2] for key, group in found.items()})
    for key, group in found.items():
        problem = known[key]
        for entry, _, is_first in group:
            if is_first:
                entry.problem = problem
            else:
                entry.unsaved_problems.append(problem)
        _note_failures(problem, [entry for entry, _, _ in group], group[-1][1].text)


def save_further_problems(entries: Iterable[LogEntry]) -> None:
    """Those that `assign_problems` found beside the first one of each entry; the entries are saved by now."""
    rows = [FurtherProblem(entry=entry, problem=one) for entry in entries for one in entry.unsaved_problems]
    FurtherProblem.objects.bulk_create(rows)


def is_of(problems: Iterable[Problem] | QuerySet[Problem, Any]) -> Q:
    """That an entry stands under one of these problems, as its first one or a further one."""
    return Q(problem__in=problems) | Q(pk__in=FurtherProblem.objects.filter(problem__in=problems).values("entry"))


def entries_by_problem(problems: Iterable[Problem]) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """The entries of these problems, each with `of`, the key of its problem: by their first one, and by further ones.

    An entry that stands under two of them comes for each.
    """
    first = LogEntry.objects.filter(problem__in=problems).annotate(of=F("problem"))
    return first, LogEntry.objects.filter(further_problems__problem__in=problems).annotate(
        of=F("further_problems__problem")
    )


def _ensure_problems(wanted: dict[Key, tuple[LogEntry, Classified]]) -> dict[Key, Problem]:
    known = _find_problems(wanted)
    missing = {key: one for key, one in wanted.items() if key not in known}
    if not missing:
        return known
    new = [_new_problem(entry, kind) for entry, kind in missing.values()]
    # Another process may make the same one at this moment: whoever comes second takes that.
    Problem.objects.bulk_create(new, ignore_conflicts=True)
    return known | _find_problems(missing)


def _new_problem(entry: LogEntry, kind: Classified) -> Problem:
    # Resolved until a failure that is still open says otherwise: what fails on a page was shown there and then.
    return Problem(
        link_id=entry.link_id, cause=kind.cause, subject=kind.subject, side=kind.side, text=kind.text,
        state=ProblemState.RESOLVED, first_seen=entry.created_at, last_seen=entry.created_at,
    )  # fmt: skip


def _find_problems(wanted: Iterable[Key]) -> dict[Key, Problem]:
    keys = list(wanted)
    named = Problem.objects.filter(link__in={key[0] for key in keys}, cause__in={key[1] for key in keys})
    return {(one.link_id, one.cause, one.subject): one for one in named}


def _note_failures(problem: Problem, entries: Sequence[LogEntry], text: str) -> None:
    last = max(problem.last_seen, *(entry.created_at for entry in entries))
    changed = {"last_seen": last, "text": text or problem.text}
    if problem.state == ProblemState.RESOLVED and any(entry.resolved_at is None for entry in entries):
        problem.note_history(_how_it_opens(problem), run=entries[0].run_id)
        problem.state = ProblemState.OPEN
        changed |= {"state": problem.state, "history": problem.history, "resolved_at": None, "state_by": None}
    for name, value in changed.items():
        setattr(problem, name, value)
    Problem.objects.filter(pk=problem.pk).update(**changed)


def _how_it_opens(problem: Problem) -> str:
    """What its history calls it: within the quiet day it was not repaired after all, later it has come back."""
    if not problem.history:
        return "opened"
    return "failed again" if problem.closes_at else "returned"


def close_resolved(link: Link | int) -> None:
    """Problems of the link of which nothing fails any more are resolved. Ignored ones stay ignored, for ever."""
    still = LogEntry.objects.filter(problem=OuterRef("pk"), resolved_at=None)
    further = FurtherProblem.objects.filter(problem=OuterRef("pk"), entry__resolved_at=None)
    now = timezone.now()
    for problem in Problem.objects.filter(~Exists(still), ~Exists(further), link=link, state__in=FAILING):
        problem.note_history("resolved")
        problem.state, problem.resolved_at, problem.state_by = ProblemState.RESOLVED, now, None
        problem.save(update_fields=["state", "resolved_at", "state_by", "history"])


def close_quiet_problems() -> int:
    """Note in the history of problems that are over their quiet day that they are closed for good; how many."""
    now = timezone.now()
    over = Problem.objects.filter(state=ProblemState.RESOLVED, resolved_at__lte=now - QUIET_DAY)
    closed = 0
    # Those of before were looked at then: this is asked every minute.
    for problem in over.filter(resolved_at__gte=now - QUIET_DAY - LOOKED_BACK):
        if problem.history and problem.history[-1]["what"] != "closed":
            problem.note_history("closed")
            still = Problem.objects.filter(pk=problem.pk, state=ProblemState.RESOLVED, resolved_at=problem.resolved_at)
            closed += still.update(history=problem.history)
    return closed


def group_earlier_failures() -> int:
    """Give open failures of a version without problems theirs, some at a time; how many there were."""
    open_ = LogEntry.objects.filter(outcome=Outcome.FAILED, resolved_at=None, planned=False, problem=None)
    # Asked of each link, which is answered along an index: this is asked every minute.
    links = [link.pk for link in Link.objects.filter(Exists(open_.filter(link=OuterRef("pk")))).only("pk")]
    waiting = open_.filter(link__in=links)
    after = grouped = 0
    while links and (
        page := list(waiting.filter(pk__gt=after).prefetch_related("changes").order_by("pk")[:GROUPED_AT_ONCE])
    ):
        after = page[-1].pk
        for entry in page:
            entry.unsaved_changes = list(entry.changes.all())
        with transaction.atomic():
            assign_problems(page)
            LogEntry.objects.bulk_update(page, ["problem"])
            save_further_problems(page)
        grouped += len(page)
    return grouped


def open_entries() -> QuerySet[LogEntry]:
    """Entries whose problem is open for their record: failures, and values that were left out."""
    return LogEntry.objects.filter(problem__isnull=False, resolved_at=None)


def failing_problems(links: Iterable[Link] | None = None) -> QuerySet[Problem]:
    """Problems that need a person, with `count`, how many records fail, the most first."""
    found = Problem.objects.filter(state__in=FAILING)
    found = found if links is None else found.filter(link__in=links)
    return with_counts(found).order_by(F("count").desc(), "-last_seen", "-pk")


def with_counts(problems: QuerySet[Problem]) -> QuerySet[Problem]:
    """With `count`, how many records fail now; by the open entries alone, however long the history is."""
    still = LogEntry.objects.filter(problem=OuterRef("pk"), resolved_at=None).order_by().values("problem")
    further = FurtherProblem.objects.filter(problem=OuterRef("pk"), entry__resolved_at=None).values("problem")
    return problems.annotate(count=_number_of(still) + _number_of(further))


def _number_of(rows: QuerySet[Any, Any]) -> Coalesce:
    number = Subquery(rows.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    return Coalesce(number, 0)
