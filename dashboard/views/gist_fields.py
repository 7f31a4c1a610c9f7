"""What Gist's undocumented webhooks hold: the last body received, and where the facts of a meeting stand in it."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst

from dashboard.payloads import body_of, text_of
from dashboard.permissions import operators
from integration.errors import SetupError
from integration.models import Connection, Provider
from integration.models.fields import UndecryptableValue
from integration.webhook_addresses import addresses
from integration.workflows import gist_events


def gist_fields(request: HttpRequest, key: str) -> HttpResponse:
    rows = Connection.objects.defer("credentials").filter(provider=Provider.GIST)
    found = get_object_or_404(rows, key=key)
    if request.method == "POST":
        return _save(request, found)
    return _page(request, found, gist_events.fields_of(found))


@operators
def _save(request: HttpRequest, found: Connection) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in gist_events.MEETING_FIELDS}
    try:
        gist_events.save_fields(found, given)
    except SetupError as problem:
        return _page(request, found, given, {problem.where: capfirst(problem.problem)})
    messages.success(request, "The fields are saved. The next meeting is read by them.")
    return redirect("connection_gist_fields", found.key)


def _page(
    request: HttpRequest, found: Connection, fields: dict[str, str], problems: dict[str, str] | None = None
) -> HttpResponse:
    meeting = gist_events.last_body(found, "meeting_")
    body = body_of(meeting)
    read = gist_events.facts_of(meeting.topic, body, found) if meeting and body else {}
    rows = [
        (name, meaning, fields.get(name, ""), read.get(name), (problems or {}).get(name, ""))
        for name, meaning in gist_events.MEETING_FIELDS.items()
    ]
    context = {
        "connection": found,
        "rows": rows,
        "meeting": meeting,
        "meeting_body": text_of(meeting),
        "paths": _paths(body),
        "body_fields": gist_events.WORKFLOW_BODY,
        "example": json.dumps({name: example for name, _, example in gist_events.WORKFLOW_BODY}, indent=2),
        "workflow": (last := gist_events.last_body(found, "workflow")),
        "workflow_body": text_of(last),
        "address": _address(request, found),
    }
    return render(request, "gist_fields.html", context, status=422 if problems else 200)


def _paths(body: Any, before: str = "", depth: int = 6) -> list[str]:
    """Dotted paths of every text and number, to be picked from."""
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    found: list[str] = []
    for name, value in list(parts)[:60]:
        path = f"{before}{name}"
        if isinstance(value, dict | list) and depth:
            found += _paths(value, f"{path}.", depth - 1)
        elif isinstance(value, str | int | float):
            found.append(path)
    return found[:300]


def _address(request: HttpRequest, found: Connection) -> str:
    """Where an automation is to send its body; for operators only, it is as good as a password."""
    if not getattr(request.user, "may_operate", False):
        return ""
    try:
        return str(addresses(found)["workflow"]["url"])
    except (UndecryptableValue, SetupError, KeyError):
        return ""
