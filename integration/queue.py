"""The way to the job queue; beside broker.py and cluster.py the only file that knows django-q."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule, Task
from django_q.signals import post_spawn
from django_q.signing import SignedPackage
from django_q.status import Stat
from django_q.tasks import async_task

from integration.models import Link

stopping: Any = None
"""In a worker process, the event that says its cluster is asked to stop (cluster.py)."""


def is_stopping() -> bool:
    """Whether a slice of this process should end, and leave the rest to others."""
    return stopping is not None and bool(stopping.is_set())


def enqueue(job: str, *args: Any) -> None:
    """Have a worker call `integration.jobs.<job>(*args)`, once the row changes around this are committed.

    Without Redis the queue is a table: the job is part of the same transaction. With Redis it is sent after the
    commit; if the process dies in between, the watchdog job finds the work without it.
    """
    # With `ack_failure` a job that raised counts as done: the watchdog takes up what is left, so the queue need not
    # deliver it again.
    path = f"integration.jobs.{job}"
    if settings.REDIS_URL:
        # Robust: the work is stored by now, so a broker that is away makes it late and must not look like a failure.
        transaction.on_commit(lambda: async_task(path, *args, ack_failure=True), robust=True)
    else:
        async_task(path, *args, ack_failure=True)


def call_worker(links: QuerySet[Link]) -> None:
    """Call a worker for these links, once until it comes."""
    for pk in links.filter(enabled=True, worker_called=False).values_list("pk", flat=True):
        # Mark and job in one transaction: a mark without a job would keep all later calls from being made.
        with transaction.atomic():
            if Link.objects.filter(pk=pk, worker_called=False).update(worker_called=True):
                enqueue("live", pk)


def links_called_for() -> set[int]:
    """Keys of the links for which a worker was called and did not come yet."""
    return set(Link.objects.filter(enabled=True, worker_called=True).values_list("pk", flat=True))


def when_worker_starts(callback: Callable[[], None]) -> None:
    """Have every new worker process call `callback` once, before its first job."""

    def receiver(**kwargs: Any) -> None:
        try:
            callback()
        except Exception:
            # The watchdog job does the same within a minute; a worker must start all the same.
            logging.getLogger(__name__).exception("a new worker could not look for lost work")

    # Nothing else refers to the receiver: held weakly, it would be gone at once.
    post_spawn.connect(receiver, weak=False, dispatch_uid="gistline:worker-starts")


def install_schedules(schedules: dict[str, int]) -> None:
    """Make the periodic jobs stand as given: job name to minutes. Others of ours are removed."""
    Schedule.objects.filter(name__startswith="gistline:").exclude(
        name__in=[f"gistline:{n}" for n in schedules]
    ).delete()
    for job, minutes in schedules.items():
        # Two hosts of an earlier version could each make one.
        twice = Schedule.objects.filter(name=f"gistline:{job}").order_by("pk")[1:]
        Schedule.objects.filter(pk__in=list(twice.values_list("pk", flat=True))).delete()
        Schedule.objects.update_or_create(
            name=f"gistline:{job}",
            defaults={
                "func": f"integration.jobs.{job}",
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
                "repeats": -1,
            },
        )


def forget_results(mentions: Callable[[Any], bool]) -> int:
    """Delete what is kept of finished jobs whose arguments or result mention somebody. How many."""
    kept = ((one.pk, [one.args, one.kwargs, one.result]) for one in Task.objects.iterator())
    return int(Task.objects.filter(pk__in=[pk for pk, values in kept if mentions(values)]).delete()[0])


def delete_jobs() -> None:
    """All that wait, taken or not."""
    get_broker().purge_queue()


def delete_results(before: datetime) -> None:
    """Of jobs that ended before this moment."""
    Task.objects.filter(stopped__lt=before).delete()


@dataclass(frozen=True)
class Health:
    """`workers` alive now; `queue_age_seconds` how long the oldest job waits, 0 when none does."""

    workers: int
    queue_age_seconds: float | None
    broker: bool


def check_queue() -> Health:
    """Never raises because of Redis: what cannot be asked is not there."""
    broker_up = bool(get_broker().ping())
    workers = sum(len(stat.workers) for stat in Stat.get_all()) if broker_up else 0
    return Health(workers, _queue_age() if broker_up else None, broker_up)


def _age_in_redis(now: datetime) -> float | None:
    broker = get_broker()
    # Workers take jobs from the end at which the oldest stands.
    oldest = broker.connection.lindex(broker.list_key, 0)
    if oldest is None:
        return 0.0
    try:
        started: datetime = SignedPackage.loads(oldest)["started"]
        return max(0.0, (now - started).total_seconds())
    except (BadSignature, KeyError, TypeError):
        # Of an earlier version, or signed with another key: no worker will read it either.
        return None


def _queue_age() -> float | None:
    """Seconds the oldest waiting job has waited; None when it does not say."""
    now = timezone.now()
    if settings.REDIS_URL:
        return _age_in_redis(now)
    # A job that a worker took is locked into the future, until its redelivery is due.
    oldest = OrmQ.objects.filter(lock__lte=now).order_by("lock").values_list("lock", flat=True).first()
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
