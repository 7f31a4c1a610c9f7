"""Problems: questions only a person can answer, webhooks turned away, and what waits to be tried again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from dashboard.filters import Filter, Rows
from dashboard.htmx import render_part, told
from dashboard.paging import count_of, listing
from dashboard.payloads import BODY_SHOWN, readable
from dashboard.permissions import operators
from dashboard.problem_filters import (
    QuestionFilter,
    RefusedFilter,
    WaitingEventFilter,
    WaitingPersonFilter,
    question_rows,
    refused_rows,
    waiting_events,
    waiting_people,
)
from dashboard.templatetags.ui import field_name
from integration.errors import ProviderError, SetupError
from integration.models import EventState, InboxEvent, LogEntry, Outcome, Question, Snapshot
from integration.sync import questions, runs

PROBLEMS = (SetupError, ProviderError)
"""Bytes of a refused body that are shown; enough to tell what it is."""


def problems(request: HttpRequest) -> HttpResponse:
    return redirect("problems_person")


def _listed(tab: str, wanted: Filter, rows: Rows, request: HttpRequest, things: str) -> dict[str, Any]:
    """A list with what stands on the tabs above it, counted no further than anybody reads."""
    context = {"tab": tab, **listing(wanted, rows, request.GET, things)}
    if "broken" not in context:
        context |= {"rejected_count": count_of(refused_rows()), "waiting_count": count_of(waiting_people())}
    return context


# Needs a person -----------------------------------------------------------------------------------------


def person(request: HttpRequest) -> HttpResponse:
    wanted = QuestionFilter(request.GET)
    context = _listed("person", wanted, wanted.apply(question_rows()), request, "questions")
    return render_part(request, "problems_person.html", "results", context)


@require_POST
@operators
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`answer`: "gist" or "ghl" for a conflict; a candidate's id or "new" for a match."""
    chosen = request.POST.get("answer", "")
    return _settle(request, pk, lambda question: _answer(question, chosen, request.user))


@require_POST
@operators
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    return _settle(request, pk, lambda question: _dismiss(question, request.user))


def _answer(question: Question, chosen: str, user: Any) -> str:
    questions.answer(question, chosen, user)
    return f"{_said(question, chosen)} {question.label or 'This person'} is synced next."


def _said(question: Question, chosen: str) -> str:
    if question.kind == Question.Kind.CONFLICT:
        return f"{'Gist' if chosen == 'gist' else 'GHL'}'s {field_name(question.field)} stands."
    return "Somebody new." if chosen == "new" else "The two are one person."


def _dismiss(question: Question, user: Any) -> str:
    questions.dismiss(question, user)
    return "Nothing is written. It is asked again when one of the two sides changes."


def _settle(request: HttpRequest, pk: int, act: Callable[[Question], str]) -> HttpResponse:
    """Carry out what a person decided. htmx gets a toast in place of the card, or the card with what went wrong."""
    question = get_object_or_404(Question.objects.select_related("link__gist", "link__ghl", "pair"), pk=pk)
    problem = ""
    if question.closed_at or question.answered_at:
        messages.info(request, "This question was settled already.")
    else:
        try:
            messages.success(request, act(question))
        except PROBLEMS as trouble:
            problem = str(trouble)
    if request.htmx:  # type: ignore[attr-defined]
        response: HttpResponse = render(
            request, "problems_person.html#settled", {"question": question, "problem": problem}
        )
        return response if problem else trigger_client_event(response, "settled", after="settle")
    if problem:
        messages.error(request, problem)
    return redirect("problems_person")


# Rejected at the door -----------------------------------------------------------------------------------


def rejected(request: HttpRequest) -> HttpResponse:
    wanted = RefusedFilter(request.GET)
    context = _listed("rejected", wanted, wanted.apply(refused_rows()), request, "webhooks")
    return render_part(request, "problems_rejected.html", "results", context)


def rejected_event(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused webhook: its own page, or, asked by its row, that row opened (or closed) in place."""
    event = get_object_or_404(InboxEvent, pk=pk, state=EventState.REFUSED)
    body = bytes(event.body)
    context = {
        "event": event,
        "body": readable(body[:BODY_SHOWN]),
        "size": len(body),
        "shown": BODY_SHOWN,
        "is_open": request.GET.get("row") != "closed",
    }
    return render_part(request, "problems_event.html", "row", context)


# Waiting ------------------------------------------------------------------------------------------------


def waiting(request: HttpRequest) -> HttpResponse:
    """People whose last try failed, with the reason why."""
    wanted = WaitingPersonFilter(request.GET)
    context = _listed("waiting", wanted, wanted.apply(waiting_people()), request, "people")
    context["failures"] = _last_failures(context["page"].rows)
    return render_part(request, "problems_waiting.html", "results", context)


def waiting_event_list(request: HttpRequest) -> HttpResponse:
    """Stored webhooks that nobody has worked off yet."""
    wanted = WaitingEventFilter(request.GET)
    context = _listed("waiting", wanted, wanted.apply(waiting_events()), request, "events")
    return render_part(request, "problems_events.html", "results", context)


def _failures_of(people: list[Snapshot]) -> Any:
    ids = {side: [one.external_id for one in people if one.side == side] for side in ("gist", "ghl")}
    about = Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])
    links = {one.link_id for one in people}
    return LogEntry.objects.filter(about, kind="contact", link__in=links, outcome=Outcome.FAILED, resolved_at=None)


def _last_failures(people: list[Snapshot]) -> dict[int, LogEntry]:
    """The newest open failure of each, by the snapshot's id."""
    if not people:
        return {}
    known: dict[tuple[int, str, str], LogEntry] = {}
    for entry in _failures_of(people).defer("calls", "changes").order_by("pk"):
        known[entry.link_id, "gist", entry.gist_id] = known[entry.link_id, "ghl", entry.ghl_id] = entry
    found = {one.pk: known.get((one.link_id, one.side, one.external_id)) for one in people}
    return {pk: entry for pk, entry in found.items() if entry}


@require_POST
@operators
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one person again now, parked or not."""
    someone = get_object_or_404(Snapshot.objects.select_related("link__gist", "link__ghl"), pk=pk)
    entry = _failures_of([someone]).order_by("-pk").first()
    if entry is None:
        messages.info(request, "Nothing to retry: no failure of this person is open any more.")
        return redirect("problems_waiting")
    try:
        run = runs.retry_entry(entry, user=request.user)
    except PROBLEMS as problem:
        told(request, problem)
        return redirect("problems_waiting")
    return redirect("run", run.pk) if run else redirect("problems_waiting")
