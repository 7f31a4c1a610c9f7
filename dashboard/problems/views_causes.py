"""Problems by cause: the list, one problem, and what a person does about it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from dashboard.exports.recording import record_export
from dashboard.exports.writing import stream_rows
from dashboard.grants import visible
from dashboard.htmx import report_problem
from dashboard.inputs import read_number
from dashboard.lists import read_whole_list, render_list
from dashboard.log.filters import LogFilter
from dashboard.paging import count_rows
from dashboard.permissions import operators_only
from dashboard.problems.causes import LIST, ORDERS, jobs_under_way, problem_context, problem_rows, read_rows
from dashboard.problems.context import tab_counts
from dashboard.problems.filters import ProblemFilter
from dashboard.rights import need_live
from dashboard.templatetags.ui import shown
from integration.causes.group import is_of, open_entries
from integration.errors import ProviderError, SetupError
from integration.models import Link, LogEntry, Pause, Problem, Run
from integration.problems.fixes import apply_fix
from integration.problems.fixes.affected import sent_value
from integration.problems.pause import describe_pause, resume
from integration.problems.retry import failures_since, fetch_missed, retry_many, retry_problem
from integration.problems.states import set_state

TROUBLE = (SetupError, ProviderError)
# What “since” may be, in hours, with how it is said.
SINCE = {1: "the last hour", 6: "the last 6 hours", 24: "the last 24 hours", 24 * 7: "the last 7 days"}
PEOPLE_AT_ONCE, MOST_PEOPLE = 50, 1_000


def problem_list(request: HttpRequest) -> HttpResponse:
    wanted = ProblemFilter(request.GET)
    rows, order = wanted.apply(problem_rows()), request.GET.get("sort", "worst")
    context = {"filter": wanted, "tab": "cause", "count": "0", "order": order, "orders": ORDERS, "since": SINCE}
    context |= read_whole_list(LIST, lambda: read_rows(rows, order))
    if "broken" not in context:
        context |= {"count": count_rows(rows), **tab_counts()}
        context |= {"jobs": jobs_under_way(), "pauses": [(one, describe_pause(one)) for one in _pauses()]}
        context["links"] = visible(Link.objects.filter(enabled=True), "pk").only("key", "name")
    return render_list(request, "problems/list.html", context)


def _pauses() -> list[Pause]:
    return list(visible(Pause.objects.resting()).select_related("link", "paused_by")[:50])


def problem(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; while its retry goes on, htmx asks it anew."""
    found = get_object_or_404(Problem.objects.select_related("link__gist", "link__ghl"), pk=pk)
    shown_now = min(max(read_number(request.GET.get("people", "")), PEOPLE_AT_ONCE), MOST_PEOPLE)
    context = {**problem_context(found, shown_now), "more": shown_now + PEOPLE_AT_ONCE}
    return render_list(request, "problems/problem.html", context)


def export_people(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who is affected and with which value, as a file that is safe to open in a spreadsheet."""
    found = get_object_or_404(Problem.objects.select_related("link"), pk=pk)
    entries = open_entries().filter(is_of([found])).defer("calls", "noticed").prefetch_related("changes")
    rows = (_person_row(entry, found) for entry in entries.order_by("pk").iterator(chunk_size=500))
    record_export(request, f"problem {pk}", found.link.key)
    return stream_rows(f"problem-{pk}", True, PERSON_COLUMNS, rows)


PERSON_COLUMNS = ("Who", "Gist id", "GHL id", "Value", "Why", "Tries")


def _person_row(entry: LogEntry, found: Problem) -> dict[str, str]:
    value = shown(sent_value(entry, found))
    cells = (entry.label, entry.gist_id, entry.ghl_id, value, entry.message, entry.attempt)
    return dict(zip(PERSON_COLUMNS, map(str, cells), strict=True))


# What a person does ----------------------------------------------------------------------------------------


@operators_only
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """All of the problem, or the ticked ones (`entry`)."""
    chosen = [number for text in request.POST.getlist("entry") if (number := read_number(text, most_digits=18))]
    return _carry_out(request, pk, lambda found: _say_started(retry_problem(found, request.user, only=chosen)))


@operators_only
def fix(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out the fix with this name, then try the records again."""

    def act(found: Problem) -> str:
        done = apply_fix(found, request.POST.get("fix", ""), request.user)
        try:
            return f"{done} {_say_started(retry_problem(found, request.user))}"
        except SetupError as problem:
            # The cause is mended all the same; a run that is under way only makes the retry come later.
            return f"{done} {problem}"

    return _carry_out(request, pk, act)


@operators_only
def change_state(request: HttpRequest, pk: int) -> HttpResponse:
    """`do`: acknowledge, ignore (with `note`) or reopen."""
    wanted, note = request.POST.get("do", ""), request.POST.get("note", "")
    return _carry_out(request, pk, lambda found: set_state(found, wanted, request.user, note))


@operators_only
def retry_since(request: HttpRequest) -> HttpResponse:
    """`what`: failed, all that failed within so many `hours`; or missed, to read what never came. `link`, or all.

    With `what` matching it is everything of the problems that the list's `filter` finds.
    """
    if request.POST.get("what") == "matching":
        return _retry_matching_problems(request)
    hours = read_number(request.POST.get("hours", ""))
    if hours not in SINCE:
        messages.error(request, "Choose since when. Nothing was started.")
        return redirect("problems")
    since = timezone.now() - timedelta(hours=hours)
    try:
        link = _chosen_link(request.POST.get("link", ""))
        if request.POST.get("what") == "missed":
            return _fetch_missed(request, link, since)
        return _retry_all(request, visible(failures_since(since, link)), SINCE[hours])
    except TROUBLE as problem:
        report_problem(request, problem)
    return redirect("problems")


def _retry_matching_problems(request: HttpRequest) -> HttpResponse:
    wanted = ProblemFilter(QueryDict(request.POST.get("filter", "")))
    try:
        found = wanted.check().apply(problem_rows()).order_by().values("pk")
        return _retry_all(request, visible(LogEntry.objects.filter(is_of(found))), "a filter of the problems")
    except TROUBLE as problem:
        report_problem(request, problem)
    return redirect("problems")


def _chosen_link(key: str) -> Link | None:
    """None for all of them. Raises SetupError where one is named and not there, so that not all are tried instead."""
    link = visible(Link.objects.select_related("gist", "ghl").filter(key=key), "pk").first()
    if key and link is None:
        raise SetupError("There is no such link any more. Nothing was started: choose another one.")
    return link


def _fetch_missed(request: HttpRequest, link: Link | None, since: datetime) -> HttpResponse:
    if link is None:
        raise SetupError("Choose the link whose webhooks never came.")
    need_live(request, link)
    run = fetch_missed(link, since, request.user)
    messages.success(request, f"Run {run.pk:,} reads everything that changed since then.")
    return redirect("run", run.pk)


@operators_only
def retry_matching(request: HttpRequest) -> HttpResponse:
    """Every open failure that the log's filter finds; `filter` is its address part."""
    wanted = LogFilter(QueryDict(request.POST.get("filter", "")))
    try:
        return _retry_all(request, wanted.check().apply(visible(LogEntry.objects.all())), "a filter of the log")
    except TROUBLE as problem:
        report_problem(request, problem)
    return redirect("log")


def _retry_all(request: HttpRequest, entries: Any, what: str) -> HttpResponse:
    runs, errors = retry_many(entries, what, request.user)
    for error in errors:
        report_problem(request, error)
    for run in runs:
        messages.success(request, _say_started(run))
    return redirect("run", runs[0].pk) if len(runs) == 1 else redirect("problems")


@operators_only
def resume_pause(request: HttpRequest, pk: int) -> HttpResponse:
    found = Pause.objects.resting().select_related("link").filter(pk=pk).first()
    if found is None:
        messages.info(request, "It goes on already.")
    else:
        resume(found.link, found.what, found.key)
        messages.success(request, f"{describe_pause(found)} goes on. What waited is caught up with the next sync.")
    return redirect("problems")


def _say_started(run: Run) -> str:
    return f"{run.target.title}. Run {run.pk:,}: first one, then ten, then the rest."


def _carry_out(request: HttpRequest, pk: int, act: Callable[[Problem], str]) -> HttpResponse:
    found = get_object_or_404(Problem.objects.select_related("link__gist", "link__ghl"), pk=pk)
    try:
        messages.success(request, act(found))
    except TROUBLE as problem:
        report_problem(request, problem)
    return redirect("problem", pk)
