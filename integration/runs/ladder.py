"""A retry of many goes up by steps: of each problem first one record, then ten, then the rest.

    next_step ─► read_people ─► match ─► apply ─► check_step ─► next_step … ─► close

A problem stops at the first step in which a record fails for its own cause again: the cause was not repaired, and more
calls would be spent for nothing. A record that fails for another cause stops nothing. What passed stays.

`checkpoint.step` is `{"problem", "first", "end", "calls"}`: the place of its problem in the ladder, its records, and
how many calls the run had made before it. `checkpoint.results` holds for each problem `{"steps", "tried", "passed",
"same", "other", "calls"}`.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from django.db.models import Max, Q, QuerySet

from integration.errors import SetupError
from integration.models import FurtherProblem, LogEntry, Outcome, Problem, Run, RunTarget
from integration.runs.context import RunContext
from integration.runs.ladder_words import Results, describe_results
from integration.workflows import executions

# Records of the first steps, and of all that follow: so many may be spent when the cause returns half-way.
FIRST_STEPS, REST = (1, 10), 50

# Log entries that are still to be repaired.
FAILS = Q(resolved_at=None) & (Q(outcome=Outcome.FAILED) | Q(problem__isnull=False))

NOTHING_YET = {"steps": 0, "tried": 0, "passed": 0, "same": 0, "other": 0, "calls": 0}


def ladder_of(entries: Iterable[LogEntry], *, owner: str = "", title: str = "") -> RunTarget:
    """What a run is about that retries these, by problem; people of whom several entries fail are tried once each."""
    groups: dict[int | None, list[LogEntry]] = {}
    seen: set[tuple[Any, ...]] = set()
    for entry in entries:
        about = ("execution", entry.execution_id) if entry.execution_id else (entry.gist_id, entry.ghl_id)
        if (entry.problem_id, *about) not in seen:
            seen.add((entry.problem_id, *about))
            groups.setdefault(entry.problem_id, []).append(entry)
    ordered = [entry for group in groups.values() for entry in group]
    ladder, first = [], 0
    for problem, group in groups.items():
        ladder.append({"problem": problem, "first": first, "count": len(group)})
        first += len(group)
    people = [{} if one.execution_id else {"gist": one.gist_id, "ghl": one.ghl_id} for one in ordered]
    return RunTarget(people, [one.pk for one in ordered], owner, ladder=ladder, title=title)


def people_of_step(run: Run) -> list[dict[str, str]]:
    """The people whom the run reads now: those of the present step, or all of a run without a ladder."""
    step, people = run.checkpoint.step, run.target.people
    return [one for one in people[step["first"] : step["end"]] if one] if step else list(people)


def begin_next_step(context: RunContext) -> str:
    """Choose the records of the next step and have workflows among them go on; "close" when there is none."""
    run, checkpoint = context.run, context.checkpoint
    ladder = run.target.ladder
    checkpoint.results = checkpoint.results or [dict(NOTHING_YET) for _ in ladder]
    left = [
        place
        for place, result in enumerate(checkpoint.results)
        if not result["same"] and result["tried"] < ladder[place]["count"]
    ]
    if not left:
        checkpoint.step = {}
        return "close"
    # All first ones before any ten: of three causes that were not repaired, three records are spent.
    place = min(left, key=lambda one: (min(checkpoint.results[one]["steps"], len(FIRST_STEPS)), one))
    result = checkpoint.results[place]
    size = (*FIRST_STEPS, REST)[min(result["steps"], len(FIRST_STEPS))]
    first = ladder[place]["first"] + result["tried"]
    end = min(first + size, ladder[place]["first"] + ladder[place]["count"])
    context.save()
    checkpoint.step = {"problem": place, "first": first, "end": end, "calls": sum(run.api_calls.values())}
    for entry in LogEntry.objects.filter(pk__in=run.target.entries[first:end], execution__isnull=False):
        # It may have been stopped meanwhile; then it fails no more.
        with suppress(SetupError):
            assert entry.execution
            executions.retry_execution(entry.execution, run.started_by)
    return "read_people"


def check_step(context: RunContext) -> str:
    """Count what came of the step, and put a problem that is through, or stopped, into its history."""
    run, step = context.run, context.checkpoint.step
    context.save()
    item, result = run.target.ladder[step["problem"]], context.checkpoint.results[step["problem"]]
    tried = step["end"] - step["first"]
    failing = _failing_again(run, run.target.entries[step["first"] : step["end"]])
    same = sum(1 for problems in failing if item["problem"] in problems or item["problem"] is None)
    other = len(failing) - same
    found = {"steps": 1, "tried": tried, "same": same, "other": other, "passed": tried - len(failing)}
    found["calls"] = sum(run.api_calls.values()) - step["calls"]
    context.checkpoint.results[step["problem"]] = result = {name: result[name] + found[name] for name in result}
    if same or result["tried"] >= item["count"]:
        _note_result(run, item, result)
    return "next_step"


def _failing_again(run: Run, entries: Sequence[int]) -> list[set[int | None]]:
    """The problems of each record that still fails, by the entry of its newest attempt."""
    tried = LogEntry.objects.filter(pk__in=entries)
    again = LogEntry.objects.filter(FAILS, run=run, parent__in=entries)
    # Of an action that fails in the same words the attempt is counted, in others it has a new entry.
    stuck = tried.filter(FAILS, execution__isnull=False).values("execution")
    newest = LogEntry.objects.filter(FAILS, execution__in=stuck).order_by().values("execution").annotate(last=Max("pk"))
    found = _problems_of(again) + _problems_of(LogEntry.objects.filter(pk__in=newest.values("last")))
    # Somebody whose turn did not come, as they are being written by something else, was not repaired either.
    untried = tried.filter(FAILS, execution=None).count()
    never: list[set[int | None]] = [{-1}] * untried
    return found + never


def _problems_of(entries: QuerySet[LogEntry]) -> list[set[int | None]]:
    found: dict[int, set[int | None]] = {pk: {problem} for pk, problem in entries.values_list("pk", "problem")}
    for entry, problem in FurtherProblem.objects.filter(entry__in=found).values_list("entry", "problem"):
        found[entry].add(problem)
    return list(found.values())


def _note_result(run: Run, item: dict[str, Any], result: dict[str, int]) -> None:
    problem = Problem.objects.filter(pk=item["problem"]).first()
    if problem is None:
        return
    sentence = describe_results(Results.of([item], [result]))
    problem.note_history(f"retried: {sentence}", run.started_by, run.pk)
    problem.save(update_fields=["history"])


def results_of(run: Run, problem: int | None = None) -> Results | None:
    """What came of a retry of many, of all its problems or of one; None of another run, or when nothing was tried."""
    ladder, results = run.target.ladder, run.checkpoint.results
    both = [(item, one) for item, one in zip(ladder, results, strict=False) if problem in (None, item["problem"])]
    return Results.of([item for item, _ in both], [one for _, one in both]) if both else None
