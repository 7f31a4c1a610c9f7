"""The log: every decision and write, with its reason, and one entry in full."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.filters import LogFilter, log_rows
from dashboard.htmx import render_part, told
from dashboard.paging import listing
from dashboard.permissions import operators
from integration.errors import ProviderError, SetupError
from integration.models import LogEntry
from integration.sync import runs as domain

LONGEST_CHAIN = 10


def log(request: HttpRequest) -> HttpResponse:
    wanted = LogFilter(request.GET)
    rows = wanted.apply(log_rows())
    return render_part(request, "log.html", "results", listing(wanted, rows, request.GET, "entries"))


def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: its own page, or, asked by a row of a list, that row opened (or closed) in place."""
    found = get_object_or_404(LogEntry.objects.select_related("link", "run", "pair"), pk=pk)
    opened = request.GET.get("row") != "closed"
    context = {
        "entry": found,
        "link": found.link,
        "attempts": attempts_of(found) if opened else [],
        "is_open": opened,
        "of_run": request.GET.get("of") == "run",
    }
    return render_part(request, "log_entry.html", "row", context)


def attempts_of(found: LogEntry) -> list[LogEntry]:
    """Earlier and later attempts for the same record, oldest first, `found` among them."""
    chain = [found]
    while chain[0].parent_id and len(chain) < LONGEST_CHAIN:
        earlier = LogEntry.objects.filter(pk=chain[0].parent_id).defer("calls", "changes").first()
        if earlier is None:
            break
        chain.insert(0, earlier)
    later = LogEntry.objects.filter(parent=found).defer("calls", "changes").order_by("pk")
    return [*chain, *later[:LONGEST_CHAIN]]


@require_POST
@operators
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        run = domain.retry_entry(get_object_or_404(LogEntry, pk=pk), user=request.user)
    except (SetupError, ProviderError) as problem:
        told(request, problem)
        return redirect("log_entry", pk)
    if run is None:
        messages.success(request, "The workflow goes on from this action.")
        return redirect("log_entry", pk)
    return redirect("run", run.pk)
