"""The filters of log entries, of all runs and of one, and the rows these lists are made of."""

from datetime import datetime

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters import LinkFilter, Rows, with_any
from dashboard.grants import visible
from dashboard.time_filters import SpanField, TimeFilter
from integration.models import Change, LogEntry, Outcome, Run, Snapshot
from integration.runs.ladder import FAILS
from integration.sync.reasons import REASONS


class LogFilter(LinkFilter, TimeFilter):
    outcome = forms.ChoiceField(choices=with_any("Any outcome", Outcome.choices), required=False)
    reason = forms.ChoiceField(
        choices=with_any("Any reason", [(code, reason.title) for code, reason in REASONS.items()]), required=False
    )
    run = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    field = forms.CharField(required=False, max_length=200)
    began = SpanField(required=False, max_length=80)
    open = forms.ChoiceField(choices=with_any("Open or resolved", [("yes", "Only open failures")]), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        found = Q(label__icontains=text) | Q(gist_id=text) | Q(ghl_id=text)
        if "@" in text:
            known = Snapshot.objects.filter(email=text.lower())
            found |= Q(gist_id__in=known.filter(side="gist").values("external_id"))
            found |= Q(ghl_id__in=known.filter(side="ghl").values("external_id"))
        return rows.filter(found)

    def by_outcome(self, rows: Rows, outcome: str) -> Rows:
        return rows.filter(outcome=outcome)

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)

    def by_run(self, rows: Rows, number: int) -> Rows:
        return rows.filter(run_id=number)

    def by_began(self, rows: Rows, span: tuple[datetime, datetime]) -> Rows:
        """Entries of runs that began within it: what a bar of the overview counts."""
        return rows.filter(run__in=Run.objects.filter(created_at__gte=span[0], created_at__lt=span[1]).order_by())

    def by_field(self, rows: Rows, field: str) -> Rows:
        """Entries that changed this field, alone or as one of a whole record."""
        changes = Change.objects.filter(entry=OuterRef("pk"))
        return rows.filter(Exists(changes.filter(Q(field=field) | Q(field="", after__has_key=field))))

    def by_open(self, rows: Rows, _: str) -> Rows:
        """Failures, and values that were left out, that no later attempt has settled."""
        return rows.filter(FAILS)


class EntryFilter(LogFilter):
    """The log of one run: link and run are given."""

    link = None  # type: ignore[assignment]
    run = began = None  # type: ignore[assignment]


def log_rows() -> QuerySet[LogEntry]:
    """Entries as lists show them, without the big columns that only an open entry needs."""
    return visible(LogEntry.objects.select_related("link").defer("calls").prefetch_related("changes"))
