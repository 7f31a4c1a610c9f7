"""The match screen of a link: who is on both sides, and what only a person can say about that."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode

from dashboard.htmx import report_problem
from dashboard.lists import render_list
from dashboard.match.context import people_context, question_context
from dashboard.match.filters import (
    DecisionFilter,
    PairFilter,
    RecordFilter,
    decisions,
    pairs_together,
    records_alone,
)
from dashboard.permissions import operators_only
from integration.errors import ProviderError, SetupError
from integration.models import Link, Pair, Question
from integration.people import matches
from integration.people.answers import answer_question

PROBLEMS = (SetupError, ProviderError)


def _find_link(key: str) -> Link:
    return get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)


def match_questions(request: HttpRequest, key: str) -> HttpResponse:
    return render_list(request, "match/questions.html", question_context(_find_link(key), request.GET))


def match_people(request: HttpRequest, key: str, show: str) -> HttpResponse:
    """One of the lists: `show` is gist, ghl, both, lost or decided."""
    link = _find_link(key)
    if show == "decided":
        context = people_context(link, show, DecisionFilter(request.GET), decisions(link), request.GET)
    elif show in ("both", "lost"):
        pairs = pairs_together(link)
        rows = pairs.exclude(lost_rule="") if show == "lost" else pairs
        context = people_context(link, show, PairFilter(request.GET), rows, request.GET)
    else:
        context = people_context(link, show, RecordFilter(request.GET), records_alone(link, show), request.GET)
    return render_list(request, f"match/{show if show in ('both', 'lost', 'decided') else 'alone'}.html", context)


# Decisions ------------------------------------------------------------------------------------------------


@operators_only
def answer_one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """`answer`: a candidate's id, "new", "apart" or "later"."""
    question = get_object_or_404(_questions(key), pk=pk)
    answer = request.POST.get("answer", "")
    if answer == "later":
        matches.postpone_question(question)
        messages.success(request, f"{question.label or 'This person'} is asked about last.")
    else:
        _carry_out(request, lambda: _answer(question, answer, request))
    return _back_to_questions(request, key)


def _answer(question: Question, answer: str, request: HttpRequest) -> str:
    answer_question(question, answer, request.user)
    name = question.label or "This person"
    sentences = {"new": f"{name} is somebody new.", "apart": f"{name} and those offered are different people."}
    return f"{sentences.get(answer, f'{name} is linked.')} Remembered; it can be taken back under Decided."


@operators_only
def answer_all(request: HttpRequest, key: str) -> HttpResponse:
    """Answer all of one `standing` at once: `answer` is "link", to the best candidate each, or "apart"."""
    link = _find_link(key)
    _carry_out(request, lambda: _answer_all(request, link))
    return _back_to_questions(request, key)


def _answer_all(request: HttpRequest, link: Link) -> str:
    verb = request.POST.get("answer", "")
    result = matches.answer_many(link, request.POST.get("standing", ""), verb, request.user)
    for problem in dict.fromkeys(result.problems[:3]):
        messages.error(request, problem)
    done = "linked" if verb == "link" else "kept apart"
    left = f" {result.left:,} of the kind are left." if result.left > 0 else ""
    return f"{result.done:,} {'person is' if result.done == 1 else 'people are'} {done}.{left}"


@operators_only
def undo_one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    question = get_object_or_404(_questions(key), pk=pk)
    _carry_out(request, lambda: f"Taken back. {matches.undo_answer(question, request.user)}")
    return redirect("match_people", key, "decided")


@operators_only
def decide_pair(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """`do`: "keep" a pair that lost its rule, or "unlink" it."""
    pair = get_object_or_404(Pair.objects.select_related("link__gist", "link__ghl"), pk=pk, link__key=key)
    _carry_out(request, lambda: _decide_pair(pair, request))
    return redirect("match_people", key, "lost")


def _decide_pair(pair: Pair, request: HttpRequest) -> str:
    verb = request.POST.get("do", "")
    if verb == "keep":
        matches.keep_pair(pair, request.user)
        return f"{pair.label or 'The pair'} stays linked, whatever the rules say."
    if verb == "unlink":
        matches.unlink_pair(pair, request.user)
        return f"{pair.label or 'The pair'} is unlinked: both records stay, and neither follows the other."
    raise SetupError("Choose whether to keep or to unlink them.")


def _questions(key: str) -> QuerySet[Question]:
    rows = Question.objects.select_related("link__gist", "link__ghl", "pair")
    return rows.filter(link__key=key, kind__in=Question.IDENTITY)


def _carry_out(request: HttpRequest, command: Callable[[], str]) -> None:
    """Do what a button asks for; the next page says what came of it, or why nothing did."""
    try:
        messages.success(request, command())
    except PROBLEMS as problem:
        report_problem(request, problem)


def _back_to_questions(request: HttpRequest, key: str) -> HttpResponse:
    """The list as it was, with the next question open."""
    standing = request.POST.get("standing", "")
    response = redirect("match", key)
    response["Location"] += f"?{urlencode({'standing': standing})}" if standing else ""
    return response
