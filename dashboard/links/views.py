"""Links: two connections with the rules between them."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.confirmation import is_name_typed
from dashboard.grants import mask_answer, visible
from dashboard.htmx import redirect_whole_page, report_problem, wants_partial
from dashboard.links.cards import build_cards
from dashboard.links.context import LIST, link_context, links_with_version
from dashboard.links.filters import check_drafts, read_drafts
from dashboard.links.forms import LinkForm, NewLinkForm
from dashboard.links.making import map_usual_fields
from dashboard.lists import read_whole_list, render_list
from dashboard.permissions import operators_only, owners_only
from dashboard.rights import need_live
from integration.errors import ProviderError, SetupError
from integration.models import ACTIVE_RUNS, Connection, Link, RunKind, delete_row
from integration.runs.start import AlreadyRunning, start_run


def link_list(request: HttpRequest) -> HttpResponse:
    context = read_whole_list(LIST, lambda: build_cards(visible(Link.objects.select_related("gist", "ghl"), "pk")))
    return render_list(request, "links/list.html", context)


def link_detail(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(links_with_version(), key=key)
    form = LinkForm(instance=found)
    if request.method == "POST":
        return _save_settings(request, found)
    return render(request, "links/detail.html", link_context(found, form, request.user))


@operators_only
def _save_settings(request: HttpRequest, found: Link) -> HttpResponse:
    with transaction.atomic():
        # Locked, so that of two people who save at once the second sees what the first changed.
        form = LinkForm(request.POST, instance=Link.objects.select_for_update(no_key=True).get(pk=found.pk))
        if form.is_valid():
            if "mode" in form.changed_data or ("enabled" in form.changed_data and form.instance.enabled):
                # Whatever begins to write from here on is as good as the button that says so.
                need_live(request, form.instance)
            # Only its own fields: a run keeps the lease and the place of the sweep in other columns of this row.
            form.instance.save(update_fields=LinkForm.Meta.fields)
            messages.success(request, "The rules are saved. The next run works by them.")
            return redirect("link", found.key)
    found.refresh_from_db()
    mask_answer()
    return render(request, "links/detail.html", link_context(found, form, request.user), status=422)


@operators_only
def save_filters(request: HttpRequest, key: str) -> HttpResponse:
    """Change a row of the filters' form, or save both filters when its button says so."""
    found = get_object_or_404(links_with_version(), key=key)
    drafts = read_drafts(found, request.POST)
    checked = check_drafts(drafts) if request.POST.get("do") == "save" else None
    if checked:
        found.gist_filter, found.ghl_filter = checked["gist"], checked["ghl"]
        found.save(update_fields=["gist_filter", "ghl_filter"])
        messages.success(request, "The filters are saved. The next run decides everybody by them.")
        return redirect_whole_page(request, "link", found.key)
    mask_answer()
    status = 422 if any(one.is_refused for one in drafts) and not wants_partial(request) else 200
    template = "links/_filters.html" if wants_partial(request) else "links/detail.html"
    return render(request, template, link_context(found, LinkForm(instance=found), request.user, drafts), status=status)


@operators_only
def new_link(request: HttpRequest) -> HttpResponse:
    sides = set(Connection.objects.values_list("provider", flat=True))
    form = NewLinkForm(request.POST or None)
    if form.is_bound and form.is_valid():
        saved = form.save()
        map_usual_fields(saved, request.user)
        messages.success(
            request, f"“{saved.name}” is made, with the usual fields mapped. Look at the mapping, then sync."
        )
        return redirect("link", saved.key)
    context = {"form": form, "gist": "gist" in sides, "ghl": "ghl" in sides}
    return render(request, "links/new.html", context, status=422 if form.errors else 200)


@operators_only
def start_sync(request: HttpRequest, key: str) -> HttpResponse:
    """Start a run: `kind` full or incremental, `dry_run` to write nothing; `back` names the page it was asked on."""
    found = get_object_or_404(Link.objects.select_related("gist", "ghl"), key=key)
    kind = RunKind.FULL if request.POST.get("kind") == RunKind.FULL else RunKind.INCREMENTAL
    dry_run = "dry_run" in request.POST
    if not dry_run:
        need_live(request, found)
    try:
        run = start_run(found, kind, dry_run=dry_run, user=request.user)
    except AlreadyRunning as busy:
        messages.info(request, str(busy))
        return redirect("run", busy.run.pk)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("link", key)
    return redirect("match", key) if request.POST.get("back") == "match" else redirect("run", run.pk)


@owners_only
def delete_link(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Link, key=key)
    active = found.runs.filter(status__in=ACTIVE_RUNS).first()
    if active:
        messages.error(request, f"Run {active.pk} of “{found.name}” is still going on. Cancel it first.")
    elif is_name_typed(request, found.name):
        delete_row(found)
        messages.success(request, f"“{found.name}” is deleted. The contacts stay on both sides.")
        return redirect("links")
    return redirect("link", key)
