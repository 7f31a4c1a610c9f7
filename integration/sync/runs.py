"""The life of a run: started by a person or a schedule, worked on in slices, taken up again after a kill."""

import logging
import os
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from integration.connections import note_broken_login, verify
from integration.errors import ProviderError, RateLimited, ReconnectRequired, Retryable, SetupError
from integration.mapping.versions import current_version
from integration.models import (
    ACTIVE_RUNS,
    ConnectionStatus,
    Execution,
    Link,
    LogEntry,
    Mode,
    Outcome,
    Pair,
    Run,
    RunKind,
    RunStatus,
    Snapshot,
)
from integration.queue import enqueue
from integration.sync.closing import finish
from integration.sync.slices import LeaseLost, Slice
from integration.workflows import executions

log = logging.getLogger(__name__)
SIDES = ("gist", "ghl")

STUMBLES = 5
"""Slices in a row that may fail for a passing reason before the run gives up."""
QUIET_SECONDS = 30
"""A run without a sign of life for this long, whose link nobody holds, is taken up again."""


class AlreadyRunning(SetupError):
    """The link has an active run already: `run`."""

    def __init__(self, run: Run):
        super().__init__(f"Run {run.pk} of {run.link.name} is still going on. Wait for it, or cancel it.")
        self.run = run


# Starting -----------------------------------------------------------------------------------------------


def start(
    link: Link,
    kind: str = RunKind.FULL,
    *,
    dry_run: bool = False,
    user: Any = None,
    trigger: str = "person",
    target: dict[str, Any] | None = None,
    queued: bool = True,
) -> Run:
    """A new run, waiting for a worker, or for the caller when it is not `queued`.

    Raises SetupError, or AlreadyRunning when the link is busy.
    """
    _check_ready(link, patient=trigger in ("person", "command"))
    mapping = current_version(link)
    if mapping is None or not mapping.rows.exists():
        raise SetupError(f"{link.name} has no mapping yet. Open its mapping and save at least one row.")
    if kind == RunKind.INCREMENTAL and not link.full_run_at:
        kind = RunKind.FULL
    try:
        with transaction.atomic():
            run = Run.objects.create(
                link=link,
                kind=kind,
                dry_run=dry_run or link.mode == Mode.WATCH,
                started_by=user,
                trigger=trigger,
                mapping=mapping,
                target=target or {},
            )
            if queued:
                enqueue("work_on_run", run.pk)
    except IntegrityError as busy:
        active = Run.objects.select_related("link").filter(link=link, status__in=ACTIVE_RUNS).first()
        if active:
            raise AlreadyRunning(active) from busy
        raise
    return run


LOOK_AGAIN_MINUTES = 10


def _check_ready(link: Link, patient: bool = True) -> None:
    """Raises SetupError when the link is off or a login is broken.

    What broke a login may have passed, as when a location is reactivated: a person who asks has it checked again,
    a schedule does so now and then.
    """
    if not link.enabled:
        raise SetupError(f"{link.name} is paused. Switch it on first.")
    for connection in link.connections.values():
        looked = connection.checked_at and timezone.now() - connection.checked_at
        long_ago = not looked or looked > timedelta(minutes=LOOK_AGAIN_MINUTES)
        if connection.status == ConnectionStatus.RECONNECT and (patient or long_ago):
            verify(connection)
        if connection.needs_person:
            raise SetupError(
                f"{connection.name} needs a new login before {link.name} can sync: {connection.status_reason}"
            )


def retry_entry(entry: LogEntry, user: Any = None) -> Run | None:
    """Try one failed person again; None when it was a workflow's action, which goes on without a run of its own.

    Raises SetupError when there is nothing to retry.
    """
    if not entry.can_retry:
        raise SetupError("This entry did not fail, or a later attempt settled it: there is nothing to retry.")
    if entry.execution:
        executions.retry(entry.execution, user)
        return None
    return _retry(entry.link, [entry], user)


def retry_failed(run: Run, user: Any = None) -> Run | None:
    """Try everyone again whose failure in `run` is still open; None when there is nobody."""
    failed = run.entries.filter(outcome=Outcome.FAILED, resolved_at=None)
    for execution in Execution.objects.filter(pk__in=failed.exclude(execution=None).values("execution")):
        executions.retry(execution, user)
    entries = list(failed.filter(kind="contact"))
    return _retry(run.link, entries, user) if entries else None


def _retry(link: Link, entries: list[LogEntry], user: Any, trigger: str = "person") -> Run:
    people = [{"gist": entry.gist_id, "ghl": entry.ghl_id} for entry in entries]
    target = {"people": people, "entries": [entry.pk for entry in entries]}
    return start(link, RunKind.RETRY, user=user, target=target, trigger=trigger)


def sync_one(pair: Pair, user: Any = None) -> Run:
    """Compare and write one person now."""
    target = {"people": [{"gist": pair.gist_id, "ghl": pair.ghl_id}]}
    return start(pair.link, RunKind.SINGLE, user=user, target=target)


def cancel(run: Run) -> None:
    """Ask the run to stop after what is under way; one that nobody works on ends at once."""
    Run.objects.filter(pk=run.pk, status__in=ACTIVE_RUNS).update(cancel_requested=True)
    link = Link.objects.get(pk=run.link_id)
    owner = f"cancel:{process_name()}"
    if link.take_lease(owner, 5):
        run.refresh_from_db()
        if run.is_active:
            finish(run, RunStatus.CANCELLED)
        link.release_lease(owner)


# Working ------------------------------------------------------------------------------------------------


def work(run_id: int, owner: str, seconds: float) -> bool:
    """One slice of the run in this process, of about `seconds`. True when nothing is left to do for this run.

    Also False when somebody else works on it, or when it waits until a later time.
    """
    run = Run.objects.select_related("link__gist", "link__ghl", "mapping").get(pk=run_id)
    if run.is_finished:
        return True
    if run.status == RunStatus.PAUSED and not run.cancel_requested:
        return False
    if run.wait_until and run.wait_until > timezone.now():
        return False
    _forget_dead_writer(run.link)
    if not run.link.take_lease(owner, settings.RUN_LEASE_SECONDS):
        return False
    try:
        run.refresh_from_db()
        if run.is_finished:
            return True
        return _work(run, owner, seconds)
    except LeaseLost:
        log.warning("run %s: another process holds the link now", run.pk)
        return False
    finally:
        run.link.release_lease(owner)


def _work(run: Run, owner: str, seconds: float) -> bool:
    if run.cancel_requested:
        finish(run, RunStatus.CANCELLED)
        return True
    run.status, run.wait_until, run.alive_at = RunStatus.RUNNING, None, timezone.now()
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["status", "wait_until", "alive_at", "started_at"])
    part = Slice(run, time.monotonic() + seconds, lambda: run.link.take_lease(owner, settings.RUN_LEASE_SECONDS))
    try:
        return _slice(run, part)
    finally:
        part.exchange.close()
        part.save()


def _slice(run: Run, part: Slice) -> bool:
    """Work on the slice and put what ends or delays the run into words."""
    try:
        finished = part.work()
    except LeaseLost:
        raise
    except RateLimited as limit:
        _wait(run, limit.wait or 60, str(limit))
    except ReconnectRequired as broken:
        note_broken_login(run.link.connection(broken.provider or "ghl"), broken)
        _give_up(run, "reconnect", str(broken))
    except Retryable as problem:
        _stumble(run, problem.code, f"{problem} Tried {STUMBLES} times with pauses; nothing is lost, sync again later.")
    except (ProviderError, SetupError) as problem:
        _give_up(run, getattr(problem, "code", "setup"), str(problem))
    except Exception as fault:
        log.exception("run %s: unexpected fault", run.pk)
        _stumble(run, "internal", f"Gistline met a fault of its own ({type(fault).__name__}). Report it with this run.")
    else:
        run.checkpoint.pop("stumbles", None)
        if part.capped:
            _ask_to_confirm(run)
            return False
        if not finished and Run.objects.filter(pk=run.pk, cancel_requested=True).exists():
            finish(run, RunStatus.CANCELLED)
        return run.is_finished
    return run.is_finished


def _ask_to_confirm(run: Run) -> None:
    run.status, run.error_code = RunStatus.PAUSED, "change_cap"
    run.error = (
        f"This run has changed {run.created + run.updated:,} contacts and is not done; the link allows "
        f"{run.link.change_cap:,} before a person confirms. Look at its entries, then confirm or cancel it."
    )
    run.save(update_fields=["status", "error_code", "error"])


def confirm(run: Run, user: Any = None) -> None:
    """Let a run that waits at its cap go on. Raises SetupError when it does not wait."""
    waiting = Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED, error_code="change_cap")
    target = {**run.target, "confirmed": str(user or "person")}
    with transaction.atomic():
        if not waiting.update(status=RunStatus.QUEUED, error_code="", error="", target=target):
            raise SetupError(f"Run {run.pk} does not wait to be confirmed.")
        enqueue("work_on_run", run.pk)


def _give_up(run: Run, code: str, sentence: str) -> None:
    finish(run, RunStatus.FAILED, code, sentence)


def _wait(run: Run, seconds: float, why: str) -> None:
    run.status, run.wait_reason = RunStatus.WAITING, why[:200]
    run.wait_until = timezone.now() + timedelta(seconds=seconds)
    run.save(update_fields=["status", "wait_reason", "wait_until", "checkpoint"])


def _stumble(run: Run, code: str, sentence: str) -> None:
    stumbles = run.checkpoint.get("stumbles", 0) + 1
    run.checkpoint["stumbles"] = stumbles
    if stumbles >= STUMBLES:
        _give_up(run, code, sentence)
    else:
        _wait(run, min(60, 5 * 2 ** (stumbles - 1)), sentence)


# Taking up again ----------------------------------------------------------------------------------------


def process_name() -> str:
    """Names this process for leases: host, process id, and when it began, since ids are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}"


def _began(pid: int) -> str:
    """When the process began, in clock ticks since boot; "" where the system does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _forget_dead_writer(link: Link) -> None:
    """Free the lease of a process of this machine that is no more, without waiting for its end."""
    host, _, rest = link.lease_owner.removeprefix("cancel:").partition(":")
    pid, _, began = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit() or not began:
        return
    if _began(int(pid)) != began:
        link.release_lease(link.lease_owner)


def pick_up_lost_runs() -> int:
    """Give work back to the queue that nobody does: its process was killed, or its wait is over."""
    now = timezone.now()
    silent = Q(alive_at__lt=now - timedelta(seconds=QUIET_SECONDS)) | Q(
        alive_at=None, created_at__lt=now - timedelta(seconds=QUIET_SECONDS)
    )
    waited = Q(status=RunStatus.WAITING, wait_until__lte=now)
    lost = 0
    for run in (
        Run.objects.select_related("link")
        .filter(status__in=ACTIVE_RUNS)
        .exclude(Q(wait_until__gt=now) | Q(status=RunStatus.PAUSED))
    ):
        _forget_dead_writer(run.link)
        run.link.refresh_from_db(fields=["lease_owner", "lease_until"])
        held = run.link.lease_owner and run.link.lease_until and run.link.lease_until > now
        orphaned = not run.link.lease_owner and run.status == RunStatus.RUNNING
        if not held and (orphaned or Run.objects.filter(silent | waited, pk=run.pk).exists()):
            enqueue("work_on_run", run.pk)
            lost += 1
    return lost


def retry_due() -> int:
    """Start retries of people whose next try has come. Returns for how many links."""
    due = Snapshot.objects.filter(retry_at__lte=timezone.now(), fresh__isnull=False, parked=False)
    started = 0
    for link in Link.objects.select_related("gist", "ghl").filter(enabled=True, pk__in=due.values("link")):
        ids = {
            side: list(due.filter(link=link, side=side).values_list("external_id", flat=True)[:500]) for side in SIDES
        }
        about = Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])
        failures = list(link.log_entries.filter(about, kind="contact", outcome=Outcome.FAILED, resolved_at=None))
        try:
            started += bool(failures and _retry(link, failures, None, trigger="retry"))
        except SetupError as problem:
            log.info("link %s: nothing retried: %s", link.key, problem)
    return started


CIRCLE_HOURS = 24
"""A sweep starts when nobody read everyone for this long."""


def start_due_runs() -> int:
    """Start the runs whose time has come: a sweep when the last circle is old, else an incremental one.

    The first run of a link is started by a person; when a broken login ended it, it is started again after that.
    """
    started = 0
    links = Link.objects.select_related("gist", "ghl").filter(enabled=True).exclude(schedule_minutes=0)
    for link in links:
        last = link.runs.order_by("-id").first()
        if not link.full_run_at and not (last and last.error_code == "reconnect" and not last.dry_run):
            continue
        due = timezone.now() - timedelta(minutes=link.schedule_minutes)
        if last and (last.is_active or (last.finished_at and last.finished_at > due)):
            continue
        try:
            old = link.full_run_at and link.full_run_at < timezone.now() - timedelta(hours=CIRCLE_HOURS)
            start(link, RunKind.SWEEP if old else RunKind.INCREMENTAL, trigger="schedule")
            started += 1
        except SetupError as problem:
            log.info("link %s: not started: %s", link.key, problem)
    return started
