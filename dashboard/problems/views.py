"""Problems: questions only a person can answer, webhooks turned away, and what waits to be tried again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django_htmx.http import trigger_client_event

from dashboard.htmx import render_partial, report_problem
from dashboard.lists import render_list
from dashboard.payloads import BODY_SHOWN, as_readable_text
from dashboard.permissions import operators_only, personal_data_only
from dashboard.problems.context import (
    QUESTIONS,
    REJECTED_EVENTS,
    WAITING_EVENTS,
    WAITING_PEOPLE,
    failures_of,
    last_failures,
    problem_list,
)
from dashboard.problems.filters import (
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
from integration.models import EventState, InboxEvent, Provider, Question, Snapshot
from integration.people import answers
from integration.privacy.masking import Mask, mask_body
from integration.runs.start import retry_entry
from integration.webhooks.memory import REFUSED_A_MINUTE, memory

PROBLEMS = (SetupError, ProviderError)


# Needs a person -----------------------------------------------------------------------------------------


def question_list(request: HttpRequest) -> HttpResponse:
    wanted = QuestionFilter(request.GET)
    context = problem_list("person", QUESTIONS, wanted, wanted.apply(question_rows()), request.GET)
    return render_list(request, "problems/questions.html", context)


@operators_only
def answer_question(request: HttpRequest, pk: int) -> HttpResponse:
    """`answer`: "gist" or "ghl" for a conflict; a candidate's id or "new" for a match."""
    chosen = request.POST.get("answer", "")
    return _close_question(request, pk, lambda question: _carry_out_answer(question, chosen, request.user))


@operators_only
def dismiss_question(request: HttpRequest, pk: int) -> HttpResponse:
    return _close_question(request, pk, lambda question: _carry_out_dismissal(question, request.user))


def _carry_out_answer(question: Question, chosen: str, user: Any) -> str:
    answers.answer_question(question, chosen, user)
    return f"{_describe_answer(question, chosen)} {question.label or 'This person'} is synced next."


def _describe_answer(question: Question, chosen: str) -> str:
    if question.kind == Question.Kind.CONFLICT:
        return f"{'Gist' if chosen == 'gist' else 'GHL'}'s {field_name(question.field)} stands."
    if question.is_choice_of_one:
        return f"It becomes {Provider(question.side).other.label}'s contact."
    return "Somebody new." if chosen == "new" else "The two are one person."


def _carry_out_dismissal(question: Question, user: Any) -> str:
    answers.dismiss_question(question, user)
    return "Nothing is written. It is asked again when one of the two sides changes."


def _close_question(request: HttpRequest, pk: int, command: Callable[[Question], str]) -> HttpResponse:
    """Carry out what a person decided. htmx gets a toast in place of the card, or the card with what went wrong."""
    question = get_object_or_404(Question.objects.select_related("link__gist", "link__ghl", "pair"), pk=pk)
    problem = ""
    # Two people had the same page open: the first answer counts.
    if question.closed_at or question.answered_at:
        messages.info(request, "This question was settled already.")
    else:
        try:
            messages.success(request, command(question))
        except PROBLEMS as trouble:
            problem = str(trouble)
    if request.htmx:  # type: ignore[attr-defined]
        response: HttpResponse = render(
            request, "problems/questions.html#answered", {"question": question, "problem": problem}
        )
        return response if problem else trigger_client_event(response, "question-answered", after="settle")
    if problem:
        messages.error(request, problem)
    return redirect("problems_person")


# Turned away -----------------------------------------------------------------------------------


def rejected_event_list(request: HttpRequest) -> HttpResponse:
    wanted = RefusedFilter(request.GET)
    context = problem_list("rejected", REJECTED_EVENTS, wanted, wanted.apply(refused_rows()), request.GET)
    context |= {"not_kept": memory().not_kept.total(), "most_kept": REFUSED_A_MINUTE}
    return render_list(request, "problems/rejected_events.html", context)


def rejected_event(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused webhook: its own page, or, asked by its row, that row opened (or closed) in place."""
    return _render_rejected(request, pk, mask_body)


@personal_data_only
def show_rejected_values(request: HttpRequest, pk: int) -> HttpResponse:
    """The webhook with the values in its body, which nobody sees without asking; the audit trail says who did."""
    return _render_rejected(request, pk, bytes)


def _render_rejected(request: HttpRequest, pk: int, show: Mask) -> HttpResponse:
    event = get_object_or_404(InboxEvent, pk=pk, state=EventState.REFUSED)
    body = show(bytes(event.body))
    context = {
        "event": event,
        "body": as_readable_text(body[:BODY_SHOWN]),
        "size": len(bytes(event.body)),
        "are_shown": request.method == "POST",
        "shown": BODY_SHOWN,
        "is_open": request.GET.get("row") != "closed",
    }
    return render_partial(request, "problems/rejected_event.html", "row", context)


# Waiting ------------------------------------------------------------------------------------------------


def waiting_person_list(request: HttpRequest) -> HttpResponse:
    """People whose last try failed, with the reason why."""
    wanted = WaitingPersonFilter(request.GET)
    context = problem_list("waiting", WAITING_PEOPLE, wanted, wanted.apply(waiting_people()), request.GET)
    context["failures"] = last_failures(context["page"].rows)
    return render_list(request, "problems/waiting_people.html", context)


def waiting_event_list(request: HttpRequest) -> HttpResponse:
    """Stored webhooks that nobody has worked off yet."""
    wanted = WaitingEventFilter(request.GET)
    context = problem_list("waiting", WAITING_EVENTS, wanted, wanted.apply(waiting_events()), request.GET)
    return render_list(request, "problems/waiting_events.html", context)


@operators_only
def retry_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one person again now, parked or not."""
    someone = get_object_or_404(Snapshot.objects.select_related("link__gist", "link__ghl"), pk=pk)
    entry = failures_of([someone]).order_by("-pk").first()
    if entry is None:
        messages.info(request, "Nothing to retry: no failure of this person is open any more.")
        return redirect("problems_waiting")
    try:
        run = retry_entry(entry, user=request.user)
    except PROBLEMS as problem:
        report_problem(request, problem)
        return redirect("problems_waiting")
    return redirect("run", run.pk) if run else redirect("problems_waiting")
