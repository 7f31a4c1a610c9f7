"""The figures that Prometheus reads."""

from typing import Any

from django.db.models import Count
from prometheus_client import CollectorRegistry, Gauge

from dashboard.clock import start_of_today
from integration import queue
from integration.models import Connection, LogEntry, Run


def build_registry() -> CollectorRegistry:
    registry, health = CollectorRegistry(), queue.check_queue()
    midnight = start_of_today()
    _add_counts(registry, "gistline_runs", "Runs by status", "status", Run.objects.values_list("status"))
    today = LogEntry.objects.filter(run__created_at__gte=midnight, created_at__gte=midnight).values_list("outcome")
    _add_counts(registry, "gistline_log_entries_today", "Log entries since midnight by outcome", "outcome", today)
    known = Connection.objects.values_list("status")
    _add_counts(registry, "gistline_connections", "Connections by status", "status", known)
    Gauge("gistline_workers", "Workers alive", registry=registry).set(health.workers)
    if health.queue_age_seconds is not None:
        age = Gauge("gistline_queue_age_seconds", "How long the oldest waiting job has waited", registry=registry)
        age.set(health.queue_age_seconds)
    return registry


def _add_counts(registry: CollectorRegistry, name: str, help_text: str, label: str, rows: Any) -> None:
    gauge = Gauge(name, help_text, [label], registry=registry)
    for value, number in rows.annotate(number=Count("pk")).order_by():
        gauge.labels(value).set(number)
