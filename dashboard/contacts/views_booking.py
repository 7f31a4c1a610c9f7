"""Booking an appointment for a contact."""

from django.http import HttpRequest, HttpResponse

from dashboard.contacts import responses
from dashboard.contacts.context import booking_context
from dashboard.contacts.decorators import with_person
from dashboard.contacts.forms import moment_of
from dashboard.live.commands import run_command
from dashboard.permissions import operators_only
from integration.errors import NotSent
from integration.people import commands
from integration.people.find import KnownPerson


@operators_only
@with_person
def contact_book(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """Choose a calendar and one of its free times; the calendars are read for it, and what is free."""
    problem = ""
    if request.method == "POST":
        result = run_command(lambda: _book_slot(request, person))
        if not result.problem:
            return responses.render_card(request, person, "appointment", result)
        problem = result.problem
    if request.method != "POST" and not request.htmx and "read" not in request.GET:  # type: ignore[attr-defined]
        return responses.render_contact(request, person, "contacts/book.html", {"begins": True})
    chosen = request.POST.get("calendar") or request.GET.get("calendar", "")
    context = booking_context(person, chosen, request.POST if request.method == "POST" else None)
    context["problem"] = problem or context.get("problem", "")
    partial = "#book" if request.htmx else ""  # type: ignore[attr-defined]
    return responses.render_contact(request, person, f"contacts/book.html{partial}", context)


def _book_slot(request: HttpRequest, person: KnownPerson) -> str:
    sent = request.POST
    if moment_of(sent.get("slot", "")) is None:
        raise NotSent("Nothing was booked: choose one of the free times.")
    values = {
        "calendar_id": sent.get("calendar", ""),
        "start_at": sent["slot"],
        "title": sent.get("title", "").strip(),
        "assigned_to": sent.get("assigned_to", ""),
    }
    return commands.book_appointment(person, values, request.user).message
