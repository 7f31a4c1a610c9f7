"""Answering htmx: a named part of a page instead of the whole, and problems as sentences."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from dashboard.grants import describe_problem


def wants_partial(request: HttpRequest) -> bool:
    """Whether htmx asked, other than to restore a page of the browser's history, which must be whole."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx and not htmx.history_restore_request)


def render_partial(request: HttpRequest, template: str, partial: str, context: Mapping[str, Any]) -> HttpResponse:
    """The page, or only its partial `partial` when htmx asked (and is not restoring history)."""
    name = f"{template}#{partial}" if wants_partial(request) else template
    response: HttpResponse = render(request, name, dict(context))
    # Page and part have one address: without this, going back could show the part alone, from the browser's cache.
    response["Vary"] = "HX-Request"
    return response


def redirect_whole_page(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirect; the whole page even when htmx sent the request."""
    response: HttpResponse = redirect(to, *args, **kwargs)
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponseClientRedirect(response["Location"])
    return response


def report_problem(request: HttpRequest, problem: Exception) -> None:
    """Put what went wrong on the next page, in the words of the error."""
    messages.error(request, describe_problem(problem))
