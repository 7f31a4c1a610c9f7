"""Runs: the list, and one run with its live progress."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.htmx import report_problem
from dashboard.lists import read_list, render_list
from dashboard.log.filters import EntryFilter, log_rows
from dashboard.models import Right
from dashboard.permissions import operators_only
from dashboard.plans.context import rules_written
from dashboard.rights import need_right
from dashboard.runs.context import LIST, count_open_failures, entry_list, progress_context
from dashboard.runs.filters import RunFilter, run_rows
from dashboard.runs.grouping import group_singles
from integration.errors import ProviderError, SetupError
from integration.models import Run
from integration.runs.control import cancel_run, confirm_run, pause_run, raise_cap, resume_run
from integration.runs.progress import waits_for_confirmation
from integration.runs.start import retry_failed


def runs(request: HttpRequest) -> HttpResponse:
    wanted = RunFilter(request.GET)
    context = read_list(LIST, wanted, wanted.apply(run_rows()), request.GET)
    # Whoever asks for one kind, or for one run, wants each of them.
    rows = context["page"].rows
    context["rows"] = rows if wanted.values.keys() & {"kind", "q"} else group_singles(rows)
    return render_list(request, "runs/list.html", context)


def run(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; asked by htmx while the run goes on, only its moving part."""
    found = get_object_or_404(Run.objects.select_related("link__gist", "link__ghl", "started_by", "mapping"), pk=pk)
    context = progress_context(found, live=request.GET.get("live") != "off")
    if request.htmx and request.htmx.target == "live":  # type: ignore[attr-defined]
        response = render(request, "runs/detail.html#live", context)
        if found.is_finished:
            response["HX-Refresh"] = "true"
        return response
    wanted = EntryFilter(request.GET)
    rows = wanted.apply(log_rows().filter(run=found))
    context |= read_list(entry_list(found), wanted, rows, request.GET)
    context |= {"open_failures": count_open_failures(found), "rules_written": rules_written(found)}
    return render_list(request, "runs/detail.html", context)


@operators_only
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run, pk=pk)
    if found.is_finished:
        messages.info(request, "This run had ended already: nothing was cancelled.")
    else:
        cancel_run(found)
        messages.success(request, "The run stops within a second or two. What was written stays.")
    return redirect("run", pk)


@operators_only
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run, pk=pk)
    return _carry_out(request, found, lambda: pause_run(found, request.user), "The run rests within a second or two.")


@operators_only
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run, pk=pk)
    return _carry_out(request, found, lambda: resume_run(found), "Resumed. The run goes on where it was.")


def _carry_out(request: HttpRequest, found: Run, command: Callable[[], None], done: str) -> HttpResponse:
    """An import goes on on its own page."""
    try:
        command()
        messages.success(request, done)
    except SetupError as problem:
        report_problem(request, problem)
    return redirect("imported" if found.import_file_id else "run", found.pk)


@operators_only
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a run that wants to change more than its link allows go on; `do`: raise, with a higher cap from now on."""
    found = get_object_or_404(Run.objects.select_related("link"), pk=pk)
    if not waits_for_confirmation(found):
        messages.info(request, "This run waits for no confirmation any more.")
        return redirect("run", pk)
    try:
        if request.POST.get("do") == "raise":
            # The cap is a rule of the link, and stays.
            need_right(request, Right.CHANGE_RULES)
            cap = raise_cap(found, request.user)
            messages.success(request, f"The cap of {found.link.name} is {cap:,} now, and the run goes on.")
        else:
            confirm_run(found, request.user)
            messages.success(request, "Confirmed. The run goes on.")
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
    return redirect("run", pk)


@operators_only
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        started = retry_failed(get_object_or_404(Run, pk=pk), user=request.user)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("run", pk)
    if started is None:
        messages.info(request, "Nothing to retry: every failure of this run is settled.")
        return redirect("run", pk)
    return redirect("run", started.pk)
