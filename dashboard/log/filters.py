"""The filters of log entries, of all runs and of one, and the rows these lists are made of."""

from datetime import datetime, timedelta

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from dashboard.filters import LinkFilter, Rows, holding, with_any
from dashboard.grants import sees_masks, visible
from dashboard.links.env import with_sides
from dashboard.time_filters import SpanField, TimeFilter
from dashboard.traces.family import TraceInput, entries_of, family_of
from integration.models import Change, Link, LogEntry, Outcome, Run, Snapshot
from integration.people.search import SHORTEST_PART
from integration.records import SIDES
from integration.runs.ladder import FAILS
from integration.sync.reasons import REASONS
from integration.trace import read_trace

# People whose address may hold the text; whoever means fewer writes more of it.
MOST_PEOPLE = 500
# An entry is written long before another that was begun so much later, whatever the clocks of the hosts say.
LATEST_WRITE = timedelta(hours=1)
ABOVE_ALL_KEYS = 2**62


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
        """Along indexes where the text is a trace, or a whole address or id; each entry is compared otherwise."""
        if trace := read_trace(text):
            return self.by_trace(rows, trace)
        # Entries name people by their ids: whose address it is, or may be, their records say.
        known = Snapshot.objects.filter(link__in=visible(Link.objects.all(), "pk"), kind="contact", side__in=SIDES)
        whole = Q(gist_id=text) | Q(ghl_id=text)
        if "@" in text:
            whole |= _of_people(known.with_address(text.lower()))
        if rows.filter(whole).exists():
            return rows.filter(whole)
        self._text = text
        return rows

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

    # Keys and times grow together, and lists are in the order of keys: without a bound of its own, the database reads
    # everything that is newer than what was asked for.
    def by_since(self, rows: Rows, moment: datetime) -> Rows:
        older = LogEntry.objects.filter(created_at__lt=moment - LATEST_WRITE).order_by("-created_at").values("pk")[:1]
        found: Rows = super().by_since(rows, moment).filter(pk__gt=Coalesce(Subquery(older), Value(0)))
        return found

    def by_until(self, rows: Rows, moment: datetime) -> Rows:
        newer = LogEntry.objects.filter(created_at__gte=moment + LATEST_WRITE).order_by("created_at").values("pk")[:1]
        found: Rows = super().by_until(rows, moment).filter(pk__lt=Coalesce(Subquery(newer), Value(ABOVE_ALL_KEYS)))
        return found

    def narrow(self, rows: Rows) -> Rows:
        """What the filters leave along indexes. Where `compares`, each entry of that is to be compared as well.

        What was as wanted already is no news: it stands here only when it is asked for.
        """
        self._text = self._field = ""
        found: Rows = super().apply(rows)
        asked = self.values.keys() & {"quiet", "reason", "q", "outcome", "trace"}
        return found if asked else found.exclude(reason="same_value")

    @property
    def compares(self) -> bool:
        return bool(self._text or self._field)

    def compare(self, rows: Rows, oldest: int = 0) -> Rows:
        """Of entries from the key `oldest` on, those that hold the text and changed the field."""
        rows = rows.filter(pk__gte=oldest) if oldest else rows
        if text := self._text:
            found = holding("label", text)
            # Whoever sees masks has asked for a whole address, and nobody has it.
            if not sees_masks() and ("@" in text or (len(text) >= SHORTEST_PART and " " not in text)):
                known = visible(Snapshot.objects.filter(kind="contact", email__contains=text.lower()))
                found |= _of_people(known)
            rows = rows.filter(found)
        if field := self._field:
            # Alone, or as one of a whole record.
            changed = Q(field=field) | Q(field="", after__has_key=field)
            rows = rows.filter(Exists(Change.objects.filter(changed, entry=OuterRef("pk"), entry__gte=oldest)))
        return rows

    def apply(self, rows: Rows) -> Rows:
        found = self.narrow(rows)
        return self.compare(found) if self.compares else found

    def by_field(self, rows: Rows, field: str) -> Rows:
        self._field = field
        return rows

    def by_open(self, rows: Rows, _: str) -> Rows:
        """Failures, and values that were left out, that no later attempt has settled."""
        return rows.filter(FAILS)


class EntryFilter(LogFilter):
    """The log of one run: link and run are given."""

    link = None  # type: ignore[assignment]
    run = began = None  # type: ignore[assignment]


def _of_people(known: QuerySet[Snapshot]) -> Q:
    """The entries of these records."""
    ids: dict[str, list[str]] = {side: [] for side in SIDES}
    for side, external_id in known.values_list("side", "external_id")[:MOST_PEOPLE]:
        ids[side].append(external_id)
    return Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])


def log_rows() -> QuerySet[LogEntry]:
    """Entries as lists show them, without the big columns that only an open entry needs."""
    return with_sides(visible(LogEntry.objects.prefetch_related("changes"))).defer("calls")


def with_run(rows: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """With what a row needs of its run to say its trace."""
    return rows.select_related("run").defer("calls", "run__rules", "run__checkpoint", "run__target")
