"""The checks of one link: what will fail or mislead, each with the way to mend it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dashboard.live.threads import wait_for_reading
from dashboard.permissions import operators_only
from integration.checks import CheckResult, check_link
from integration.checks.facts import read_facts
from integration.errors import Retryable
from integration.models import Link

PLACES = {
    "connection": "connection",
    "reconnect": "connection_reconnect",
    "mapping": "mapping",
    "workflow": "workflow",
    "link": "link",
    "alerts": "alerts",
}


def check_list(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    results = check_link(found)
    context = {
        "link": found,
        "open": [(result, _address(result)) for result in results if not result.ok],
        "failing": sum(not (one.ok or one.misleads) for one in results),
        "fine": [result for result in results if result.ok],
        "all": len(results),
        "read_at": found.ghl.settings.get("facts_read_at"),
    }
    return render(request, "checks/detail.html", context)


@operators_only
def check_again(request: HttpRequest, key: str) -> HttpResponse:
    """Read fields, people and calendars of both accounts now."""
    found = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    try:
        if wait_for_reading(lambda: read_facts(found)):
            messages.success(request, "Fields, people and calendars were read. The checks go by them.")
        else:
            messages.error(request, "One of the accounts could not be read: the checks go by what was known before.")
    except Retryable as problem:
        messages.error(request, str(problem))
    return redirect("checks", key)


def _address(result: CheckResult) -> str:
    place, key, _ = result.button
    return reverse(PLACES[place], args=[key] if key else []) if place else ""
