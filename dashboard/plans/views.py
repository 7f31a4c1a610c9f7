"""A plan: read, chosen from, and applied; and an undo, which is shown as one first."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dashboard.contacts.decorators import with_person
from dashboard.grants import mask_answer
from dashboard.htmx import redirect_whole_page, report_problem
from dashboard.inputs import read_number
from dashboard.lists import read_list, render_list
from dashboard.permissions import operators_only
from dashboard.plans.context import LIST, people_of, plan_context, price_context
from dashboard.plans.filters import PlanFilter, plan_rows
from integration.errors import ProviderError, SetupError
from integration.models import Link, Run
from integration.people.find import KnownPerson
from integration.plans.approvals import approve
from integration.plans.choose import choose
from integration.plans.start import apply_plan, start_undo
from integration.plans.stored import check_applies, standing_of

PLANS = Run.objects.select_related("link__gist", "link__ghl", "mapping", "started_by", "plan", "undoes")


def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; while the plan is being made, asked by htmx, only how far it is."""
    found = get_object_or_404(PLANS, pk=pk, dry_run=True)
    context = plan_context(found, request.user)
    if request.htmx and request.htmx.target == "live":  # type: ignore[attr-defined]
        response = render(request, "plans/detail.html#live", context)
        if found.is_finished:
            response["HX-Refresh"] = "true"
        return response
    wanted = PlanFilter(request.GET)
    context |= read_list(LIST, wanted, wanted.apply(plan_rows(found)), request.GET)
    return render_list(request, "plans/detail.html", {**context, "shown": people_of(found, context["page"].rows)})


@operators_only
def choose_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick or untick: the changes that were shown (`shown`, and of them `take`), all of a `person` (key of the entry,
    and 1 or 0 behind a colon), all of a rule (`rule`, `side`, `action`), or whatever the list's filter takes
    (`everybody`).
    """
    found = get_object_or_404(PLANS, pk=pk, dry_run=True)
    standing = standing_of(found)
    if standing.code not in ("ready", "empty"):
        messages.error(request, standing.sentence)
        return redirect_whole_page(request, "plan", pk)
    posted = request.POST
    if posted.get("everybody") in ("0", "1"):
        _choose_everybody(request, found, take=posted["everybody"] == "1")
        return redirect_whole_page(request, _address_of(found, request.GET))
    if "action" in posted:
        choose(found, _of_rule(posted), take=posted.get("take") == "1")
        return redirect_whole_page(request, "plan", pk)
    person, _, take = posted.get("person", "").partition(":")
    if person and take in ("0", "1"):
        entry = read_number(person, most_digits=18)
        choose(found, Q(entry=entry), take=take == "1")
    else:
        entry = read_number(posted.get("entry", ""), most_digits=18)
        taken = _numbers(request, "take")
        choose(found, Q(pk__in=taken), take=True)
        choose(found, Q(pk__in=_numbers(request, "shown") - taken), take=False)
    if request.htmx:  # type: ignore[attr-defined]
        mask_answer()
        people_shown = people_of(found, list(plan_rows(found).filter(pk=entry)))
        context = {**price_context(found), "shown": people_shown, "may_choose": True}
        return render(request, "plans/_chosen.html", context)
    return redirect("plan", pk)


def _choose_everybody(request: HttpRequest, plan: Run, *, take: bool) -> None:
    try:
        wanted = PlanFilter(request.GET).check()
    except SetupError as problem:
        report_problem(request, problem)
        return
    people = wanted.apply(plan_rows(plan)).order_by().values("pk")
    choose(plan, Q(entry__in=people) & wanted.changes, take=take)


def _address_of(plan: Run, query: QueryDict) -> str:
    """The list as it was looked at."""
    return f"{reverse('plan', args=[plan.pk])}{f'?{query.urlencode()}' if query else ''}"


def _of_rule(posted: Mapping[str, str]) -> Q:
    rule, side = posted.get("rule", ""), posted.get("side", "")
    return Q(side=side, rule=rule) if rule else Q(side=side, action=posted.get("action", ""))


def _numbers(request: HttpRequest, name: str) -> set[int]:
    """Some in a field, divided by commas: a form may have a thousand fields."""
    texts = [text for one in request.POST.getlist(name) for text in one.split(",")]
    return {number for text in texts if (number := read_number(text, most_digits=18))}


@operators_only
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write exactly what the page showed: `digest` says what that was, `confirm` the number of people where it is asked
    for.
    """
    found = get_object_or_404(PLANS, pk=pk, dry_run=True)
    word = price_context(found)["word"]
    if word and request.POST.get("confirm", "").replace(",", "").strip() != word:
        messages.error(request, f"Nothing was written: type {word}, the number of people, to confirm.")
        return redirect("plan", pk)
    digest = request.POST.get("digest") or "none"
    try:
        check_applies(found)
        if not approve(found, request.user, digest):
            messages.success(request, "You agreed. Nothing is written before another person does, too.")
            return redirect("plan", pk)
        run = apply_plan(found, digest=digest, user=request.user, confirmed=True)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("plan", pk)
    messages.success(request, f"Run {run.pk:,} writes exactly what the plan says.")
    return redirect("run", run.pk)


# Undo ----------------------------------------------------------------------------------------------------


@operators_only
def undo_run(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run.objects.select_related("link__gist", "link__ghl"), pk=pk)
    return _show_undo(request, found.link, {"run": found.pk}, redirect("run", pk))


@operators_only
def undo_rule(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that `rule` wrote on the link since `since`."""
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    rule = request.POST.get("rule", "")[:120]
    if not rule:
        messages.error(request, "Nothing was begun: name the rule to take back.")
        return redirect("link", key)
    return _show_undo(request, link, {"rule": rule}, redirect("link", key))


@operators_only
@with_person
def undo_contact(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    back = redirect("contact", person.link.key, person.side, person.ids[person.side])
    return _show_undo(request, person.link, dict(person.ids), back)


def _show_undo(request: HttpRequest, link: Link, wanted: dict[str, Any], back: HttpResponse) -> HttpResponse:
    """As a plan first: nothing is written before it was read."""
    try:
        made = start_undo(link, wanted, dry_run=True, user=request.user)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return back
    return redirect("plan", made.pk)
