"""What operators do with a contact as a whole: its tags, syncing and holding it, linking and deleting its records."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from dashboard.contacts import responses
from dashboard.contacts.context import tags_of
from dashboard.contacts.decorators import with_person
from dashboard.live.commands import run_command
from dashboard.live.threads import wait_for_reading
from dashboard.permissions import operators_only, owners_only
from integration.errors import Retryable, SetupError
from integration.people import commands, consent, pair_commands, read
from integration.people.find import KnownPerson
from integration.people.known import known_contacts
from integration.records import Contact


@operators_only
@with_person
def contact_tags(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """`add` or `remove` a tag, on every side the person is on."""
    added, removed = request.POST.get("add", ""), request.POST.get("remove", "")
    result = run_command(
        lambda: " ".join(
            entry.message for entry in commands.change_tag(person, added or removed, bool(added), request.user)
        )
    )
    if not request.htmx:  # type: ignore[attr-defined]
        return responses.redirect_with_message(request, person, result)
    known = known_contacts(person, person.ids)
    context = {
        "tags": tags_of(known if result.token else _read_tags(person, known)),
        "problem": result.problem,
        "announcement": result.sentence,
        "command": result if result.token else None,
        "swapped": True,
    }
    return responses.render_contact(request, person, "contacts/detail.html#tags", context, changed=True)


def _read_tags(person: KnownPerson, known: dict[str, Contact]) -> dict[str, Contact]:
    """Both records as they stand now; of a side that does not answer, as they were known."""
    try:
        return known | wait_for_reading(lambda: read.read_contacts(person))
    except Retryable:
        return known


@operators_only
@with_person
def contact_command(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """`do`: sync, pull_gist, pull_ghl, hold, release, unlink, or allow_emails, which is to be confirmed."""
    commands: dict[str, Callable[[], str]] = {
        "sync": lambda: _describe_run(person, pair_commands.sync_now(person, request.user)),
        "pull_gist": lambda: _describe_run(person, pair_commands.pull_from(person, "gist", request.user)),
        "pull_ghl": lambda: _describe_run(person, pair_commands.pull_from(person, "ghl", request.user)),
        "hold": lambda: pair_commands.hold_person(person, request.user).message,
        "release": lambda: pair_commands.release_person(person, request.user).message,
        "unlink": lambda: pair_commands.unlink_records(person, request.user).message,
    }
    if request.POST.get("do") == "allow_emails":
        return _run_command(request, person, lambda: _allow_emails(request, person))
    command = commands.get(request.POST.get("do", ""))
    if command is None:
        raise Http404("There is no such command.")
    return responses.redirect_with_message(request, person, responses.try_at_once(command))


def _allow_emails(request: HttpRequest, person: KnownPerson) -> str:
    if request.POST.get("confirm") != "asked":
        raise SetupError("Nothing was changed: say first that this person asked to get e-mails again.")
    return consent.allow_emails(person, request.user).message


def _describe_run(person: KnownPerson, run: Any) -> str:
    name = person.label or "this person"
    if dict(person.ids) in run.target.people:
        return f"Run {run.pk:,} compares {name} now. This page shows what came of it."
    return f"Run {run.pk:,}, which is under way, compares {name} next. The timeline shows what came of it."


@operators_only
@with_person
def contact_join(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """Link the record of `side` to `other`, an id of the other side."""
    side = request.POST.get("side") or person.side
    other = request.POST.get("other") or request.POST.get("typed", "")
    return _run_command(request, person, lambda: pair_commands.join_records(person, side, other, request.user).message)


@owners_only
@with_person
def contact_delete(request: HttpRequest, person: KnownPerson) -> HttpResponse:
    """Delete the record of `side`, confirmed by typing."""
    side, typed = request.POST.get("side", ""), request.POST.get("confirm", "")
    return _run_command(
        request, person, lambda: pair_commands.delete_on_side(person, side, typed, request.user).message
    )


def _run_command(request: HttpRequest, person: KnownPerson, command: Callable[[], str]) -> HttpResponse:
    return responses.redirect_with_message(request, person, run_command(command))
