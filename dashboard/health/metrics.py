"""The figures that Prometheus reads."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from prometheus_client import CollectorRegistry, Counter, Gauge

from dashboard.clock import start_of_today
from dashboard.health.figures import (
    calls_by_outcome,
    equal_share_by_link,
    figures_of_today,
    lag_by_link,
    waiting_by_link,
)
from integration.models import Connection, LogEntry, Run
from integration.providers.budgets.day import forecast_days
from integration.webhooks.memory import memory


def build_registry() -> CollectorRegistry:
    registry, figures = CollectorRegistry(), figures_of_today()
    midnight = start_of_today()
    _add_counts(registry, "gistline_runs", "Runs by status", "status", Run.objects.values_list("status"))
    today = LogEntry.objects.filter(run__created_at__gte=midnight, created_at__gte=midnight).values_list("outcome")
    _add_counts(registry, "gistline_log_entries_today", "Log entries since midnight by outcome", "outcome", today)
    known = Connection.objects.values_list("status")
    _add_counts(registry, "gistline_connections", "Connections by status", "status", known)
    _add_values(registry, "gistline_webhooks_today", "Webhooks since midnight by state", "state", figures.webhooks)
    _add_values(registry, "gistline_calls_today", "Calls of runs begun since midnight", "provider", figures.calls)
    _add_values(registry, "gistline_link_lag_seconds", "Since a link's last run ended", "link", lag_by_link())
    _add_values(
        registry,
        "gistline_link_oldest_waiting_seconds",
        "How long a link's oldest webhook waits",
        "link",
        waiting_by_link(),
    )
    _add_values(
        registry, "gistline_link_equal_ratio", "Share of a link's people who hold the same on both sides", "link",
        equal_share_by_link(),
    )  # fmt: skip
    connections = list(Connection.objects.defer("credentials"))
    calls = calls_by_outcome(connections)
    _add_totals(registry, "gistline_calls", "Calls by what came of them", ("account", "outcome"), calls)
    answered = dict(memory().answered)
    _add_totals(registry, "gistline_webhooks", "Webhooks that this process answered", ("provider", "verdict"), answered)
    forecasts = forecast_days({one.budget_key for one in connections})
    left = {account: one.left_today for account, one in forecasts.items() if one.left_today is not None}
    _add_values(registry, "gistline_calls_left_today", "Calls left of a daily allowance", "account", left)
    Gauge("gistline_workers", "Workers alive", registry=registry).set(figures.workers)
    if figures.queue_age is not None:
        age = Gauge("gistline_queue_age_seconds", "How long the oldest waiting job has waited", registry=registry)
        age.set(figures.queue_age)
    return registry


def _add_counts(registry: CollectorRegistry, name: str, help_text: str, label: str, rows: Any) -> None:
    gauge = Gauge(name, help_text, [label], registry=registry)
    for value, number in rows.annotate(number=Count("pk")).order_by():
        gauge.labels(value).set(number)


def _add_values(
    registry: CollectorRegistry, name: str, help_text: str, label: str, values: Mapping[str, float]
) -> None:
    gauge = Gauge(name, help_text, [label], registry=registry)
    for value, number in values.items():
        gauge.labels(value).set(number)


def _add_totals(
    registry: CollectorRegistry,
    name: str,
    help_text: str,
    labels: tuple[str, str],
    values: Mapping[tuple[str, str], int],
) -> None:
    """Prometheus adds `_total` to the name."""
    counter = Counter(name, help_text, labels, registry=registry)
    for of, number in values.items():
        counter.labels(*of).inc(number)
