"""What probes and monitors ask. These pages need no login."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from integration import queue
from integration.models import Connection, LogEntry, Run

log = logging.getLogger(__name__)


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when work can be taken: database, queue, at least one worker, no migration left to run."""
    facts = _facts()
    ready = all(facts[name] for name in ("database", "broker", "worker", "migrations"))
    return JsonResponse(facts, status=200 if ready else 503)


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = {
        "database": False, "broker": False, "worker": False, "queue_age_seconds": None, "migrations": False,
    }  # fmt: skip
    try:
        facts["migrations"] = not _migrations_left()
        facts["database"] = True
        health = queue.health()
    except DatabaseError:
        return facts
    except Exception as problem:
        # Each broker's library has errors of its own; a probe answers 503 whatever they are.
        log.warning("the job queue could not be asked: %s", type(problem).__name__)
        return facts
    facts |= {"broker": health.broker, "worker": health.workers > 0, "queue_age_seconds": health.queue_age_seconds}
    return facts


def _migrations_left() -> list[Any]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


@login_not_required
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for whoever has METRICS_TOKEN; when there is none, for this machine only."""
    if not _may_read_metrics(request):
        raise PermissionDenied("Metrics need the bearer token of METRICS_TOKEN, or a call from this machine.")
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return constant_time_compare(given, settings.METRICS_TOKEN)
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not proxied and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


def _registry() -> CollectorRegistry:
    registry, health = CollectorRegistry(), queue.health()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    _counted(registry, "gistline_runs", "Runs by status", "status", Run.objects.values_list("status"))
    today = LogEntry.objects.filter(run__created_at__gte=midnight, created_at__gte=midnight).values_list("outcome")
    _counted(registry, "gistline_log_entries_today", "Log entries since midnight by outcome", "outcome", today)
    known = Connection.objects.values_list("status")
    _counted(registry, "gistline_connections", "Connections by status", "status", known)
    Gauge("gistline_workers", "Workers alive", registry=registry).set(health.workers)
    if health.queue_age_seconds is not None:
        age = Gauge("gistline_queue_age_seconds", "How long the oldest waiting job has waited", registry=registry)
        age.set(health.queue_age_seconds)
    return registry


def _counted(registry: CollectorRegistry, name: str, help_text: str, label: str, rows: Any) -> None:
    gauge = Gauge(name, help_text, [label], registry=registry)
    for value, number in rows.annotate(number=Count("pk")).order_by():
        gauge.labels(value).set(number)
