"""The mapping editor and its versions. The draft stands in the form; every action posts it and gets it back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.drafts import Draft, act, differences, draft_of, problems_by_row, read_draft
from dashboard.editor import Sides, choices, row_views, sides_of, trials
from dashboard.forms import OWNERS
from dashboard.htmx import go, render_part
from dashboard.permissions import operators
from integration.errors import ProviderError, SetupError
from integration.mapping.transforms import TRANSFORMS
from integration.mapping.versions import as_input, current_rows, current_version, save_version
from integration.models import Link, MappingVersion
from integration.models.fields import UndecryptableValue

PROBLEMS = (SetupError, ProviderError, UndecryptableValue)


def mapping(request: HttpRequest, key: str) -> HttpResponse:
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    if request.method == "POST":
        return _edit(request, link)
    try:
        sides = sides_of(link, refresh="refresh" in request.GET)
    except PROBLEMS as problem:
        return render(request, "mapping.html", {"link": link, "problem": str(problem)}, status=503)
    return _editor(request, link, sides, draft_of(current_rows(link)))


@operators
def _edit(request: HttpRequest, link: Link) -> HttpResponse:
    draft = read_draft(request.POST)
    try:
        sides = sides_of(link)
    except PROBLEMS as problem:
        return render_part(request, "mapping.html", "editor", {"link": link, "problem": str(problem)})
    action = request.POST.get("do", "")
    act(draft, action)
    if action != "save":
        return _editor(request, link, sides, draft)
    problems = sides.check(draft)
    if problems or not draft.rows:
        return _editor(request, link, sides, draft, problems_by_row(draft, problems), refused=True)
    row_views(draft, sides, {})
    version = save_version(link, draft.inputs(), user=request.user)
    messages.success(request, f"Version {version.number} is saved. The next run works by it.")
    return go(request, "mapping", link.key)


def _editor(
    request: HttpRequest,
    link: Link,
    sides: Sides,
    draft: Draft,
    problems: dict[int, list[str]] | None = None,
    refused: bool = False,
) -> HttpResponse:
    version = current_version(link)
    rows = row_views(draft, sides, problems or {})
    chosen = next((row for row in rows if row.draft.rid == draft.chosen), None)
    saved = [as_input(row) for row in version.rows.all()] if version else []
    context: dict[str, Any] = {
        "link": link,
        "sides": sides,
        "rows": rows,
        "chosen": chosen,
        "trials": trials(chosen, link.default_country) if chosen else [],
        "version": version,
        "changes": differences(saved, draft.inputs()),
        "next_number": version.number + 1 if version else 1,
        "new_gist": request.POST.get("new-gist", "") if not _both_new(request) else "",
        "new_ghl": request.POST.get("new-ghl", "") if not _both_new(request) else "",
        "gist_choices": choices(sides, "gist", sides.resolve("ghl", request.POST.get("new-ghl", ""))),
        "ghl_choices": choices(sides, "ghl", sides.resolve("gist", request.POST.get("new-gist", ""))),
        "owners": OWNERS,
        "transforms": TRANSFORMS.values(),
        "refused": refused,
    }
    return render_part(request, "mapping.html", "editor", context)


def _both_new(request: HttpRequest) -> bool:
    return bool(request.POST.get("new-gist") and request.POST.get("new-ghl"))


def versions(request: HttpRequest, key: str) -> HttpResponse:
    """All versions; `?from=2&to=3` compares two, without it the newest with the one before."""
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    found = list(link.mapping_versions.select_related("created_by").prefetch_related("rows"))
    by_number = {version.number: version for version in found}
    to = by_number.get(_number(request, "to")) or (found[0] if found else None)
    start = by_number.get(_number(request, "from")) or (by_number.get(to.number - 1) if to else None)
    context = {"link": link, "versions": found, "start": start, "to": to, "lines": _compared(start, to)}
    return render(request, "mapping_versions.html", context)


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _compared(start: MappingVersion | None, to: MappingVersion | None) -> list[Any]:
    rows = [[as_input(row) for row in version.rows.all()] if version else [] for version in (start, to)]
    return differences(*rows)


@require_POST
@operators
def restore(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """An old version becomes the newest; nothing is lost, it is saved anew."""
    old = get_object_or_404(MappingVersion, link__key=key, number=number)
    rows = [as_input(row) for row in old.rows.all()]
    version = save_version(old.link, rows, user=request.user, note=f"Restored from version {number}")
    messages.success(request, f"Version {number} is back, as version {version.number}.")
    return redirect("mapping_versions", key)
