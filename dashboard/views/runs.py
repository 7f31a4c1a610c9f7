"""Runs: the list, and one run with its live progress."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.filters import EntryFilter, RunFilter, log_rows, run_rows
from dashboard.htmx import render_part, told
from dashboard.paging import listing
from dashboard.permissions import operators
from dashboard.progress import progress_of, waits_for_confirmation
from integration.errors import ProviderError, SetupError
from integration.models import LogEntry, Outcome, Run
from integration.sync import runs as domain


def runs(request: HttpRequest) -> HttpResponse:
    wanted = RunFilter(request.GET)
    rows = wanted.apply(run_rows())
    return render_part(request, "runs.html", "results", listing(wanted, rows, request.GET, "runs"))


def run(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; asked by htmx while the run goes on, only its moving part."""
    found = get_object_or_404(Run.objects.select_related("link", "started_by", "mapping"), pk=pk)
    live = request.GET.get("live") != "off"
    context = {"run": found, "progress": progress_of(found), "live": live, "link": found.link}
    context["unconfirmed"] = waits_for_confirmation(found)
    if request.htmx and request.htmx.target == "live":  # type: ignore[attr-defined]
        response = render(request, "run.html#live", context)
        if found.is_finished:
            response["HX-Refresh"] = "true"
        return response
    wanted = EntryFilter(request.GET)
    rows = wanted.apply(log_rows().filter(run=found))
    context |= {"open_failures": _open_failures(found), **listing(wanted, rows, request.GET, "entries")}
    return render_part(request, "run.html", "results", context)


def _open_failures(found: Run) -> int:
    return LogEntry.objects.filter(run=found, outcome=Outcome.FAILED, resolved_at=None).count() if found.failed else 0


@require_POST
@operators
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    domain.cancel(get_object_or_404(Run, pk=pk))
    messages.success(request, "The run stops within a second or two. What was written stays.")
    return redirect("run", pk)


@require_POST
@operators
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a run that wants to change more than its link allows go on."""
    found = get_object_or_404(Run.objects.select_related("link"), pk=pk)
    if not waits_for_confirmation(found):
        messages.info(request, "This run waits for no confirmation any more.")
        return redirect("run", pk)
    try:
        domain.confirm(found, request.user)
        messages.success(request, "Confirmed. The run goes on.")
    except (SetupError, ProviderError) as problem:
        told(request, problem)
    return redirect("run", pk)


@require_POST
@operators
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        started = domain.retry_failed(get_object_or_404(Run, pk=pk), user=request.user)
    except (SetupError, ProviderError) as problem:
        told(request, problem)
        return redirect("run", pk)
    if started is None:
        messages.info(request, "Nothing to retry: every failure of this run is settled.")
        return redirect("run", pk)
    return redirect("run", started.pk)
