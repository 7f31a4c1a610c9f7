"""The filters of log entries, of all runs and of one, and the rows these lists are made of."""

from datetime import datetime

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters import LinkFilter, Rows, holding, with_any
from dashboard.grants import sees_masks, visible
from dashboard.links.env import with_sides
from dashboard.time_filters import SpanField, TimeFilter
from dashboard.traces.family import TraceInput, entries_of, family_of
from integration.models import Change, LogEntry, Outcome, Run, Snapshot
from integration.people.search import SHORTEST_PART
from integration.records import SIDES
from integration.runs.ladder import FAILS
from integration.sync.reasons import REASONS
from integration.trace import read_trace

# People whose address may hold the text; whoever means fewer writes more of it.
MOST_PEOPLE = 500


class LogFilter(LinkFilter, TimeFilter):
    outcome = forms.ChoiceField(choices=with_any("Any outcome", Outcome.choices), required=False)
    reason = forms.ChoiceField(
        choices=with_any("Any reason", [(code, reason.title) for code, reason in REASONS.items()]), required=False
    )
    run = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    field = forms.CharField(required=False, max_length=200)
    began = SpanField(required=False, max_length=80)
    quiet = forms.ChoiceField(
        choices=with_any("Without “same value”", [("shown", "With “same value”")]), required=False
    )
    trace = TraceInput(required=False, max_length=40)
    open = forms.ChoiceField(choices=with_any("Open or resolved", [("yes", "Only open failures")]), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        found = holding("label", text) | Q(gist_id=text) | Q(ghl_id=text)
        if trace := read_trace(text):
            found |= Q(pk__in=entries_of(family_of(trace)).order_by().values("pk"))
        # Entries name people by their ids: whose address it is, or may be, their records say.
        if "@" in text or (len(text) >= SHORTEST_PART and " " not in text):
            by_address = {"email" if sees_masks() else "email__contains": text.lower()}
            known = visible(Snapshot.objects.filter(kind="contact", **by_address))
            for side in SIDES:
                ids = list(known.filter(side=side).values_list("external_id", flat=True)[:MOST_PEOPLE])
                found |= Q(**{f"{side}_id__in": ids})
        return rows.filter(found)

    def by_trace(self, rows: Rows, trace: str) -> Rows:
        return rows.filter(pk__in=entries_of(family_of(trace)).order_by().values("pk"))

    def by_outcome(self, rows: Rows, outcome: str) -> Rows:
        return rows.filter(outcome=outcome)

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)

    def by_run(self, rows: Rows, number: int) -> Rows:
        return rows.filter(run_id=number)

    def by_began(self, rows: Rows, span: tuple[datetime, datetime]) -> Rows:
        """Entries of runs that began within it: what a bar of the overview counts."""
        return rows.filter(run__in=Run.objects.filter(created_at__gte=span[0], created_at__lt=span[1]).order_by())

    def by_quiet(self, rows: Rows, _: str) -> Rows:
        return rows

    def apply(self, rows: Rows) -> Rows:
        """What was as wanted already is no news: it stands here only when it is asked for."""
        found: Rows = super().apply(rows)
        asked = self.values.keys() & {"quiet", "reason", "q", "outcome", "trace"}
        return found if asked else found.exclude(reason="same_value")

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
    return with_sides(visible(LogEntry.objects.prefetch_related("changes"))).defer("calls")


def with_run(rows: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """With what a row needs of its run to say its trace."""
    return rows.select_related("run").defer("calls", "run__rules", "run__checkpoint", "run__target")
