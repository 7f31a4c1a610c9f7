"""What Gist's undocumented webhooks hold: the last body received, and where the facts of a meeting stand in it."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst

from dashboard.connections.context_gist_fields import gist_fields_context
from dashboard.drafts import Difference
from dashboard.permissions import operators_only
from dashboard.stale import REFUSED, changed_since
from integration.errors import SetupError
from integration.models import Connection, Provider
from integration.workflows import gist_events


def gist_fields(request: HttpRequest, key: str) -> HttpResponse:
    rows = Connection.objects.defer("credentials").filter(provider=Provider.GIST)
    found = get_object_or_404(rows, key=key)
    if request.method == "POST":
        return _save_paths(request, found)
    return _render_page(request, found, gist_events.meeting_fields_of(found))


def _as_they_stand(found: Connection) -> dict[str, str]:
    return dict.fromkeys(gist_events.MEETING_FIELDS, "") | gist_events.meeting_fields_of(found)


@operators_only
def _save_paths(request: HttpRequest, found: Connection) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in gist_events.MEETING_FIELDS}
    with transaction.atomic():
        # Locked, so that of two people who save at once the second sees what the first changed.
        found = Connection.objects.select_for_update(no_key=True).defer("credentials").get(pk=found.pk)
        if lines := changed_since(request.POST.get("as_shown", ""), _as_they_stand(found), str):
            return _render_page(request, found, given, overtaken=lines)
        try:
            gist_events.save_fields(found, given)
        except SetupError as problem:
            return _render_page(request, found, given, {problem.where: capfirst(problem.problem)})
    messages.success(request, "The fields are saved. The next meeting is read by them.")
    return redirect("connection_gist_fields", found.key)


def _render_page(
    request: HttpRequest,
    found: Connection,
    fields: dict[str, str],
    problems: dict[str, str] | None = None,
    overtaken: Sequence[Difference] = (),
) -> HttpResponse:
    """`overtaken` is what somebody else saved after the form was shown."""
    context = {
        **gist_fields_context(found, request.user, fields, problems or {}),
        "as_shown": json.dumps(_as_they_stand(found)),
        "overtaken": overtaken,
        "refused": REFUSED,
        "unsaved": problems or overtaken,
    }
    return render(request, "connections/gist_fields.html", context, status=422 if context["unsaved"] else 200)
