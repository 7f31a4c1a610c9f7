"""The API's addresses that read."""

from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from dashboard.api import shapes
from dashboard.api.finding import find_entry, find_link, find_one_person, find_problem, find_run
from dashboard.api.pages import apply_filter, read_cursor, read_page, refuse_unknown
from dashboard.api.rows import (
    report_change,
    report_entry,
    report_event,
    report_link,
    report_person,
    report_problem,
    report_run,
    report_run_line,
)
from dashboard.grants import visible
from dashboard.links.cards import build_card, build_cards
from dashboard.log.filters import LogFilter, log_rows, with_run
from dashboard.problems.causes import problem_rows
from dashboard.problems.filters import ProblemFilter
from dashboard.runs.filters import RunFilter, run_rows
from dashboard.traces.family import entries_of, family_of
from integration.models import Link
from integration.people.person import questions_about
from integration.people.timeline import read_timeline

router = Router()
REFUSALS = {(401, 403, 404, 409, 413, 422, 429): shapes.ErrorAnswer}


def answers(shape: Any) -> dict[Any, Any]:
    return {200: shape, **REFUSALS}


@router.get(
    "/links", response=answers(shapes.LinkPage), url_name="api_links", operation_id="list_links", summary="Links"
)
def list_links(request: HttpRequest, query: Query[shapes.PageQuery]) -> dict[str, Any]:
    """How each link stands, newest first."""
    refuse_unknown(request, ())
    page = read_page(visible(Link.objects.select_related("gist", "ghl"), "pk"), query, lambda link: {"row": link})
    links = [one["row"] for one in page["items"]]
    cards = {card.link.pk: card for card in build_cards(links)}
    return {"items": [report_link(cards[link.pk]) for link in links], "next": page["next"]}


@router.get(
    "/links/{link}", response=answers(shapes.LinkReport), url_name="api_link", operation_id="read_link",
    summary="One link",
)  # fmt: skip
def read_link(request: HttpRequest, link: str) -> dict[str, Any]:
    return report_link(build_card(find_link(link)))


@router.get(
    "/links/{link}/timeline", response=answers(shapes.TimelinePage), url_name="api_timeline",
    operation_id="read_timeline", summary="A contact's timeline",
)  # fmt: skip
def read_contact_timeline(request: HttpRequest, link: str, query: Query[shapes.TimelineQuery]) -> dict[str, Any]:
    """Everything that happened to one person, newest first: writes, skips with their reason, questions, workflows."""
    refuse_unknown(request, ("person", "show"))
    person = find_one_person(find_link(link), query.person)
    before = read_cursor(query) or None
    found = read_timeline(person, questions_about(person), query.show or "all", before, query.limit)
    events = [report_event(event) for event in found.events]
    return {"person": report_person(person), "items": events, "next": str(found.older) if found.older else None}


@router.get(
    "/runs", response=answers(shapes.RunPage), url_name="api_runs", operation_id="list_runs", summary="Runs",
    exclude_unset=True,
)  # fmt: skip
def list_runs(request: HttpRequest, query: Query[shapes.RunQuery]) -> dict[str, Any]:
    """Newest first; `error` of a run that ended is said by the run itself."""
    return read_page(apply_filter(request, RunFilter, run_rows()), query, report_run_line)


@router.get(
    "/runs/{run}", response=answers(shapes.RunReport), url_name="api_run", operation_id="read_run",
    summary="One run", exclude_unset=True,
)  # fmt: skip
def read_run(request: HttpRequest, run: Path[shapes.Number]) -> dict[str, Any]:
    return report_run(find_run(run))


@router.get(
    "/runs/{run}/changes", response=answers(shapes.ChangePage), url_name="api_changes", operation_id="list_changes",
    summary="A run's changes",
)  # fmt: skip
def list_changes(request: HttpRequest, run: Path[shapes.Number], query: Query[shapes.ChangeQuery]) -> dict[str, Any]:
    """Every change of a run or plan, in the order in which they were decided."""
    refuse_unknown(request, ("state", "side", "trace"))
    wanted = {name: value for name in ("state", "side") if (value := getattr(query, name))}
    found = find_run(run)
    rows = found.changes.filter(**wanted).select_related("entry")
    if query.trace:
        rows = rows.filter(entry__in=entries_of(family_of(query.trace)).order_by())
    return read_page(rows, query, lambda change: report_change(change, found), oldest_first=True)


@router.get("/log", response=answers(shapes.LogPage), url_name="api_log", operation_id="list_log", summary="The log")
def list_log(request: HttpRequest, query: Query[shapes.LogQuery]) -> dict[str, Any]:
    """Every decision and write with its reason, newest first; the filters are those of the log's page."""
    rows = apply_filter(request, LogFilter, with_run(log_rows()))
    return read_page(rows, query, report_entry)


@router.get(
    "/log/{entry}", response=answers(shapes.EntryReport), url_name="api_entry", operation_id="read_entry",
    summary="One log entry",
)  # fmt: skip
def read_entry(request: HttpRequest, entry: Path[shapes.Number]) -> dict[str, Any]:
    return report_entry(find_entry(entry))


@router.get(
    "/problems", response=answers(shapes.ProblemPage), url_name="api_problems", operation_id="list_problems",
    summary="Problems",
)  # fmt: skip
def list_problems(request: HttpRequest, query: Query[shapes.ProblemQuery]) -> dict[str, Any]:
    """What fails, one row for each cause, newest first; without `state` those that are open or acknowledged."""
    return read_page(apply_filter(request, ProblemFilter, problem_rows()), query, report_problem)


@router.get(
    "/problems/{problem}", response=answers(shapes.ProblemReport), url_name="api_problem",
    operation_id="read_problem", summary="One problem",
)  # fmt: skip
def read_problem(request: HttpRequest, problem: Path[shapes.Number]) -> dict[str, Any]:
    return report_problem(find_problem(problem))
