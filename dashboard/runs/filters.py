"""The filter of the list of runs, and the rows it is made of."""

from django import forms
from django.db.models import Q, QuerySet

from dashboard.filters import LinkFilter, Rows, holding, with_any
from dashboard.grants import visible
from dashboard.links.env import with_sides
from dashboard.time_filters import TimeFilter
from dashboard.traces.family import TraceInput, family_of
from integration.models import LogEntry, Run, RunKind, RunStatus
from integration.trace import read_trace


class RunFilter(LinkFilter, TimeFilter):
    status = forms.ChoiceField(choices=with_any("Any status", RunStatus.choices), required=False)
    kind = forms.ChoiceField(choices=with_any("Any kind", RunKind.choices), required=False)

    trace = TraceInput(required=False, max_length=40)

    def by_q(self, rows: Rows, text: str) -> Rows:
        if trace := read_trace(text):
            return self.by_trace(rows, trace)
        number = text.replace(",", "")
        by_name = Q(link__name__icontains=text) | holding("error", text)
        return rows.filter(by_name | Q(pk=number) if number.isdecimal() and len(number) < 19 else by_name)

    def by_trace(self, rows: Rows, trace: str) -> Rows:
        """What it began, and the runs in which stands what comes from it."""
        traces = family_of(trace)
        return rows.filter(Q(trace__in=traces) | Q(pk__in=LogEntry.objects.filter(trace__in=traces).values("run")))

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(status=status)

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        return rows.filter(kind=kind)


def run_rows() -> QuerySet[Run]:
    return with_sides(visible(Run.objects.select_related("started_by"))).defer("rules", "checkpoint", "target")
