"""The figures that Prometheus reads."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from prometheus_client import CollectorRegistry, Gauge

from dashboard.clock import start_of_today
from dashboard.health.figures import figures_of_today, lag_by_link
from integration.models import Connection, LogEntry, Run
from integration.providers.budgets.day import forecast_days


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
    forecasts = forecast_days({one.budget_key for one in Connection.objects.all()})
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
