"""What came of a command that took longer than its request waited."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import trigger_client_event

from dashboard.live.commands import find_command


def command_result(request: HttpRequest, token: UUID) -> HttpResponse:
    """Asked by the page every few seconds, until there is a result."""
    result = find_command(token)
    response = render(request, "live/command.html", {"command": result})
    ended = result is not None and result.sentence
    return trigger_client_event(response, "person-changed", after="settle") if ended else response
