"""What began apart goes on as one: two events about the same record, or a click on what an event was about."""

from collections.abc import Iterable

from integration.models import InboxEvent


def join_traces(traces: Iterable[str], into: str) -> None:
    """From now on what is found by one of these traces of events is found by the other, too (dashboard/traces)."""
    others = sorted({one for one in traces if one and one != into})
    if others and into:
        InboxEvent.objects.filter(trace__in=others, joined="").update(joined=into)
