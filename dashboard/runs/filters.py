"""The filter of the list of runs, and the rows it is made of."""

from django import forms
from django.db.models import Q, QuerySet

from dashboard.filters import LinkFilter, Rows, holding, with_any
from dashboard.grants import visible
from dashboard.links.env import with_sides
from dashboard.time_filters import TimeFilter
from integration.models import Run, RunKind, RunStatus


class RunFilter(LinkFilter, TimeFilter):
    status = forms.ChoiceField(choices=with_any("Any status", RunStatus.choices), required=False)
    kind = forms.ChoiceField(choices=with_any("Any kind", RunKind.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        number = text.replace(",", "")
        by_name = Q(link__name__icontains=text) | holding("error", text)
        return rows.filter(by_name | Q(pk=number) if number.isdecimal() and len(number) < 19 else by_name)

    def by_status(self, rows: Rows, status: str) -> Rows:
        return rows.filter(status=status)

    def by_kind(self, rows: Rows, kind: str) -> Rows:
        return rows.filter(kind=kind)


def run_rows() -> QuerySet[Run]:
    return with_sides(visible(Run.objects.select_related("started_by"))).defer("rules", "checkpoint", "target")
