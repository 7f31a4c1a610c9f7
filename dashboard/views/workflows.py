"""Workflows: the list, the gallery, the editor with its test, and what belongs to one workflow as a whole."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from dashboard.filters import links as link_choices
from dashboard.htmx import go, render_part, told
from dashboard.paging import listing
from dashboard.permissions import operators, owners
from dashboard.workflows.drafts import Draft, act, differences, draft_of, read_draft
from dashboard.workflows.editor import Refusal, picker, refusal_of, view_of
from dashboard.workflows.fields import PROBLEMS, zone_of
from dashboard.workflows.filters import Today, WorkflowFilter, today_of, workflow_rows
from integration.errors import SetupError
from integration.models import Link, Workflow, WorkflowVersion
from integration.workflows import versions as domain
from integration.workflows.conditions import OPERATORS
from integration.workflows.definition import checked
from integration.workflows.rehearsal import rehearse
from integration.workflows.templates import TEMPLATES
from integration.workflows.triggers import TRIGGERS
from integration.workflows.who import person

FOCUS = {"add": "action", "open": "action", "add-condition": "condition"}
"""Where the cursor goes after a button of the editor."""


def workflows(request: HttpRequest) -> HttpResponse:
    wanted = WorkflowFilter(request.GET)
    context = listing(wanted, wanted.apply(workflow_rows()), request.GET, "workflows")
    context["today"] = today_of(context["page"].rows)
    return render_part(request, "workflows.html", "results", context)


@operators
def new(request: HttpRequest) -> HttpResponse:
    """The gallery: a template, a link, and on or off."""
    links = link_choices()[1:]
    only = links[0][0] if len(links) == 1 else ""
    context: dict[str, Any] = {"templates": TEMPLATES.values(), "links": links, "chosen": request.POST.get("template")}
    context["link_key"] = request.POST.get("link") or request.GET.get("link") or only
    if request.method == "POST":
        link = Link.objects.filter(key=context["link_key"]).first()
        context["problem"] = _missing(context["chosen"], link)
        if link and not context["problem"]:
            made = domain.create(link, context["chosen"], enabled="on" in request.POST, user=request.user)
            messages.success(request, _made(made))
            return redirect("workflow", made.pk)
    return render(request, "workflow_new.html", context, status=422 if context.get("problem") else 200)


def _missing(template: str | None, link: Link | None) -> str:
    if template not in TEMPLATES:
        return "Choose a template first."
    return "" if link else "Choose the link it works for."


def _made(workflow: Workflow) -> str:
    if workflow.enabled:
        return f"“{workflow.name}” is made and on. What happens from now on starts it."
    return f"“{workflow.name}” is made. It does nothing until it is switched on."


def _found(pk: int) -> Workflow:
    return get_object_or_404(Workflow.objects.select_related("link__gist", "link__ghl"), pk=pk)


def head_of(workflow: Workflow, tab: str) -> dict[str, Any]:
    """What the head of every page of a workflow shows."""
    newest = workflow.versions.select_related("created_by").defer("definition").first()
    today = today_of([workflow]).get(workflow.pk, Today())
    return {"workflow": workflow, "link": workflow.link, "tab": tab, "newest": newest, "today": today}


# The editor ---------------------------------------------------------------------------------------------


def workflow(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    if request.method == "POST":
        return _edit(request, found)
    return _editor(request, found, draft_of(found.definition))


@operators
def _edit(request: HttpRequest, found: Workflow) -> HttpResponse:
    draft = read_draft(request.POST)
    act(draft, request.POST)
    if request.POST.get("do") != "save":
        return _editor(request, found, draft)
    before = found.version
    try:
        version = domain.save(found, draft.definition(), user=request.user)
    except SetupError as problem:
        return _editor(request, found, draft, refusal_of(draft, problem))
    if version.number == before:
        messages.info(request, f"Nothing has changed since version {before}.")
    else:
        messages.success(
            request, f"Version {version.number} is saved. Runs that have begun keep to the one they began with."
        )
    return go(request, "workflow", found.pk)


def _editor(
    request: HttpRequest, found: Workflow, draft: Draft, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    view = view_of(found.link, draft, refusal)
    context = {
        **head_of(found, "steps"),
        "view": view,
        "changes": differences(found.definition, draft.definition()),
        "triggers": TRIGGERS.values(),
        "operators": OPERATORS.values(),
        "picker": picker(),
        "zone": zone_of(found.link) if view.has_moment else "",
        "template": TEMPLATES.get(found.template),
        "focus": FOCUS.get(request.POST.get("do", "").partition(":")[0], ""),
        **more,
    }
    return render_part(request, "workflow.html", "editor", context)


@require_POST
@operators
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """A dry run with one real person: of the draft where the form holds one, else of what is saved."""
    found = _found(pk)
    draft = read_draft(request.POST) if "draft" in request.POST else draft_of(found.definition)
    who = request.POST.get("who", "").strip()
    said = {"who": who, **_tried(found.link, draft, who)}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "components/rehearsal.html", {"link": found.link, **said})
    return _editor(request, found, draft, **said)


def _tried(link: Link, draft: Draft, who: str) -> dict[str, Any]:
    """The rehearsal, or what is in its way in a sentence."""
    try:
        definition = checked(draft.definition())
        one = person(link, who)
        zone_of(link)  # A dry run before the first real one: moments are to fall as they would then.
        return {"person": one, "rehearsal": rehearse(link, definition, gist_id=one.gist_id, ghl_id=one.ghl_id)}
    except SetupError as problem:
        return {"trouble": capfirst(problem.problem)}
    except PROBLEMS as problem:
        return {"trouble": str(problem)}


@require_POST
@operators
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    domain.switch(found, request.POST.get("on") == "1")
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "components/workflow_switch.html", {"workflow": found, "link": found.link, "swap": True})
    return redirect("workflow", pk)


# As a whole ---------------------------------------------------------------------------------------------


def settings(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    context = {**head_of(found, "settings"), "template": TEMPLATES.get(found.template), "name": found.name}
    if request.method != "POST":
        return render(request, "workflow_settings.html", context)
    return _rename(request, found, context)


@operators
def _rename(request: HttpRequest, found: Workflow, context: dict[str, Any]) -> HttpResponse:
    name = request.POST.get("name", "")
    try:
        domain.rename(found, name)
    except SetupError as problem:
        found.refresh_from_db(fields=["name"])
        refused = {"name": name, "problem": capfirst(problem.problem)}
        return render(request, "workflow_settings.html", context | refused, status=422)
    messages.success(request, f"It is now called “{found.name}”.")
    return redirect("workflow_settings", found.pk)


@require_POST
@owners
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    if request.POST.get("confirm", "").strip() != found.name:
        messages.error(request, f"Nothing was deleted: the name typed is not “{found.name}”.")
        return redirect("workflow_settings", pk)
    found.delete()
    messages.success(request, f"“{found.name}” is deleted. What it did stays as it is on both sides, and in the log.")
    return redirect("workflows")


def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions; `?from=2&to=3` compares two, without it the newest with the one before."""
    workflow = _found(pk)
    found = list(workflow.versions.select_related("created_by"))
    by_number = {version.number: version for version in found}
    to = by_number.get(_number(request, "to")) or (found[0] if found else None)
    start = by_number.get(_number(request, "from")) or (by_number.get(to.number - 1) if to else None)
    lines = differences(start.definition if start else {}, to.definition if to else {})
    context = {**head_of(workflow, "versions"), "versions": found, "start": start, "to": to, "lines": lines}
    return render(request, "workflow_versions.html", context)


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@require_POST
@operators
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """An old version becomes the newest; nothing is lost, it is saved anew."""
    old = get_object_or_404(WorkflowVersion.objects.select_related("workflow"), workflow=pk, number=number)
    try:
        version = domain.save(old.workflow, old.definition, user=request.user)
        messages.success(request, f"Version {number} is back, as version {version.number}.")
    except SetupError as problem:
        told(request, problem)
    return redirect("workflow_versions", pk)
