"""Answering htmx: a named part of a page instead of the whole, and problems as sentences."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect


def render_part(request: HttpRequest, template: str, part: str, context: Mapping[str, Any]) -> HttpResponse:
    """The page, or only its partial `part` when htmx asked (and is not restoring history)."""
    htmx = request.htmx  # type: ignore[attr-defined]
    name = f"{template}#{part}" if htmx and not htmx.history_restore_request else template
    response: HttpResponse = render(request, name, dict(context))
    response["Vary"] = "HX-Request"
    return response


def go(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirect; the whole page even when htmx sent the request."""
    response: HttpResponse = redirect(to, *args, **kwargs)
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponseClientRedirect(response["Location"])
    return response


def told(request: HttpRequest, problem: Exception) -> None:
    """Put what went wrong on the next page, in the words of the error."""
    messages.error(request, str(problem))
