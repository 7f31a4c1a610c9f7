"""One slice of a run, worked on under the link's lease; what ends or delays the run is put into a sentence."""

import logging
import time
from contextlib import closing
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from integration.connections.session import note_broken_login
from integration.errors import ProviderError, RateLimited, ReconnectRequired, Retryable, SetupError
from integration.models import COUNTS, Run, RunStatus
from integration.models.fields import UndecryptableValue
from integration.outage import DATABASE_ERRORS, connection_is_lost
from integration.runs.context import STOPPED, LeaseLost, RunContext, open_context
from integration.runs.finish import finish_run
from integration.runs.phases import run_phases
from integration.runs.recover import release_dead_lease
from integration.trace import log_facts

logger = logging.getLogger(__name__)

# Slices in a row that may fail for a passing reason before the run gives up; and for a key that this process does not
# know: about half an hour, in which the hosts are restarted with a new one. Another host's worker may know it now.
STUMBLES, STUMBLES_WITHOUT_KEY = 5, 33


def work_one_slice(run_id: int, owner: str, seconds: float) -> bool:
    """One slice of the run in this process, of about `seconds`. True when nothing is left to do for this run.

    Also False when somebody else works on it, or when it waits until a later time. Raises DATABASE_ERRORS when the
    database goes away meanwhile; the lease is this process's then still.
    """
    needed = ("status", "cancel_requested", "wait_until", "link__lease_owner")
    run = Run.objects.select_related("link").only(*needed).get(pk=run_id)
    if run.is_finished:
        return True
    if run.status == RunStatus.PAUSED and not run.cancel_requested:
        return False
    if run.wait_until and run.wait_until > timezone.now():
        return False
    link = run.link
    release_dead_lease(link)
    if not link.take_lease(owner, settings.RUN_LEASE_SECONDS):
        return False
    try:
        # Read again under the lease: another worker may have finished it while this one waited for its turn.
        run = Run.objects.select_related("link__gist", "link__ghl", "mapping").get(pk=run_id)
        if run.is_finished:
            return True
        with log_facts(trace=run.trace, run=run.pk, link=run.link.key):
            return _work_under_lease(run, owner, seconds)
    except LeaseLost:
        logger.warning("run %s: another process holds the link now", run.pk)
        return False
    finally:
        link.release_lease(owner)


def _work_under_lease(run: Run, owner: str, seconds: float) -> bool:
    if run.cancel_requested:
        finish_run(run, RunStatus.CANCELLED)
        return True
    if not _begin_slice(run):
        return False
    deadline = time.monotonic() + seconds

    def keep_lease() -> bool:
        return run.link.take_lease(owner, settings.RUN_LEASE_SECONDS)

    try:
        with closing(open_context(run, deadline, keep_lease)) as context:
            return _run_slice(run, context)
    except UndecryptableValue as unknown:
        _wait_for_key(run, unknown)
        return run.is_finished


def _begin_slice(run: Run) -> bool:
    """False for a run that rests: a person may have paused it after it was read."""
    run.status, run.wait_until, run.alive_at = RunStatus.RUNNING, None, timezone.now()
    run.started_at = run.started_at or timezone.now()
    began = {name: getattr(run, name) for name in ("status", "wait_until", "alive_at", "started_at")}
    return bool(Run.objects.filter(pk=run.pk).exclude(status=RunStatus.PAUSED).update(**began))


def _run_slice(run: Run, context: RunContext) -> bool:
    """Work on the slice and put what ends or delays the run into words."""
    try:
        finished = run_phases(context)
    except (LeaseLost, UndecryptableValue):
        # Somebody else's run now: nothing more may be written about it, not even why this slice ended. And a secret
        # may miss its key when the context is opened, too, so that is handled around both.
        raise
    except RateLimited as limit:
        # Not counted as a stumble: a limit is no fault, however often it is reached.
        _wait_until_later(run, limit.wait or 60, str(limit))
    except ReconnectRequired as broken:
        note_broken_login(run.link.connection(broken.provider or "ghl"), broken)
        _give_up(run, "reconnect", str(broken))
    except Retryable as problem:
        _count_stumble(run, problem.code, str(problem))
    except (ProviderError, SetupError) as problem:
        _give_up(run, getattr(problem, "code", "setup"), str(problem))
    except Exception as fault:
        _note_own_fault(run, fault)
    else:
        # Only slices that fail in a row count.
        run.checkpoint.stumbles = 0
        if context.capped:
            _ask_to_confirm(run)
            return False
        if not finished and Run.objects.filter(pk=run.pk, cancel_requested=True).exists():
            finish_run(run, RunStatus.CANCELLED)
        return run.is_finished
    return run.is_finished


def _note_own_fault(run: Run, fault: Exception) -> None:
    # Nothing can be written about it now, and it is no fault of the run: who called this goes on with it.
    if isinstance(fault, DATABASE_ERRORS) and connection_is_lost():
        raise fault
    logger.error("run %s: unexpected fault", run.pk, exc_info=fault)
    name = type(fault).__name__
    _count_stumble(run, "internal", f"Gistline met a fault of its own ({name}). Report it with the number of this run.")


def _ask_to_confirm(run: Run) -> None:
    # Counted in the database by the recorder: the object still holds what it was read with.
    run.refresh_from_db(fields=COUNTS)
    run.status, run.error_code = RunStatus.PAUSED, "change_cap"
    run.error = (
        f"This run has changed {run.created + run.updated:,} contacts and is not done; the link allows "
        f"{run.link.change_cap:,} before a person confirms. Look at its entries, then confirm or cancel it."
    )
    run.save(update_fields=["status", "error_code", "error"])


def _give_up(run: Run, code: str, sentence: str) -> None:
    finish_run(run, RunStatus.FAILED, code, sentence)


def _wait_until_later(run: Run, seconds: float, why: str) -> None:
    if Run.objects.filter(STOPPED, pk=run.pk, cancel_requested=False).exists():
        return  # It rests anyway, and goes on at once when it is resumed.
    run.status, run.wait_reason = RunStatus.WAITING, why[:200]
    run.wait_until = timezone.now() + timedelta(seconds=seconds)
    run.save(update_fields=["status", "wait_reason", "wait_until", "checkpoint"])


def _wait_for_key(run: Run, unknown: UndecryptableValue) -> None:
    """The login is as good as before, so it is not marked as broken."""
    logger.warning("run %s waits: a stored secret cannot be read with this process's ENCRYPTION_KEYS", run.pk)
    _count_stumble(run, unknown.code, str(unknown), STUMBLES_WITHOUT_KEY)


def _count_stumble(run: Run, code: str, sentence: str, most: int = STUMBLES) -> None:
    is_over_key = code == UndecryptableValue.code
    # How long a key was waited for says nothing of how often the API failed.
    if run.checkpoint.stumbled_over_key != is_over_key:
        run.checkpoint.stumbled_over_key, run.checkpoint.stumbles = is_over_key, 0
    run.checkpoint.stumbles += 1
    if run.checkpoint.stumbles >= most:
        tried = f"Tried {most} times with pauses; nothing is lost, sync again later."
        _give_up(run, code, f"{sentence} {tried}")
    else:
        _wait_until_later(run, min(60, 5 * 2 ** (run.checkpoint.stumbles - 1)), sentence)
