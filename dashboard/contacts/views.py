"""Contacts: finding people, and one person with everything both systems know of them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.contacts import context as contact_page
from dashboard.contacts.decorators import location_zone, with_person
from dashboard.contacts.filters import ContactFilter, contact_rows
from dashboard.contacts.masked import MaskedPerson, mask_profile
from dashboard.contacts.responses import redirect_to_person
from dashboard.htmx import render_partial, wants_partial
from dashboard.inputs import read_number
from dashboard.lists import read_list, render_list
from dashboard.live.commands import CommandResult, find_command
from dashboard.live.threads import TooManyWaiting, wait_for_reading
from integration.errors import Retryable
from integration.models import Question
from integration.people import search
from integration.people.find import KnownPerson, run_on
from integration.people.person import ComparedPerson, compare_known, compare_live, questions_about
from integration.people.timeline import read_timeline
from integration.privacy.masking import is_masking, masking

NOBODY = "Neither Gist nor GHL has this contact, and nothing ever happened to it here."


def contact_list(request: HttpRequest) -> HttpResponse:
    """People that Gistline knows; with `ask`, those that both systems find, of one link."""
    wanted = ContactFilter(request.GET)
    context = read_list(contact_page.LIST, wanted, wanted.apply(contact_rows()), request.GET)
    # What both systems find is shown as they say it.
    if "ask" in request.GET and wanted.values.get("q") and not is_masking():
        context |= _search_live(wanted, now="read" in request.GET)
    if request.GET.get("read") == "part" and wants_partial(request):
        return render(request, "contacts/_live.html", context)
    return render_list(request, "contacts/list.html", context)


def _search_live(wanted: ContactFilter, now: bool) -> dict[str, Any]:
    # Two are enough to know that it is more than one: asking costs calls, and of which account is for the operator to
    # say.
    links = list(wanted.chosen.select_related("gist", "ghl")[:2])
    if len(links) != 1:
        return {"choose_link": True}
    if not now:
        return {"live_begins": True, "live_link": links[0]}
    try:
        return {
            "live": wait_for_reading(lambda: search.search_live(links[0], wanted.values["q"])),
            "live_link": links[0],
        }
    except Retryable as problem:
        return {"live_problem": str(problem), "live_link": links[0]}


@with_person
def contact_detail(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """What is known, at once; with `read`, what both systems say now: the page, or its parts when htmx asked."""
    asked = questions_about(person)
    # Before the records are read: it must not tell of what the cards beside it do not show yet.
    events = read_timeline(person, asked, request.GET.get("show", "all"), _read_before(request))
    profile, state = _show_known(person, asked) if _is_read_later(request) else _read_person(person, asked)
    if state.is_live and not profile.is_known and not events.events and not wants_partial(request):
        raise Http404(NOBODY)
    with location_zone(person.link):  # Reading the person may have brought the zone for the first time.
        context = contact_page.page_context(profile, events, state)
        return render_partial(request, "contacts/detail.html", "live", {**context, "command": _named_command(request)})


def _named_command(request: HttpRequest) -> CommandResult | None:
    """The command after which this page is shown, where it was still under way."""
    try:
        return find_command(UUID(request.GET["command"])) if "command" in request.GET else None
    except ValueError:
        return None


def _is_read_later(request: HttpRequest) -> bool:
    """Both systems are asked once the page stands. Of somebody whose values are masked never: they say nothing else."""
    return "read" not in request.GET or is_masking()


Shown = tuple[ComparedPerson, contact_page.ReadingState]


def _show_known(person: KnownPerson, asked: list[Question]) -> Shown:
    if isinstance(person, MaskedPerson):
        with masking(False):
            profile = compare_known(person.behind or person, asked)
        return mask_profile(profile, person), contact_page.ReadingState(masked=True)
    return compare_known(person, asked), contact_page.ReadingState(begins=True)


def _read_person(person: KnownPerson, asked: list[Question]) -> Shown:
    try:
        return wait_for_reading(lambda: compare_live(person, asked)), contact_page.ReadingState()
    except Retryable as problem:
        state = contact_page.ReadingState(problem=str(problem), again=isinstance(problem, TooManyWaiting))
        return compare_known(person, asked), state


@with_person
def contact_timeline(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """The timeline alone; nobody is asked. Its place without htmx is the page."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{redirect_to_person(person)['Location']}?{request.GET.urlencode()}#h-time")
    events = read_timeline(person, questions_about(person), request.GET.get("show", "all"), _read_before(request))
    context = {**contact_page.shared_context(person), **contact_page.timeline_context(events)}
    return render(request, "contacts/detail.html#timeline", context)


@with_person
def contact_working(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """Whether a run is at work on this person; the page is read anew once it is not."""
    run = run_on(person)
    response = render(request, "contacts/detail.html#working", {**contact_page.shared_context(person), "working": run})
    if run is None:
        response["HX-Refresh"] = "true"
    return response


def _read_before(request: HttpRequest) -> int | None:
    return read_number(request.GET.get("before", ""), most_digits=18) or None
