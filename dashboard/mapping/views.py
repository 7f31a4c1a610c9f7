"""The mapping editor and its versions. Every change is kept as the draft; runs work by what was published."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.grants import describe_problem, sees_masks
from dashboard.htmx import render_partial, report_problem, wants_partial
from dashboard.inputs import read_number
from dashboard.live.threads import wait_for_reading
from dashboard.mapping.actions import SettledDraft, change_draft
from dashboard.mapping.carried import carried_group, read_switches
from dashboard.mapping.context import editor_context, mapping_versions_context, publish_context
from dashboard.mapping.drafts import Draft, draft_of, read_draft
from dashboard.mapping.samples import choose_person
from dashboard.mapping.sides import Sides, known_sides, read_sides
from dashboard.permissions import operators_only
from integration.errors import ProviderError, SetupError, StaleSave
from integration.mapping.drafts import Place, StaleDraft, draft_now, publish_draft
from integration.mapping.rows import as_input
from integration.mapping.versions import current_rows, current_version, save_version
from integration.models import Link, MappingDraft, MappingVersion
from integration.models.fields import UndecryptableValue
from integration.people.mapping_effect import estimate_effect

PROBLEMS = (SetupError, ProviderError, UndecryptableValue)
LONGEST_NAME = 80


def mapping_editor(request: HttpRequest, key: str) -> HttpResponse:
    link = _link(key)
    if request.method == "POST":
        return _edit_draft(request, link)
    sides, problem = _find_sides(request, link)
    kept = draft_now(link)
    return _render_editor(request, sides, draft_of(kept, secrets.token_hex(8)), kept, problem=problem)


def _link(key: str) -> Link:
    return get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)


def _reads_now(request: HttpRequest) -> bool:
    """By its address, as the page does once it stands, or by the button, which takes the draft along."""
    return "read" in request.GET or request.POST.get("do") == "refresh"


def _asks_person(request: HttpRequest) -> bool:
    """Whether somebody is to be shown by their address."""
    wanted = request.POST.get("do") == "choose-person" and not sees_masks()
    return wanted and bool(request.POST.get("sample-email", "").strip())


def _find_sides(request: HttpRequest, link: Link) -> tuple[Sides, str]:
    """Fields and samples as they are known; when they are to be read now, also why they could not be."""
    try:
        if _reads_now(request):
            return wait_for_reading(lambda: read_sides(link)), ""
        if _asks_person(request):
            return _with_person(link, known_sides(link), request.POST["sample-email"].strip())
    except PROBLEMS as problem:
        return known_sides(link), describe_problem(problem)
    return known_sides(link), ""


def _with_person(link: Link, sides: Sides, email: str) -> tuple[Sides, str]:
    chosen = wait_for_reading(lambda: choose_person(link, sides.samples, email))
    is_known = chosen is not sides.samples
    return known_sides(link), "" if is_known else f"Nobody has the address {email} on either side."


@operators_only
def _edit_draft(request: HttpRequest, link: Link) -> HttpResponse:
    draft = read_draft(request.POST)
    sides, problem = _find_sides(request, link)
    settled = change_draft(link, draft, sides, request.POST, request.user)
    if request.POST.get("do") == "keep" and wants_partial(request) and not settled.is_stale:
        return _render_kept(request, sides, settled)
    return _render_editor(request, sides, settled.draft, settled.kept, settled.is_stale, problem)


def _render_kept(request: HttpRequest, sides: Sides, settled: SettledDraft) -> HttpResponse:
    """The answer to what was typed: what somebody is typing in stays as it is, only what stands above is put anew."""
    context = editor_context(sides.link, sides, settled.draft, request.POST, settled.kept, stale=False)
    return render(request, "mapping/_kept.html", context)


def _render_editor(
    request: HttpRequest, sides: Sides, draft: Draft, kept: MappingDraft, is_stale: bool = False, problem: str = ""
) -> HttpResponse:
    context = editor_context(sides.link, sides, draft, request.POST, kept, is_stale)
    context["carried"] = carried_group(sides.link, sides)
    # After a failure it is not tried again by itself.
    begins = not (sides.is_fresh or problem or _reads_now(request))
    response = render_partial(
        request, "mapping/editor.html", "editor", {**context, "problem": problem, "begins": begins}
    )
    if is_stale:
        # Also where the answer to what was typed would be put nowhere.
        response["HX-Reswap"], response["HX-Retarget"] = "outerHTML", "#editor"
    return response


# Publishing ---------------------------------------------------------------------------------------------


@operators_only
def publish_mapping(request: HttpRequest, key: str) -> HttpResponse:
    """A page of its own: what changes and whom it concerns stands before the button."""
    link = _link(key)
    sides = known_sides(link)
    if request.method == "POST":
        return _publish(request, link, sides)
    return render(request, "mapping/publish.html", publish_context(link, sides, _effect_of(link, sides)))


def _effect_of(link: Link, sides: Sides) -> object:
    people = [(one.gist, one.ghl) for one in sides.samples.on_both]
    return estimate_effect(link, draft_now(link).rows, people, sides.gist, sides.ghl)


def _publish(request: HttpRequest, link: Link, sides: Sides) -> HttpResponse:
    context = publish_context(link, sides, None)
    if not context["may_publish"]:
        return render(request, "mapping/publish.html", {**context, "effect": _effect_of(link, sides)})
    name = request.POST.get("name", "").strip()[:LONGEST_NAME] or context["name"] or f"Version {context['number']}"
    place = Place(read_number(request.POST.get("revision", "")), user=request.user)
    try:
        version = publish_draft(link, read_number(request.POST.get("read", "")), place, name, sides.gist)
        messages.success(
            request, f"Version {version.number}, “{version.name}”, is published. The next run works by it."
        )
    except (StaleDraft, StaleSave) as problem:
        messages.error(request, f"Not published. {problem} Look at what was changed, then publish again.")
    return redirect("mapping", link.key)


# Versions -----------------------------------------------------------------------------------------------


@operators_only
def save_carried(request: HttpRequest, key: str) -> HttpResponse:
    """The switches of what is carried to Gist, as a version of the mapping with the rows that stand."""
    link = get_object_or_404(Link, key=key)
    rows = [as_input(row) for row in current_rows(link)]
    if not rows:
        report_problem(request, SetupError("Save a first version of the mapping, then what is carried to Gist."))
        return redirect("mapping", key)
    before = current_version(link)
    version = save_version(link, rows, user=request.user, name="Carried to Gist", carried=read_switches(request.POST))
    if before and version.pk != before.pk:
        messages.success(request, f"Version {version.number} is saved. What is on follows every change from now on.")
    return redirect("mapping", key)


def version_list(request: HttpRequest, key: str) -> HttpResponse:
    """All versions; `?from=2&to=3` compares two, without it the newest with the one before."""
    return render(request, "mapping/versions.html", mapping_versions_context(_link(key), request.GET))


@operators_only
def restore_version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """An old version becomes the newest; nothing is lost, it is published anew."""
    old = get_object_or_404(MappingVersion, link__key=key, number=number)
    rows, name = [as_input(row) for row in old.rows.all()], f"Restored from version {number}"
    try:
        read = read_number(request.POST.get("read", ""))
        version = save_version(old.link, rows, user=request.user, name=name, read=read, carried=old.carried)
        messages.success(request, f"Version {number} is back, as version {version.number}.")
    except StaleSave as problem:
        report_problem(request, problem)
    return redirect("mapping_versions", key)
