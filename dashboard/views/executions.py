"""Executions of workflows: the history of one workflow, and one execution in full."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.htmx import render_part, told
from dashboard.paging import listing
from dashboard.payloads import text_of
from dashboard.permissions import operators
from dashboard.views.workflows import head_of
from dashboard.workflows.executions import steps_of
from dashboard.workflows.filters import ExecutionFilter, execution_rows
from integration.errors import SetupError
from integration.models import Execution, ExecutionState, Workflow
from integration.workflows import executions as domain
from integration.workflows.triggers import TRIGGERS


def runs(request: HttpRequest, pk: int) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("link"), pk=pk)
    wanted = ExecutionFilter(request.GET)
    rows = wanted.apply(execution_rows().filter(workflow=workflow))
    context = {**head_of(workflow, "runs"), **listing(wanted, rows, request.GET, "runs")}
    return render_part(request, "workflow_runs.html", "results", context)


def run(request: HttpRequest, pk: int) -> HttpResponse:
    whole = Execution.objects.select_related("workflow", "version", "link", "event")
    found = get_object_or_404(whole, pk=pk)
    context = {
        "execution": found,
        "workflow": found.workflow,
        "link": found.link,
        "trigger": TRIGGERS.get(found.trigger),
        "steps": steps_of(found),
        "may_retry": found.state not in (ExecutionState.DONE, ExecutionState.SKIPPED),
        "may_stop": not found.is_finished or found.state == ExecutionState.FAILED,
        "event": found.event,
        "body": text_of(found.event),
    }
    return render(request, "workflow_run.html", context)


@require_POST
@operators
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, domain.retry, "It goes on from the action whose turn it is, within seconds.")


@require_POST
@operators
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, domain.stop, "Stopped. What was done stays; the rest is left out.")


def _ask(request: HttpRequest, pk: int, do: Callable[[Execution, Any], None], said: str) -> HttpResponse:
    try:
        do(get_object_or_404(Execution, pk=pk), request.user)
        messages.success(request, said)
    except SetupError as problem:
        told(request, problem)
    return redirect("workflow_run", pk)
