"""Problems by cause as their pages show them: rows with trend and last retry, and one problem with its people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dashboard.grants import visible
from dashboard.lists import EmptyState, ListWords
from integration.causes.group import entries_by_problem, is_of, with_counts
from integration.causes.words import OPERATIONS, Wording, subject_in_words, wording_of
from integration.models import ACTIVE_RUNS, LogEntry, Problem, ProblemState, Run, RunKind
from integration.privacy.masked_columns import mask_row
from integration.privacy.masking import is_masking, mask_call, mask_tree, masking
from integration.problems.fixes import Fix, fixes_of
from integration.problems.fixes.affected import Affected, sent_value
from integration.problems.fixes.offer import Offer
from integration.problems.retry import estimate, retryable
from integration.runs.ladder import results_of
from integration.runs.ladder_words import Results, describe_results

LIST = ListWords(
    things="problems",
    search_examples="Words of the cause or the answer, link:alder, side:ghl, state:resolved",
    no_match="No problem fits these filters. Resolved and ignored ones are shown by their state.",
    nothing=EmptyState(
        "Nothing fails",
        "When something fails, all failures with one cause become one row here, with what repairs it.",
        reverse_lazy("overview"),
        "Open the overview",
    ),
)
# More rows than anybody repairs in a day; the worst come first.
MOST_ROWS = 200
PEOPLE_SHOWN = 50
HOURS = 24
# Causes for which nothing at all gets through come first whatever their number.
STOPS_EVERYTHING = ("login_broken", "wrong_location", "scope_missing")
ORDERS = {"worst": "Worst first", "most": "Most people", "newest": "Newest"}
# What the button of a row says, by the name of its first fix; it leads to where the fix stands.
VERBS = {
    "reconnect": "Reconnect",
    "phone_country": "Set the country",
    "create_field": "Create the field",
    "look_at_people": "See who",
    "open_workflow": "See the action",
    "open_mapping": "Correct the row",
    "leave_out": "Leave it out",
}


@dataclass
class ProblemRow:
    """One problem with what a list says of it. `hours` counts its failures in each of the last 24 hours."""

    problem: Problem
    hours: Sequence[int] = field(default_factory=lambda: [0] * HOURS)
    retry: Run | None = None

    @cached_property
    def wording(self) -> Wording:
        return wording_of(self.problem)

    @property
    def subject(self) -> str:
        return subject_in_words(self.problem)

    @property
    def things(self) -> str:
        """What fails, by its number: people, but for mapping rows and what a workflow's action was to do."""
        number, of_people = self.problem.count, self.problem.subject not in OPERATIONS  # type: ignore[attr-defined]
        of_people = of_people and "row_" not in self.problem.cause
        return ("person" if number == 1 else "people") if of_people else ("record" if number == 1 else "records")

    @property
    def is_growing(self) -> bool:
        return self.problem.is_failing and sum(self.hours[-3:]) > 0

    @property
    def trend(self) -> str:
        """The path of a line in a box 100 wide and 24 high, in steps of two hours."""
        twos = [sum(self.hours[place : place + 2]) for place in range(0, HOURS, 2)]
        top = max(twos) or 1
        points = ((place * 100 / (len(twos) - 1), 22 - 20 * number / top) for place, number in enumerate(twos))
        return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)

    @property
    def trend_words(self) -> str:
        return f"Trend over 24 hours: {sum(self.hours):,} in all, {self.hours[-1]:,} in the last hour"

    @property
    def last_retry(self) -> dict[str, Any]:
        return next((line for line in reversed(self.problem.history) if line["what"].startswith("retried: ")), {})

    @property
    def retry_words(self) -> str:
        return str(self.last_retry.get("what", "")).removeprefix("retried: ")

    @property
    def retry_went_well(self) -> bool:
        return "Stopped" not in self.retry_words

    @property
    def verb(self) -> str:
        if self.retry:
            return "See the retry"
        return VERBS.get(self.wording.fixes[0], "Repair") if self.wording.fixes else "See why"

    @property
    def href(self) -> str:
        if self.verb == "Reconnect":
            connection = self.problem.link.connection(self.problem.side or "ghl")
            return reverse("connection_reconnect", args=[connection.key])
        return reverse("problem", args=[self.problem.pk])


def problem_rows() -> QuerySet[Problem]:
    return with_counts(visible(Problem.objects.select_related("link__gist", "link__ghl", "state_by")))


def read_rows(rows: QuerySet[Problem], order: str) -> list[ProblemRow]:
    """The first of them in this order, with their trends and the retries under way: four queries for all."""
    columns = {"newest": ["-last_seen", "-pk"]}.get(order, ["-count", "-last_seen", "-pk"])
    found = list(rows.order_by(*columns)[:MOST_ROWS])
    if order not in ("most", "newest"):
        found.sort(key=_badness)
    trends, retries = _trends_of(found), _retries_of(found)
    return [ProblemRow(one, trends.get(one.pk, [0] * HOURS), retries.get(one.pk)) for one in found]


def _badness(problem: Problem) -> tuple[bool, bool]:
    return problem.state != ProblemState.OPEN, problem.cause.rpartition(".")[2] not in STOPS_EVERYTHING


def _trends_of(problems: Iterable[Problem]) -> dict[int, list[int]]:
    """Failures by hour, the present one last; counted by the database, which may hold a hundred thousand of them."""
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    start = this_hour - timedelta(hours=HOURS - 1)
    found: dict[int, list[int]] = {}
    for entries in entries_by_problem(list(problems)):
        mine = entries.filter(created_at__gte=start).order_by().annotate(hour=TruncHour("created_at"))
        for problem, hour, number in mine.values_list("of", "hour").annotate(n=Count("pk")):
            place = int((hour - start).total_seconds() // 3600)
            found.setdefault(problem, [0] * HOURS)[min(place, HOURS - 1)] += number
    return found


def _retries_of(problems: Iterable[Problem]) -> dict[int, Run]:
    """The retry under way of each problem; a link has one run at a time, so there are few."""
    links = {one.link_id for one in problems}
    found: dict[int, Run] = {}
    running = Run.objects.filter(link__in=links, kind=RunKind.RETRY, status__in=ACTIVE_RUNS).defer("rules")
    for run in running.select_related("link", "started_by"):
        found |= {item["problem"]: run for item in run.target.ladder if item["problem"]}
    return found


# A retry under way -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of the ladder. `state` is done, stopped, now or next."""

    title: str
    state: str
    words: str


def steps_of(results: dict[str, int], count: int) -> list[Step]:
    """First one, then ten, then the rest, with what came of each as far as can be said."""
    if not results:
        results = {"steps": 0, "tried": 0, "passed": 0, "same": 0, "other": 0}
    bounds = (("First one", 0, 1), ("Then ten", 1, 11), ("Then the rest", 11, count))
    return [_step(title, first, min(end, count), results) for title, first, end in bounds if first < count]


def _step(title: str, first: int, end: int, results: dict[str, int]) -> Step:
    size, tried = end - first, max(0, min(results["tried"], end) - first)
    stopped = bool(results["same"])
    if stopped and first < results["tried"] <= end:
        return Step(title, "stopped", f"{results['same']:,} failed the same way")
    if tried == size:
        return Step(title, "done", "passed" if size == 1 else f"{size:,} tried")
    if stopped or results["tried"] < first:
        return Step(title, "next", "not tried")
    return Step(title, "now", f"{tried:,} of {size:,}" if tried else "begins")


@dataclass(frozen=True)
class Job:
    """A retry as a card shows it while it goes on, and what came of it afterwards."""

    run: Run
    results: Results | None
    steps: list[Step]

    @property
    def words(self) -> str:
        return describe_results(self.results) if self.results else ""

    @property
    def tried(self) -> int:
        return self.results.count - self.results.not_tried if self.results else 0


def job_of(run: Run, problem: int | None = None) -> Job:
    places = [place for place, item in enumerate(run.target.ladder) if problem in (None, item["problem"])]
    results = run.checkpoint.results
    steps: list[Step] = []
    if len(places) == 1:
        place = places[0]
        done = results[place] if place < len(results) else {}
        steps = steps_of(done, run.target.ladder[place]["count"])
    return Job(run, results_of(run, problem), steps)


def jobs_under_way() -> list[Job]:
    running = visible(Run.objects.filter(kind=RunKind.RETRY, status__in=ACTIVE_RUNS))
    rows = running.select_related("link", "started_by").defer("rules")
    return [job_of(run) for run in rows[:5] if run.target.ladder]


# One problem -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """An affected record: what was sent, what the best fix would send, and its tries with those before."""

    entry: LogEntry
    sent: Any
    then: Any
    attempts: list[LogEntry]


@dataclass(frozen=True)
class FixShown:
    """A fix with the address that its button leads to, "" where the button carries it out."""

    name: str
    offer: Offer
    is_command: bool
    values: Mapping[int, Any]
    href: str

    @classmethod
    def of(cls, fix: Fix) -> "FixShown":
        route, key = fix.offer.route, fix.offer.key
        href = route if route.startswith("#") else reverse(route, args=[key]) if route else ""
        return cls(fix.name, fix.offer, fix.is_command, fix.values, href)


def problem_context(problem: Problem, shown: int = PEOPLE_SHOWN) -> dict[str, Any]:
    # What a fix would make of the values is found out by the values; they are masked afterwards.
    with masking(False):
        affected = Affected(problem)
        fixes = [FixShown.of(one) for one in fixes_of(affected)] if problem.is_failing else []
        entries = affected.entries
    (row,) = read_rows(problem_rows().filter(pk=problem.pk), "newest")
    best = next((fix for fix in fixes if fix.values), None)
    waiting = retryable(LogEntry.objects.filter(is_of([problem])))
    last = Run.objects.filter(pk=row.last_retry.get("run") or 0).select_related("link", "started_by").first()
    return {
        "row": row,
        "problem": row.problem,
        "link": problem.link,
        "fixes": fixes,
        "best": best,
        "people": _people_of(entries[:shown], problem, best),
        "shown": shown,
        "estimate": estimate(waiting) if problem.is_failing else None,
        "job": job_of(row.retry, problem.pk) if row.retry else None,
        "last": job_of(last, problem.pk) if last and not row.retry else None,
        "history": [_history_line(line) for line in reversed(problem.history)],
        "elsewhere": _elsewhere(problem),
        "chart": _hour_bars(row.hours),
        "top": max(row.hours) or 1,
        "answer": _last_answer(entries),
    }


def _people_of(entries: Sequence[LogEntry], problem: Problem, best: FixShown | None) -> list[Person]:
    before = _earlier_attempts(entries)
    values = best.values if best else {}
    people = []
    for entry in entries:
        sent, then, own = sent_value(entry, problem), values.get(entry.pk), entry
        if is_masking():
            sent, then, own = mask_tree(sent), mask_tree(then), mask_row(entry)
        people.append(Person(own, sent, then, [own, *before.get(entry.pk, [])]))
    return people


def _earlier_attempts(entries: Sequence[LogEntry]) -> dict[int, list[LogEntry]]:
    """The attempts before each, newest first, followed back a few steps: one query a step for all of them."""
    found: dict[int, list[LogEntry]] = {}
    above = {entry.parent_id: entry.pk for entry in entries if entry.parent_id}
    for _ in range(3):
        if not above:
            break
        parents = list(LogEntry.objects.filter(pk__in=above).defer("calls", "noticed"))
        for parent in parents:
            found.setdefault(above[parent.pk], []).append(parent)
        above = {parent.parent_id: above[parent.pk] for parent in parents if parent.parent_id}
    return found


HISTORY = {
    "opened": ("bad", "exclamation-triangle", "Opened"),
    "returned": ("bad", "exclamation-triangle", "Came back after a quiet day"),
    "failed again": ("bad", "exclamation-triangle", "Failed again within its quiet day"),
    "resolved": ("ok", "check", "Nothing of it fails any more"),
    "closed": ("ok", "check", "Closed by itself after a quiet day"),
    "acknowledged": ("idle", "hand-raised", "Acknowledged"),
    "ignored": ("idle", "bell-slash", "Ignored for ever"),
    "reopened": ("bad", "exclamation-triangle", "Opened by a person"),
}


@dataclass(frozen=True)
class HistoryLine:
    tone: str
    icon: str
    words: str
    at: datetime | None
    run: int | None


def _history_line(line: dict[str, Any]) -> HistoryLine:
    word, _, rest = line["what"].partition(": ")
    tone, icon, title = HISTORY.get(word, ("run", "arrow-path" if word == "retried" else "wrench", word.capitalize()))
    person = f"{line['person']}: " if line["person"] else ""
    return HistoryLine(
        tone, icon, f"{person}{title}{f'. {rest}' if rest else ''}", parse_datetime(line["at"]), line["run"]
    )


def _elsewhere(problem: Problem) -> list[ProblemRow]:
    """The same cause on other links."""
    same = problem_rows().filter(cause=problem.cause, subject=problem.subject).exclude(pk=problem.pk)
    return [ProblemRow(one) for one in same.order_by("-last_seen")[:5]]


def _hour_bars(hours: Sequence[int]) -> list[dict[str, float]]:
    top = max(hours) or 1
    width = 1000 / HOURS
    return [
        {"x": round(place * width + 4, 1), "y": round(100 - 100 * n / top, 1), "height": round(100 * n / top, 1)}
        for place, n in enumerate(hours)
        if n
    ]


def _last_answer(entries: Sequence[LogEntry]) -> Any:
    """What the API answered to the newest of them, as its page shows it; None where nothing was sent."""
    if not entries:
        return None
    calls = LogEntry.objects.filter(pk=entries[0].pk).values_list("calls", flat=True).first() or []
    call = next((call for call in reversed(calls) if call.get("error")), None)
    return mask_call(call) if call else None
