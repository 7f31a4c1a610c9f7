"""Which traces belong to one story, and the rows that stand under them."""

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import CharField

from dashboard.grants import visible, visible_events
from integration.models import InboxEvent, LogEntry, Run
from integration.trace import read_trace

# Webhooks are merged for seconds; so many that were merged one after the other are a storm.
MOST_JOINED = 500


class TraceInput(CharField):
    """A trace as it is pasted into a filter."""

    def clean(self, value: str) -> str:
        text = super().clean(value)
        if text and not read_trace(text):
            raise ValidationError("This is no trace: it has 16 digits and letters from a to f.")
        return read_trace(text)


def family_of(trace: str) -> set[str]:
    """The trace, and those of webhooks that were merged with what it is about, one after the other."""
    family, new = {trace}, {trace}
    while new and len(family) < MOST_JOINED:
        joined = visible_events(InboxEvent.objects.filter(Q(trace__in=new) | Q(joined__in=new)))
        rows = joined.order_by("pk").values_list("trace", "joined")[:MOST_JOINED]
        new = {one for row in rows for one in row if one} - family
        family |= new
    return family


def runs_of(traces: set[str]) -> QuerySet[Run]:
    return visible(Run.objects.filter(trace__in=traces))


def entries_of(traces: set[str]) -> QuerySet[LogEntry]:
    """What comes from these, and what stands in the runs of these."""
    runs = list(runs_of(traces).values_list("pk", flat=True))
    # By key: the index of each condition is used by itself.
    return visible(LogEntry.objects.filter(Q(trace__in=traces) | Q(run_id__in=runs)))
