"""The filters of log entries, of all runs and of one, and the rows these lists are made of."""

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters import LinkFilter, Rows, with_any
from dashboard.grants import visible
from integration.models import Change, LogEntry, Outcome, Snapshot
from integration.runs.ladder import FAILS
from integration.sync.reasons import REASONS


class LogFilter(LinkFilter):
    outcome = forms.ChoiceField(choices=with_any("Any outcome", Outcome.choices), required=False)
    reason = forms.ChoiceField(
        choices=with_any("Any reason", [(code, reason.title) for code, reason in REASONS.items()]), required=False
    )
    run = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    field = forms.CharField(required=False, max_length=200)
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
    run = None  # type: ignore[assignment]


def log_rows() -> QuerySet[LogEntry]:
    """Entries as lists show them, without the big columns that only an open entry needs."""
    return visible(LogEntry.objects.select_related("link").defer("calls").prefetch_related("changes"))
