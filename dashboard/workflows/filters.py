"""Filters of the workflow pages, and the rows these pages are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.db.models import Count, Q, QuerySet

from dashboard.clock import start_of_today
from dashboard.filters import Filter, LinkFilter, Rows, holding, with_any
from dashboard.grants import visible
from dashboard.links.env import with_sides
from integration.models import Execution, ExecutionState, Workflow
from integration.workflows.templates import TEMPLATES
from integration.workflows.triggers import TRIGGERS


class WorkflowFilter(LinkFilter):
    status = forms.ChoiceField(choices=with_any("On or off", [("on", "On"), ("off", "Off")]), required=False)
    template = forms.ChoiceField(
        choices=with_any("Any template", [(one.key, one.title) for one in TEMPLATES.values()]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(Q(name__icontains=text) | Q(link__name__icontains=text))

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(enabled=status == "on")

    def by_template(self, rows: Rows, key: str) -> Rows:
        return rows.filter(template=key)


class ExecutionFilter(Filter):
    state = forms.ChoiceField(choices=with_any("Any state", ExecutionState.choices), required=False)
    trigger = forms.ChoiceField(
        choices=with_any("Any trigger", [(one.key, one.title) for one in TRIGGERS.values()]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(
            holding("label", text) | Q(gist_id=text) | Q(ghl_id=text) | Q(facts__gist__email=text.lower())
        )

    def by_state(self, rows: Rows, state: str) -> Rows:
        return rows.filter(state=state)

    def by_trigger(self, rows: Rows, key: str) -> Rows:
        return rows.filter(trigger=key)


def workflow_rows() -> QuerySet[Workflow]:
    return with_sides(visible(Workflow.objects.all()))


def execution_rows() -> QuerySet[Execution]:
    """As lists show them, without the facts, which only an open one needs."""
    return Execution.objects.select_related("version").defer("facts", "version__definition")


@dataclass(frozen=True)
class Today:
    """How often a workflow began since midnight, and what became of it."""

    runs: int = 0
    failed: int = 0
    skipped: int = 0


def today_of(workflows: Iterable[Workflow]) -> dict[int, Today]:
    """By workflow; those that did not begin today are left out. One query for all."""
    begun = Execution.objects.filter(workflow__in=list(workflows), created_at__gte=start_of_today()).order_by()
    failed, skipped = (Count("pk", filter=Q(state=state)) for state in (ExecutionState.FAILED, ExecutionState.SKIPPED))
    counted = begun.values_list("workflow").annotate(runs=Count("pk"), failed=failed, skipped=skipped)
    return {pk: Today(*numbers) for pk, *numbers in counted}
