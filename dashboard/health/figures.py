"""Figures of this installation: for its page in words, and for Prometheus."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Min, OuterRef, Subquery
from django.utils import timezone

from dashboard.clock import start_of_today
from integration import queue
from integration.models import Connection, EventState, InboxEvent, Link, PendingRead, Provider, Run
from integration.providers.budgets.document import look_at_all
from integration.sync.parity import parity_of


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


def calls_by_outcome(connections: Iterable[Connection]) -> dict[tuple[str, str], int]:
    """All calls since an account was first called, by account and what came of them (integration/errors.py)."""
    documents = look_at_all({one.budget_key for one in connections})
    return {
        (account, outcome): calls
        for account, document in documents.items()
        for outcome, calls in document.get("outcomes", {}).items()
    }


def waiting_by_link() -> dict[str, float]:
    """Seconds that the oldest webhook not read yet waits on each link that is on, 0 where none does, by its key."""
    now = timezone.now()
    events = InboxEvent.objects.filter(state=EventState.WAITING).order_by().values_list("connection")
    by_connection = dict(events.annotate(since=Min("received_at")))
    read = PendingRead.objects.order_by().values_list("link").annotate(since=Min("first_at"))
    by_link = dict(read)
    found = {}
    for pk, key, *sides in Link.objects.filter(enabled=True).order_by().values_list("pk", "key", "gist", "ghl"):
        since = filter(None, (by_link.get(pk), *(by_connection.get(side) for side in sides)))
        found[key] = (now - min(since, default=now)).total_seconds()
    return found


def equal_share_by_link() -> dict[str, float]:
    """Of the people whom a link should have on both sides, the share who hold the same there; by its key."""
    keys = dict(Link.objects.filter(enabled=True).order_by().values_list("pk", "key"))
    parities = parity_of(keys)
    return {keys[pk]: one.equal / one.total for pk, one in parities.items() if one.total}


def lag_by_link() -> dict[str, float]:
    """Seconds since the last run of each link that is on ended, by its key; a link without one is left out."""
    now = timezone.now()
    last = Run.objects.filter(link=OuterRef("pk"), finished_at__isnull=False).order_by("-pk").values("finished_at")[:1]
    ended = Link.objects.filter(enabled=True).annotate(ended_at=Subquery(last)).exclude(ended_at=None)
    return {key: (now - at).total_seconds() for key, at in ended.values_list("key", "ended_at").order_by()}
