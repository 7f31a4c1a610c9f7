"""What operators do on the contact page. htmx gets the part that changed; without it the page is shown again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from dashboard.contacts import page as contact_page
from dashboard.contacts.forms import BookForm, RecordForm, moment_of, note_form, slot_choices, task_form
from dashboard.permissions import operators
from dashboard.views.contacts import of_person, to_person
from integration.connections import exchange_for_link
from integration.errors import ProviderError, Rejected, SetupError
from integration.models import LogEntry
from integration.people import acts, directory, pairing, reading
from integration.people.directory import Bookable
from integration.people.who import Somebody
from integration.records import RelatedRecord, RelatedType

PROBLEMS = (SetupError, ProviderError)
PAST = "Its due date is in the past, so it is overdue at once."


# Tasks, notes, appointments ------------------------------------------------------------------------------


@require_POST
@operators
@of_person
def contact_add(request: HttpRequest, who: Somebody, kind: RelatedType) -> HttpResponse:
    """A new task or note."""
    form = _form_of(who, kind, data=request.POST)
    said, problem = _try(lambda: acts.add(who, kind, _valid(form).values, request.user))
    if said and kind == "task" and _is_past(form.cleaned_data.get("due")):
        said = f"{said} {PAST}"
    return _card(request, who, kind, said, problem, form if problem else None)


def _is_past(due: datetime | None) -> bool:
    return due is not None and due < timezone.now()


@require_GET
@operators
@of_person
def contact_edit(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> HttpResponse:
    """The form of one record, in its row or on a page of its own; with `row`, the row as it was."""
    found = reading.as_it_stands(who, kind, record, live=False)
    if found is None:
        raise Http404("This contact has no such record, as far as Gistline knows. Read the contact again.")
    if "row" in request.GET:
        return _row(request, who, found)
    return _form(request, who, found)


@require_POST
@operators
@of_person
def contact_record(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> HttpResponse:
    """`do`: tick, reopen, save, move, cancel or delete."""
    do = request.POST.get("do", "")
    act = ACTS.get((kind, do)) or ACTS.get(("", do))
    if act is None:
        raise Http404("There is no such act.")
    said, problem = _try(lambda: act(request, who, kind, record))
    if do in ("tick", "reopen"):
        return _ticked(request, who, record, said, problem)
    known = reading.as_it_stands(who, kind, record, live=False)
    if problem and known and request.htmx and do in ("save", "move"):  # type: ignore[attr-defined]
        return _form(request, who, known, problem)
    return _card(request, who, kind, said, problem)


def _tick(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> LogEntry:
    return acts.tick(who, record, request.POST["do"] == "tick", request.user)


def _save(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> LogEntry:
    form = _valid(_form_of(who, kind, _known(who, kind, record), request.POST))
    return acts.edit(who, kind, record, form.changes, request.user, form.shown)


def _move(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> LogEntry:
    start = moment_of(request.POST.get("slot", ""))
    if start is None:
        raise SetupError("Nothing was moved: choose one of the free times.")
    return acts.move(who, record, start, request.user)


def _cancel(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> LogEntry:
    return acts.cancel(who, record, request.user)


def _delete(request: HttpRequest, who: Somebody, kind: RelatedType, record: str) -> LogEntry:
    return acts.remove(who, kind, record, request.user)


ACTS: dict[tuple[str, str], Callable[[HttpRequest, Somebody, RelatedType, str], LogEntry]] = {
    ("task", "tick"): _tick,
    ("task", "reopen"): _tick,
    ("task", "save"): _save,
    ("note", "save"): _save,
    ("appointment", "move"): _move,
    ("appointment", "cancel"): _cancel,
    ("", "delete"): _delete,
}


def _form_of(who: Somebody, kind: str, record: RelatedRecord | None = None, data: Any = None) -> RecordForm:
    return task_form(contact_page.users_of(who), record, data) if kind == "task" else note_form(record, data)


def _valid(form: RecordForm) -> RecordForm:
    """Raises SetupError with what is wrong, in one sentence per field."""
    if not form.is_valid():
        raise SetupError(
            " ".join(f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items())
        )
    return form


def _try(act: Callable[[], LogEntry]) -> tuple[str, str]:
    """What was done, or why it was not, in a sentence."""
    try:
        return act().message, ""
    except PROBLEMS as problem:
        return "", str(problem)


def _known(who: Somebody, kind: RelatedType, record: str) -> RelatedRecord:
    """The record as it was read last. Raises SetupError for one that is not this person's."""
    found = reading.as_it_stands(who, kind, record, live=False)
    if found is None:
        raise SetupError("This contact has no such record, as far as Gistline knows. Read the contact again.")
    return found


# Answers -------------------------------------------------------------------------------------------------


def _ticked(request: HttpRequest, who: Somebody, record: str, said: str, problem: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return _back(request, who, said, problem)
    known = reading.as_it_stands(who, "task", record, live=bool(problem))
    if known is None:
        return _card(request, who, "task", said, problem)
    item = contact_page.item_of(known, contact_page.users_of(who), problem)
    context = {"item": item, "card": contact_page.known_card(who, "task"), "said": said or problem, "swapped": True}
    return _answer(request, who, "contact.html#row", context, acted=True)


def _row(request: HttpRequest, who: Somebody, record: RelatedRecord) -> HttpResponse:
    item = contact_page.item_of(record, contact_page.users_of(who))
    return _answer(request, who, "contact.html#row", {"item": item})


def _card(
    request: HttpRequest, who: Somebody, kind: RelatedType, said: str, problem: str, form: Any = None
) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return _back(request, who, said, problem)
    context = {
        "card": contact_page.known_card(who, kind), "said": said or problem, "problem": problem, "notice": said,
        "form": form or (_form_of(who, kind) if kind != "appointment" else None), "swapped": True,
    }  # fmt: skip
    return _answer(request, who, "contact.html#card", context, acted=True)


def _form(request: HttpRequest, who: Somebody, record: RelatedRecord, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"item": contact_page.item_of(record, contact_page.users_of(who)), "problem": problem}
    if record.kind == "appointment":
        context |= _free(who, str(record.values.get("calendar_id") or ""))
    else:
        context["form"] = _form_of(who, record.kind, record, request.POST if request.method == "POST" else None)
    part = "#edit" if request.htmx else ""  # type: ignore[attr-defined]
    return _answer(request, who, f"contact_record.html{part}", context)


def _free(who: Somebody, calendar: str) -> dict[str, Any]:
    try:
        with exchange_for_link(who.link) as exchange:
            slots = exchange.carry_out(directory.read_slots(who.link, calendar, timezone.now()))
    except ProviderError as problem:
        return {"slots_problem": str(problem)}
    return {"slots": slot_choices(slots)}


def _answer(
    request: HttpRequest, who: Somebody, template: str, context: dict[str, Any], acted: bool = False
) -> HttpResponse:
    response: HttpResponse = render(request, template, {**contact_page.around(who), **context})
    return trigger_client_event(response, "acted", after="settle") if acted else response


def _back(request: HttpRequest, who: Somebody, said: str, problem: str) -> HttpResponse:
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, said)
    return to_person(who)


# Booking -------------------------------------------------------------------------------------------------


@operators
@of_person
def contact_book(request: HttpRequest, who: Somebody) -> HttpResponse:
    """Choose a calendar and one of its free times; the calendars are read for it, and what is free."""
    problem = ""
    if request.method == "POST":
        said, problem = _try(lambda: _book(request, who))
        if said:
            return _card(request, who, "appointment", said, "")
    context = _offered(who, request.POST.get("calendar") or request.GET.get("calendar", ""), request)
    context["problem"] = problem or context.get("problem", "")
    part = "#book" if request.htmx else ""  # type: ignore[attr-defined]
    return _answer(request, who, f"contact_book.html{part}", context)


def _book(request: HttpRequest, who: Somebody) -> LogEntry:
    sent = request.POST
    if moment_of(sent.get("slot", "")) is None:
        raise Rejected("Nothing was booked: choose one of the free times.")
    values = {
        "calendar_id": sent.get("calendar", ""), "start_at": sent["slot"], "title": sent.get("title", "").strip(),
        "assigned_to": sent.get("assigned_to", ""),
    }  # fmt: skip
    return acts.book(who, values, request.user)


def _offered(who: Somebody, chosen: str, request: HttpRequest) -> dict[str, Any]:
    """Calendars, the chosen one's free times, and the form; or the problem that kept them from being read."""
    try:
        with exchange_for_link(who.link) as exchange:
            calendars: list[Bookable] = exchange.carry_out(directory.read_calendars(who.link))
            calendar = next((one for one in calendars if one.id == chosen), calendars[0] if calendars else None)
            slots = exchange.carry_out(directory.read_slots(who.link, calendar.id, timezone.now())) if calendar else []
    except ProviderError as problem:
        return {"problem": str(problem), "calendars": []}
    data = request.POST if request.method == "POST" else None
    form = BookForm(data, slots=slots, users=contact_page.users_of(who), calendar=calendar, auto_id="book-%s")
    return {"calendars": calendars, "calendar": calendar, "slots": slots, "form": form}


# Tags ----------------------------------------------------------------------------------------------------


@require_POST
@operators
@of_person
def contact_tags(request: HttpRequest, who: Somebody) -> HttpResponse:
    """`add` or `remove` a tag, on every side the person is on."""
    added, removed = request.POST.get("add", ""), request.POST.get("remove", "")
    said, problem = "", ""
    try:
        said = " ".join(entry.message for entry in acts.tag(who, added or removed, bool(added), request.user))
    except PROBLEMS as trouble:
        problem = str(trouble)
    if not request.htmx:  # type: ignore[attr-defined]
        return _back(request, who, said, problem)
    tags = contact_page.tags_of(reading.read_contacts(who))
    context = {"tags": tags, "problem": problem, "said": said or problem, "swapped": True}
    return _answer(request, who, "contact.html#tags", context, acted=True)


# The person as a whole -----------------------------------------------------------------------------------


@require_POST
@operators
@of_person
def contact_act(request: HttpRequest, who: Somebody) -> HttpResponse:
    """`do`: sync, pull_gist, pull_ghl, hold, release or unlink."""
    whole: dict[str, Callable[[], str]] = {
        "sync": lambda: _started(who, pairing.sync_now(who, request.user)),
        "pull_gist": lambda: _started(who, pairing.pull(who, "gist", request.user)),
        "pull_ghl": lambda: _started(who, pairing.pull(who, "ghl", request.user)),
        "hold": lambda: pairing.hold(who, request.user).message,
        "release": lambda: pairing.release(who, request.user).message,
        "unlink": lambda: pairing.unlink(who, request.user).message,
    }
    act = whole.get(request.POST.get("do", ""))
    if act is None:
        raise Http404("There is no such act.")
    return _told(request, who, act)


def _started(who: Somebody, run: Any) -> str:
    return f"Run {run.pk:,} compares {who.label or 'this person'} now. This page shows what came of it."


@require_POST
@operators
@of_person
def contact_join(request: HttpRequest, who: Somebody) -> HttpResponse:
    """Link the record of `side` to `other`, an id of the other side."""
    side, other = request.POST.get("side") or who.side, request.POST.get("other") or request.POST.get("typed", "")
    return _told(request, who, lambda: pairing.join(who, side, other, request.user).message)


@require_POST
@operators
@of_person
def contact_delete(request: HttpRequest, who: Somebody) -> HttpResponse:
    """Delete the record of `side`, confirmed by typing."""
    side, typed = request.POST.get("side", ""), request.POST.get("confirm", "")
    return _told(request, who, lambda: pairing.delete(who, side, typed, request.user).message)


def _told(request: HttpRequest, who: Somebody, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except PROBLEMS as problem:
        messages.error(request, str(problem))
    return to_person(who)
