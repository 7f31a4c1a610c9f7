"""Executions of workflows: the history of one workflow, and one execution in full."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.htmx import report_problem
from dashboard.lists import read_list, render_list
from dashboard.payloads import text_of
from dashboard.permissions import operators_only
from dashboard.workflows.context import execution_list, head_of, steps_of
from dashboard.workflows.filters import ExecutionFilter, execution_rows
from integration.errors import SetupError
from integration.models import Execution, ExecutionState, Workflow
from integration.workflows import executions as domain
from integration.workflows.triggers import TRIGGERS


def execution_history(request: HttpRequest, pk: int) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("link__gist", "link__ghl"), pk=pk)
    wanted = ExecutionFilter(request.GET)
    rows = wanted.apply(execution_rows().filter(workflow=workflow))
    context = {**head_of(workflow, "runs"), **read_list(execution_list(workflow), wanted, rows, request.GET)}
    return render_list(request, "workflows/runs.html", context)


def execution_detail(request: HttpRequest, pk: int) -> HttpResponse:
    whole = Execution.objects.select_related("workflow", "version", "link", "event")
    found = get_object_or_404(whole, pk=pk)
    context = {
        "execution": found,
        "workflow": found.workflow,
        "link": found.link,
        "trigger": TRIGGERS.get(found.trigger),
        "steps": steps_of(found),
        # The same states as `retry_execution` refuses.
        "can_retry": found.state not in (ExecutionState.DONE, ExecutionState.SKIPPED),
        "can_stop": not found.is_finished or found.state == ExecutionState.FAILED,
        "event": found.event,
        "body": text_of(found.event),
    }
    return render(request, "workflows/run.html", context)


@operators_only
def retry_execution(request: HttpRequest, pk: int) -> HttpResponse:
    return _apply_command(
        request, pk, domain.retry_execution, "It goes on from the action whose turn it is, within seconds."
    )


@operators_only
def stop_execution(request: HttpRequest, pk: int) -> HttpResponse:
    return _apply_command(request, pk, domain.stop_execution, "Stopped. What was done stays; the rest is left out.")


def _apply_command(request: HttpRequest, pk: int, command: Callable[[Execution, Any], None], done: str) -> HttpResponse:
    try:
        command(get_object_or_404(Execution, pk=pk), request.user)
        messages.success(request, done)
    except SetupError as problem:
        report_problem(request, problem)
    return redirect("workflow_run", pk)
