"""Contacts: finding people, and one person with everything both systems know of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.contacts import page as contact_page
from dashboard.contacts.filters import ContactFilter, contact_rows
from dashboard.htmx import render_part
from dashboard.paging import listing
from integration.models import Link
from integration.people import search
from integration.people.person import look_at, questions_about
from integration.people.timeline import timeline
from integration.people.who import Somebody, find, run_on, with_standing
from integration.providers.ghl.related import zone

NOBODY = "Neither Gist nor GHL has this contact, and nothing ever happened to it here."
View = Callable[..., HttpResponse]


def of_person(view: View) -> View:
    """Give the view the person whom the address names, and set the time zone of the location."""

    @wraps(view)
    def found(request: HttpRequest, link: str, side: str, contact_id: str, **kwargs: Any) -> HttpResponse:
        named = get_object_or_404(with_standing(side, contact_id), key=link)
        with in_zone_of(named):
            return view(request, find(named, side, contact_id), **kwargs)

    return found


def in_zone_of(link: Link) -> Any:
    """Times are shown and read in the time zone of the link's location."""
    return timezone.override(zone(link.ghl.settings.get("timezone") or "UTC"))


def contacts(request: HttpRequest) -> HttpResponse:
    """People that Gistline knows; with `ask`, those that both systems find, of one link."""
    wanted = ContactFilter(request.GET)
    context = listing(wanted, wanted.apply(contact_rows()), request.GET, "people")
    if "ask" in request.GET and wanted.values.get("q"):
        context |= _asked(wanted)
    return render_part(request, "contacts.html", "results", context)


def _asked(wanted: ContactFilter) -> dict[str, Any]:
    links = list(wanted.chosen.select_related("gist", "ghl")[:2])
    if len(links) != 1:
        return {"choose_link": True}
    return {"live": search.ask(links[0], wanted.values["q"]), "live_link": links[0]}


@require_safe
@of_person
def contact(request: HttpRequest, who: Somebody) -> HttpResponse:
    person = look_at(who)
    events = timeline(who, person.questions, request.GET.get("show", "all"), _before(request))
    if not person.is_known and not events.events:
        raise Http404(NOBODY)
    with in_zone_of(who.link):  # Which reading the person may have told for the first time.
        return render(request, "contact.html", contact_page.page(person, events))


@of_person
def contact_timeline(request: HttpRequest, who: Somebody) -> HttpResponse:
    """The timeline alone; nobody is asked. Its place without htmx is the page."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{to_person(who)['Location']}?{request.GET.urlencode()}#h-time")
    events = timeline(who, questions_about(who), request.GET.get("show", "all"), _before(request))
    context = {**contact_page.around(who), **contact_page.timeline_of(events)}
    return render(request, "contact.html#timeline", context)


@of_person
def contact_working(request: HttpRequest, who: Somebody) -> HttpResponse:
    """Whether a run is at work on this person; the page is read anew once it is not."""
    run = run_on(who)
    response = render(request, "contact.html#working", {**contact_page.around(who), "working": run})
    if run is None:
        response["HX-Refresh"] = "true"
    return response


def to_person(who: Somebody) -> HttpResponse:
    return redirect("contact", who.link.key, who.side, who.ids[who.side])


def _before(request: HttpRequest) -> int | None:
    before = request.GET.get("before", "")
    return int(before) if before.isdecimal() and before.isascii() and len(before) < 19 else None
