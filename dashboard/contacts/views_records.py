"""Tasks, notes and appointments of a contact: adding, changing and deleting them."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.http import retarget

from dashboard.contacts import responses
from dashboard.contacts.context import item_of, known_card, read_free_slots
from dashboard.contacts.decorators import with_person
from dashboard.contacts.forms import check_form, known_users, moment_of, record_form
from dashboard.live.commands import CommandResult, run_command
from dashboard.live.threads import wait_for_reading
from dashboard.permissions import operators_only
from integration.errors import Retryable, SetupError
from integration.models import LogEntry
from integration.people import commands, read
from integration.people.find import KnownPerson
from integration.records import RelatedRecord, RelatedType

PAST = "Its due date is in the past, so it is overdue at once."
UNKNOWN = "This contact has no such record, as far as Gistline knows. Read the contact again."


@operators_only
@with_person
def contact_add(request: HttpRequest, person: KnownPerson, kind: RelatedType) -> HttpResponse:
    """A new task or note."""
    form = record_form(person, kind, data=request.POST)
    result = run_command(lambda: commands.add_record(person, kind, check_form(form).values, request.user).message)
    if result.done and kind == "task" and _is_past(form.cleaned_data.get("due")):
        result = replace(result, done=f"{result.done} {PAST}")
    return responses.render_card(request, person, kind, result, form if result.problem else None)


def _is_past(due: datetime | None) -> bool:
    return due is not None and due < timezone.now()


@operators_only
@with_person
def contact_edit(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> HttpResponse:
    """The form of one record, in its row or on a page of its own; with `row`, the row as it was."""
    found = read.as_it_stands(person, kind, record, live=False)
    if found is None:
        raise Http404(UNKNOWN)
    if "row" in request.GET:
        item = item_of(found, known_users(person))
        return responses.render_contact(request, person, "contacts/detail.html#row", {"item": item})
    return _render_form(request, person, found)


@operators_only
@with_person
def contact_record(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> HttpResponse:
    """`do`: tick, reopen, save, move, cancel or delete."""
    do = request.POST.get("do", "")
    command = COMMANDS.get((kind, do)) or COMMANDS.get(("", do))
    if command is None:
        raise Http404("There is no such command.")
    result = run_command(lambda: command(request, person, kind, record).message)
    if do in ("tick", "reopen"):
        return _render_row(request, person, record, result)
    known = read.as_it_stands(person, kind, record, live=False)
    # The form stays open with what was typed: nobody should have to type a long note twice.
    if result.problem and known and request.htmx and do in ("save", "move"):  # type: ignore[attr-defined]
        return _render_form(request, person, known, result.problem)
    return responses.render_card(request, person, kind, result)


# Commands ------------------------------------------------------------------------------------------------


def _tick_task(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> LogEntry:
    return commands.tick_task(person, record, request.POST["do"] == "tick", request.user)


def _save_changes(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> LogEntry:
    form = check_form(record_form(person, kind, _known_record(person, kind, record), request.POST))
    return commands.edit_record(person, kind, record, form.changes, request.user, form.shown)


def _move_appointment(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> LogEntry:
    start = moment_of(request.POST.get("slot", ""))
    if start is None:
        raise SetupError("Nothing was moved: choose one of the free times.")
    return commands.move_appointment(person, record, start, request.user)


def _cancel_appointment(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> LogEntry:
    return commands.cancel_appointment(person, record, request.user)


def _delete_record(request: HttpRequest, person: KnownPerson, kind: RelatedType, record: str) -> LogEntry:
    return commands.delete_record(person, kind, record, request.user)


# By kind ("": any) and what the form's button says.
COMMANDS: dict[tuple[str, str], Callable[[HttpRequest, KnownPerson, RelatedType, str], LogEntry]] = {
    ("task", "tick"): _tick_task,
    ("task", "reopen"): _tick_task,
    ("task", "save"): _save_changes,
    ("note", "save"): _save_changes,
    ("appointment", "move"): _move_appointment,
    ("appointment", "cancel"): _cancel_appointment,
    ("", "delete"): _delete_record,
}


def _known_record(person: KnownPerson, kind: RelatedType, record: str) -> RelatedRecord:
    """The record as it was read last. Raises SetupError for one that is not this person's."""
    found = read.as_it_stands(person, kind, record, live=False)
    if found is None:
        raise SetupError(UNKNOWN)
    return found


# Answers -------------------------------------------------------------------------------------------------


def _render_row(request: HttpRequest, person: KnownPerson, record: str, result: CommandResult) -> HttpResponse:
    """The row of a task that was ticked or reopened; read from GHL when that failed."""
    if not request.htmx:  # type: ignore[attr-defined]
        return responses.redirect_with_message(request, person, result)
    known = _task_after(person, record, result)
    if known is None or result.token:
        # Not what was asked for: the row alone has no place for the sentence.
        return retarget(responses.render_card(request, person, "task", result), "#card-task")
    context = {
        "item": item_of(known, known_users(person), result.problem),
        "card": known_card(person, "task"),
        "announcement": result.sentence,
        "swapped": True,
    }
    return responses.render_contact(request, person, "contacts/detail.html#row", context, changed=True)


def _task_after(person: KnownPerson, record: str, result: CommandResult) -> RelatedRecord | None:
    if result.problem:
        # After a refusal what was known is in doubt, so GHL is asked how the task really stands.
        with contextlib.suppress(Retryable):
            return wait_for_reading(lambda: read.as_it_stands(person, "task", record, live=True))
    return read.as_it_stands(person, "task", record, live=False)


def _render_form(request: HttpRequest, person: KnownPerson, record: RelatedRecord, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"item": item_of(record, known_users(person)), "problem": problem}
    if record.kind == "appointment" and not request.htmx and "read" not in request.GET:  # type: ignore[attr-defined]
        context["begins"] = True
    elif record.kind == "appointment":
        context |= read_free_slots(person, str(record.values.get("calendar_id") or ""))
    else:
        sent = request.POST if request.method == "POST" else None
        context["form"] = record_form(person, record.kind, record, sent)
    partial = "#edit" if request.htmx else ""  # type: ignore[attr-defined]
    return responses.render_contact(request, person, f"contacts/record.html{partial}", context)
