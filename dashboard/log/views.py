"""The log: every decision and write, with its reason, and one entry in full."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from dashboard.htmx import render_partial, report_problem
from dashboard.links.env import with_sides
from dashboard.lists import render_list
from dashboard.log.context import attempts_of
from dashboard.log.filters import LogFilter, log_rows
from dashboard.log.search import read_log
from dashboard.permissions import operators_only, personal_data_only
from integration.errors import ProviderError, SetupError
from integration.models import LogEntry
from integration.privacy.masking import Mask, mask_calls
from integration.runs.start import retry_entry


def log(request: HttpRequest) -> HttpResponse:
    wanted = LogFilter(request.GET)
    return render_list(request, "log/list.html", read_log(wanted, log_rows(), request.GET))


def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: its own page, or, asked by a row of a list, that row opened (or closed) in place."""
    return _render_entry(request, pk, mask_calls)


@personal_data_only
def show_values(request: HttpRequest, pk: int) -> HttpResponse:
    """The entry with the values in its calls, which nobody sees without asking; the audit trail says who did."""
    return _render_entry(request, pk, lambda calls: calls)


def _render_entry(request: HttpRequest, pk: int, show: Mask) -> HttpResponse:
    found = get_object_or_404(with_sides(LogEntry.objects.select_related("run", "pair")), pk=pk)
    opened = request.GET.get("row") != "closed"
    context = {
        "entry": found,
        "calls": show(found.calls),
        "are_shown": request.method == "POST",
        "link": found.link,
        "attempts": attempts_of(found) if opened else [],
        "is_open": opened,
        "of_run": request.GET.get("of") == "run",
    }
    return render_partial(request, "log/detail.html", "row", context)


@operators_only
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        run = retry_entry(get_object_or_404(LogEntry, pk=pk), user=request.user)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("log_entry", pk)
    if run is None:
        messages.success(request, "The workflow goes on from this action.")
        return redirect("log_entry", pk)
    return redirect("run", run.pk)
