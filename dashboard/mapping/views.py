"""The mapping editor and its versions. The draft stands in the form; every action posts it and gets it back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.htmx import redirect_whole_page, render_partial, report_problem
from dashboard.inputs import read_number
from dashboard.live.threads import wait_for_reading
from dashboard.mapping.carried import carried_group, read_switches
from dashboard.mapping.context import editor_context, mapping_versions_context
from dashboard.mapping.drafts import Draft, apply_action, draft_of, problems_by_row, read_draft
from dashboard.mapping.editor import Sides, known_sides, read_sides, row_views
from dashboard.permissions import operators_only
from dashboard.versions import SAVE_OVER
from integration.errors import ProviderError, SetupError, StaleSave
from integration.mapping.versions import as_input, current_rows, current_version, save_version
from integration.models import Link, MappingVersion
from integration.models.fields import UndecryptableValue

PROBLEMS = (SetupError, ProviderError, UndecryptableValue)


def mapping_editor(request: HttpRequest, key: str) -> HttpResponse:
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    if request.method == "POST":
        return _edit_draft(request, link)
    sides, problem = _find_sides(request, link)
    return _render_editor(request, link, sides, draft_of(current_version(link)), problem=problem)


def _reads_now(request: HttpRequest) -> bool:
    """By its address, as the page does once it stands, or by the button, which takes the draft along."""
    return "read" in request.GET or request.POST.get("do") == "refresh"


def _find_sides(request: HttpRequest, link: Link) -> tuple[Sides, str]:
    """Fields and samples as they are known; when they are to be read now, also why they could not be."""
    if not _reads_now(request):
        return known_sides(link), ""
    try:
        return wait_for_reading(lambda: read_sides(link)), ""
    except PROBLEMS as problem:
        return known_sides(link), str(problem)


@operators_only
def _edit_draft(request: HttpRequest, link: Link) -> HttpResponse:
    draft = read_draft(request.POST)
    action = request.POST.get("do", "")
    sides, problem = _find_sides(request, link)
    apply_action(draft, action)
    # Somebody who was shown what others saved since says which version is to be saved over.
    if action.startswith(SAVE_OVER):
        draft.read, action = read_number(action.removeprefix(SAVE_OVER)), "save"
    # Against fields that nobody has read, nothing can be checked.
    if action != "save" or sides.read_at is None:
        return _render_editor(request, link, sides, draft, problem=problem)
    return _save_draft(request, link, sides, draft)


def _save_draft(request: HttpRequest, link: Link, sides: Sides, draft: Draft) -> HttpResponse:
    if not draft.rows:
        return _render_editor(request, link, sides, draft, refusal="empty")
    if problems := sides.check(draft):
        return _render_editor(request, link, sides, draft, problems_by_row(draft, problems), refusal="rows")
    # Called for its effect: it puts directions right that a read-only field allows one way only.
    row_views(draft, sides, {})
    try:
        version = save_version(link, draft.inputs(), user=request.user, read=draft.read, gist_fields=sides.gist)
    except StaleSave:
        return _render_editor(request, link, sides, draft, refusal="newer")
    messages.success(request, f"Version {version.number} is saved. The next run works by it.")
    return redirect_whole_page(request, "mapping", link.key)


def _render_editor(
    request: HttpRequest,
    link: Link,
    sides: Sides,
    draft: Draft,
    problems: dict[int, list[str]] | None = None,
    refusal: str = "",
    problem: str = "",
) -> HttpResponse:
    context = editor_context(link, sides, draft, request.POST, problems or {}, refusal)
    context["carried"] = carried_group(link, sides)
    # After a failure it is not tried again by itself.
    begins = not (sides.is_fresh or problem or _reads_now(request))
    return render_partial(request, "mapping/editor.html", "editor", {**context, "problem": problem, "begins": begins})


@operators_only
def save_carried(request: HttpRequest, key: str) -> HttpResponse:
    """The switches of what is carried to Gist, as a version of the mapping with the rows that stand."""
    link = get_object_or_404(Link, key=key)
    rows = [as_input(row) for row in current_rows(link)]
    if not rows:
        report_problem(request, SetupError("Save a first version of the mapping, then what is carried to Gist."))
        return redirect("mapping", key)
    before = current_version(link)
    version = save_version(link, rows, user=request.user, note="Carried to Gist", carried=read_switches(request.POST))
    if before and version.pk != before.pk:
        messages.success(request, f"Version {version.number} is saved. What is on follows every change from now on.")
    return redirect("mapping", key)


def version_list(request: HttpRequest, key: str) -> HttpResponse:
    """All versions; `?from=2&to=3` compares two, without it the newest with the one before."""
    link = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    return render(request, "mapping/versions.html", mapping_versions_context(link, request.GET))


@operators_only
def restore_version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """An old version becomes the newest; nothing is lost, it is saved anew."""
    old = get_object_or_404(MappingVersion, link__key=key, number=number)
    rows, note = [as_input(row) for row in old.rows.all()], f"Restored from version {number}"
    try:
        read = read_number(request.POST.get("read", ""))
        version = save_version(old.link, rows, user=request.user, note=note, read=read, carried=old.carried)
        messages.success(request, f"Version {number} is back, as version {version.number}.")
    except StaleSave as problem:
        report_problem(request, problem)
    return redirect("mapping_versions", key)
