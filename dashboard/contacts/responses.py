"""Answers to what operators do on the contact page. htmx gets what changed; without it the page is shown again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from dashboard.contacts.context import known_card, shared_context
from dashboard.contacts.forms import RecordForm, record_form
from dashboard.live.commands import PROBLEMS, CommandResult
from integration.people.find import KnownPerson
from integration.records import RelatedType


def try_at_once(command: Callable[[], str]) -> CommandResult:
    """What a command did that asks neither Gist nor GHL; what does is for `dashboard.live.commands`."""
    try:
        return CommandResult(done=command())
    except PROBLEMS as problem:
        return CommandResult(problem=str(problem))


def render_contact(
    request: HttpRequest, person: KnownPerson, template: str, context: dict[str, Any], changed: bool = False
) -> HttpResponse:
    """A template of the contact page. `changed` lets the timeline in the browser read itself anew."""
    response: HttpResponse = render(request, template, {**shared_context(person), **context})
    # After settling, because the timeline then replaces itself and must not do so in the middle of this swap.
    return trigger_client_event(response, "contact-changed", after="settle") if changed else response


def render_card(
    request: HttpRequest, person: KnownPerson, kind: RelatedType, result: CommandResult, form: RecordForm | None = None
) -> HttpResponse:
    """The card of a kind of record after a command, with `form` as it was sent when it was refused."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect_with_message(request, person, result)
    context = {
        "card": known_card(person, kind),
        "announcement": result.sentence,
        "problem": result.problem,
        "notice": result.done,
        "command": result if result.token else None,
        "form": form or (record_form(person, kind) if kind != "appointment" else None),
        "swapped": True,
    }
    return render_contact(request, person, "contacts/detail.html#card", context, changed=True)


def redirect_with_message(request: HttpRequest, person: KnownPerson, result: CommandResult) -> HttpResponse:
    if result.problem:
        messages.error(request, result.problem)
    elif result.done:
        messages.success(request, result.done)
    return redirect_to_person(person, command=result.token)


def redirect_to_person(person: KnownPerson, **query: str) -> HttpResponse:
    address = [person.link.key, person.side, person.ids[person.side]]
    return redirect(reverse("contact", args=address, query={name: value for name, value in query.items() if value}))
