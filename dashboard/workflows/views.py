"""Workflows: the list, the gallery, the editor with its test, and what belongs to one workflow as a whole."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst

from dashboard.confirmation import is_name_typed
from dashboard.filters import link_choices
from dashboard.grants import describe_problem, visible
from dashboard.htmx import redirect_whole_page, render_partial, report_problem
from dashboard.inputs import read_number
from dashboard.lists import read_list, render_list
from dashboard.live.threads import wait_for_reading
from dashboard.permissions import operators_only, owners_only
from dashboard.versions import SAVE_OVER
from dashboard.workflows.context import LIST, head_of, newer_version, workflow_versions_context
from dashboard.workflows.drafts import Draft, apply_action, compare_definitions, draft_of, read_draft
from dashboard.workflows.editor import Refusal, action_groups, refusal_of, view_of
from dashboard.workflows.fields import PROBLEMS, READERS, ZONE, Options, learn_zone, read_options, zone_of
from dashboard.workflows.filters import WorkflowFilter, today_of, workflow_rows
from integration.conditions import OPERATORS
from integration.errors import Retryable, SetupError, StaleSave
from integration.models import Link, Workflow, WorkflowVersion, delete_row
from integration.people.find import find_person
from integration.workflows import versions as domain
from integration.workflows.actions import Input
from integration.workflows.definition import Definition, check_definition
from integration.workflows.dry_run import dry_run
from integration.workflows.templates import TEMPLATES, Template, with_setup
from integration.workflows.triggers import TRIGGERS

# Where the cursor goes after a button of the editor.
FOCUS = {"add": "action", "open": "action", "add-condition": "condition"}


def workflow_list(request: HttpRequest) -> HttpResponse:
    wanted = WorkflowFilter(request.GET)
    context = read_list(LIST, wanted, wanted.apply(workflow_rows()), request.GET)
    context["today"] = today_of(context["page"].rows)
    return render_list(request, "workflows/list.html", context)


@operators_only
def new_workflow(request: HttpRequest) -> HttpResponse:
    """The gallery: a template, a link, and on or off."""
    links = link_choices()[1:]
    only = links[0][0] if len(links) == 1 else ""
    context: dict[str, Any] = {"templates": TEMPLATES.values(), "links": links, "chosen": request.POST.get("template")}
    context["link_key"] = request.POST.get("link") or request.GET.get("link") or only
    if request.method == "POST":
        link = visible(Link.objects.filter(key=context["link_key"]), "pk").first()
        context["problem"] = _missing_choice(context["chosen"], link)
        if link and not context["problem"]:
            try:
                return _create_workflow(request, link, context["chosen"])
            except SetupError as problem:
                context["problem"] = capfirst(problem.problem)
    # What was asked and typed already stands in the form again.
    context["setups"] = [
        (one, [(known, setup_name(one, known), request.POST.get(setup_name(one, known), "")) for known in one.setup])
        for one in TEMPLATES.values() if one.setup
    ]  # fmt: skip
    return render(request, "workflows/new.html", context, status=422 if context.get("problem") else 200)


def setup_name(template: Template, known: Input) -> str:
    """What a value is called in the form of the gallery."""
    return f"{template.key}-{known.name}"


def _create_workflow(request: HttpRequest, link: Link, template: str) -> HttpResponse:
    asked = TEMPLATES[template].setup
    values = {one.name: request.POST.get(setup_name(TEMPLATES[template], one), "").strip() for one in asked}
    definition = with_setup(template, values) if asked else None
    on = "on" in request.POST
    made = domain.create_workflow(link, template, definition=definition, enabled=on, user=request.user)
    messages.success(request, _describe_new(made))
    return redirect("workflow", made.pk)


def _missing_choice(template: str | None, link: Link | None) -> str:
    if template not in TEMPLATES:
        return "Choose a template first."
    return "" if link else "Choose the link it works for."


def _describe_new(workflow: Workflow) -> str:
    if workflow.enabled:
        return f"“{workflow.name}” is made and on. What happens from now on starts it."
    return f"“{workflow.name}” is made. It does nothing until it is switched on."


def _find_workflow(pk: int) -> Workflow:
    return get_object_or_404(Workflow.objects.select_related("link__gist", "link__ghl"), pk=pk)


# The editor ---------------------------------------------------------------------------------------------


def workflow_editor(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find_workflow(pk)
    if request.method == "POST":
        return _edit_draft(request, found)
    return _render_editor(request, found, draft_of(found))


@operators_only
def _edit_draft(request: HttpRequest, found: Workflow) -> HttpResponse:
    draft = read_draft(request.POST)
    apply_action(draft, request.POST)
    action = request.POST.get("do", "")
    # Somebody who was shown what others saved since says which version is to be saved over.
    if action.startswith(SAVE_OVER):
        draft.read, action = read_number(action.removeprefix(SAVE_OVER)), "save"
    if action != "save":
        return _render_editor(request, found, draft)
    return _save_draft(request, found, draft)


def _save_draft(request: HttpRequest, found: Workflow, draft: Draft) -> HttpResponse:
    before = found.version
    try:
        version = domain.save_workflow_version(found, draft.definition(), user=request.user, read=draft.read)
    except SetupError as problem:
        return _render_editor(request, found, draft, refusal_of(draft, problem))
    except StaleSave:
        found.refresh_from_db(fields=["version", "definition"])
        return _render_editor(request, found, draft, refused="newer")
    # Saving what stands already makes no version.
    if version.number == before:
        messages.info(request, f"Nothing has changed since version {before}.")
    else:
        messages.success(
            request, f"Version {version.number} is saved. Runs that have begun keep to the one they began with."
        )
    return redirect_whole_page(request, "workflow", found.pk)


def _render_editor(
    request: HttpRequest, found: Workflow, draft: Draft, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    view = view_of(found.link, draft, refusal, _read_choices(found.link, request.GET.get("read", "")))
    newer = newer_version(found, draft.read)
    # A draft is compared with what it was made from, whatever was saved since.
    before = newer.opened if newer else found.definition
    context = {
        **head_of(found, "steps"),
        "view": view,
        "newer": newer,
        "changes": compare_definitions(before, draft.definition()),
        "triggers": TRIGGERS.values(),
        "operators": OPERATORS.values(),
        "action_groups": action_groups(),
        "zone": zone_of(found.link),
        "template": TEMPLATES.get(found.template),
        "focus": FOCUS.get(request.POST.get("do", "").partition(":")[0], ""),
        **more,
    }
    return render_partial(request, "workflows/editor.html", "editor", context)


def _read_choices(link: Link, kind: str) -> dict[str, Options]:
    """What the open action asks for once it stands: one kind of choices, or the location's time zone."""
    if kind not in (*READERS, ZONE):
        return {}
    try:
        if kind == ZONE:
            wait_for_reading(lambda: learn_zone(link))
            return {ZONE: Options()}
        return {kind: wait_for_reading(lambda: read_options(link, kind))}
    except Retryable as problem:
        return {kind: Options(problem=describe_problem(problem))}


@operators_only
def try_workflow(request: HttpRequest, pk: int) -> HttpResponse:
    """A dry run with one real person: of the draft where the form holds one, else of what is saved."""
    found = _find_workflow(pk)
    draft = read_draft(request.POST) if "draft" in request.POST else draft_of(found)
    contact = request.POST.get("contact", "").strip()
    result = {"contact": contact, **_try_draft(found.link, draft, contact)}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "workflows/_dry_run.html", {"link": found.link, **result})
    return _render_editor(request, found, draft, **result)


def _try_draft(link: Link, draft: Draft, contact: str) -> dict[str, Any]:
    """What a dry run would do, or what is in its way in a sentence."""
    try:
        definition = check_definition(draft.definition())
        return wait_for_reading(lambda: _try_definition(link, definition, contact))
    except SetupError as problem:
        return {"trouble": capfirst(problem.problem)}
    except PROBLEMS as problem:
        return {"trouble": describe_problem(problem)}


def _try_definition(link: Link, definition: Definition, contact: str) -> dict[str, Any]:
    person = find_person(link, contact)
    learn_zone(link)  # A dry run before the first real one: moments are to fall as they would then.
    return {"person": person, "dry_run": dry_run(link, definition, gist_id=person.gist_id, ghl_id=person.ghl_id)}


@operators_only
def switch_workflow(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find_workflow(pk)
    domain.switch_workflow(found, request.POST.get("on") == "1")
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "workflows/_switch.html", {"workflow": found, "link": found.link, "swap": True})
    return redirect("workflow", pk)


# As a whole ---------------------------------------------------------------------------------------------


def workflow_settings(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find_workflow(pk)
    context = {**head_of(found, "settings"), "template": TEMPLATES.get(found.template), "name": found.name}
    if request.method != "POST":
        return render(request, "workflows/settings.html", context)
    return _rename_workflow(request, found, context)


@operators_only
def _rename_workflow(request: HttpRequest, found: Workflow, context: dict[str, Any]) -> HttpResponse:
    name = request.POST.get("name", "")
    try:
        domain.rename_workflow(found, name)
    except SetupError as problem:
        found.refresh_from_db(fields=["name"])
        refused = {"name": name, "problem": capfirst(problem.problem)}
        return render(request, "workflows/settings.html", context | refused, status=422)
    messages.success(request, f"It is now called “{found.name}”.")
    return redirect("workflow_settings", found.pk)


@owners_only
def delete_workflow(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find_workflow(pk)
    if not is_name_typed(request, found.name):
        return redirect("workflow_settings", pk)
    delete_row(found)
    messages.success(request, f"“{found.name}” is deleted. What it did stays as it is on both sides, and in the log.")
    return redirect("workflows")


def version_list(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions; `?from=2&to=3` compares two, without it the newest with the one before."""
    return render(request, "workflows/versions.html", workflow_versions_context(_find_workflow(pk), request.GET))


@operators_only
def restore_version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """An old version becomes the newest; nothing is lost, it is saved anew."""
    old = get_object_or_404(WorkflowVersion.objects.select_related("workflow"), workflow=pk, number=number)
    try:
        read = read_number(request.POST.get("read", ""))
        version = domain.save_workflow_version(old.workflow, old.definition, user=request.user, read=read)
        messages.success(request, f"Version {number} is back, as version {version.number}.")
    except (SetupError, StaleSave) as problem:
        report_problem(request, problem)
    return redirect("workflow_versions", pk)
