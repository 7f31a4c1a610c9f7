"""Figures of this installation: for its page in words, and for Prometheus."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max
from django.utils import timezone

from dashboard.clock import start_of_today
from integration import queue
from integration.models import EventState, InboxEvent, Link, Provider, Run


@dataclass(frozen=True)
class Figures:
    """Since midnight: `webhooks` by state, `calls` by provider, `handling` the mean seconds from a webhook's arrival
    until it was handled. `queue_age` in seconds, None when a backlog does not say it.
    """

    webhooks: dict[str, int]
    handling: float | None
    calls: dict[str, int]
    workers: int
    queue_age: float | None

    @property
    def received(self) -> int:
        return sum(self.webhooks.values())

    @property
    def refused(self) -> int:
        return self.webhooks.get(EventState.REFUSED, 0)

    @property
    def all_calls(self) -> int:
        return sum(self.calls.values())


def figures_of_today() -> Figures:
    midnight, health = start_of_today(), queue.check_queue()
    events = InboxEvent.objects.filter(received_at__gte=midnight)
    took = ExpressionWrapper(F("handled_at") - F("received_at"), output_field=DurationField())
    handled = events.filter(state=EventState.DONE).aggregate(mean=Avg(took))["mean"]
    return Figures(
        webhooks=dict(events.values_list("state").annotate(Count("pk")).order_by()),
        handling=handled.total_seconds() if handled else None,
        calls=calls_since(midnight),
        workers=health.workers,
        queue_age=health.queue_age_seconds,
    )


def calls_since(moment: datetime) -> dict[str, int]:
    """Calls of runs that began since then, by provider."""
    counts: Counter[str] = Counter(dict.fromkeys(Provider.values, 0))
    for calls in Run.objects.filter(created_at__gte=moment).values_list("api_calls", flat=True).iterator():
        counts.update(calls)
    return dict(counts)


def lag_by_link() -> dict[str, float]:
    """Seconds since the last run of each link that is on ended, by its key; a link without one is left out."""
    now = timezone.now()
    ended = Link.objects.filter(enabled=True).annotate(ended_at=Max("runs__finished_at")).exclude(ended_at=None)
    return {key: (now - at).total_seconds() for key, at in ended.values_list("key", "ended_at").order_by()}
