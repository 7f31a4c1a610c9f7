"""What a person says to a run under way: stop, rest, or go on although it changes more than the link allows."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from integration.errors import SetupError
from integration.models import ACTIVE_RUNS, PAUSED_BY_PERSON, Link, Run, RunStatus
from integration.queue import enqueue
from integration.runs.finish import finish_run
from integration.runs.prepare import describe_mapping_problems
from integration.runs.recover import process_name, release_dead_lease


def cancel_run(run: Run) -> None:
    """Ask the run to stop after what is under way; one that nobody works on ends at once."""
    # The flag first: a worker that takes the lease between these lines finds it and ends the run itself.
    Run.objects.filter(pk=run.pk, status__in=ACTIVE_RUNS).update(cancel_requested=True)
    link = Link.objects.get(pk=run.link_id)
    release_dead_lease(link)
    owner = f"cancel:{process_name()}"
    # Who holds the lease works on the run, and will see the flag within a second.
    if link.take_lease(owner, 5):
        run.refresh_from_db()
        if run.is_active:
            run.error_code, run.error = describe_mapping_problems(run)
            finish_run(run, RunStatus.CANCELLED)
        link.release_lease(owner)


def suggest_cap(run: Run) -> int:
    """A cap under which a run like this one asks nothing: twice what it has written, in round hundreds."""
    written = max(run.created + run.updated, run.link.change_cap, 50)
    return -(-2 * written // 100) * 100


def raise_cap(run: Run, user: Any = None) -> int:
    """Raise the link's cap to what is suggested, and let the run go on; the new cap. Raises SetupError."""
    cap = suggest_cap(run)
    with transaction.atomic():
        confirm_run(run, user)
        # Somebody may have raised it further meanwhile.
        Link.objects.filter(pk=run.link_id, change_cap__gt=0, change_cap__lt=cap).update(change_cap=cap)
    return cap


def confirm_run(run: Run, user: Any = None) -> None:
    """Let a run that waits at its cap go on. Raises SetupError when it does not wait."""
    waiting = Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED, error_code="change_cap")
    target = replace(run.target, confirmed=str(user or "person"))
    # The sentence about the cap stood in the place of what else is wrong with the run.
    code, error = describe_mapping_problems(run)
    with transaction.atomic():
        # One UPDATE asks and answers: of two people who confirm at once, one is told that it waits no more.
        if not waiting.update(status=RunStatus.QUEUED, error_code=code, error=error, target=target):
            raise SetupError(f"Run {run.pk} does not wait to be confirmed.")
        enqueue("work_on_run", run.pk)


def pause_run(run: Run, user: Any = None) -> None:
    """Have the run rest after what is under way, until it is resumed or cancelled. Raises SetupError.

    Whoever works on it sees the status within a second; no other run of the link begins meanwhile.
    """
    under_way = Run.objects.filter(pk=run.pk, cancel_requested=False)
    going = under_way.filter(status__in=(RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING))
    target = replace(run.target, paused_by=str(user or "a person"))
    if not going.update(status=RunStatus.PAUSED, error_code=PAUSED_BY_PERSON, target=target, wait_until=None):
        raise SetupError(f"Run {run.pk} is not under way: nothing was paused.")


def resume_run(run: Run) -> None:
    """Let a run go on that a person paused. Raises SetupError when it does not rest."""
    resting = Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED, error_code=PAUSED_BY_PERSON)
    code, error = describe_mapping_problems(run)
    with transaction.atomic():
        if not resting.update(status=RunStatus.QUEUED, error_code=code, error=error):
            raise SetupError(f"Run {run.pk} is not paused.")
        enqueue("work_on_run", run.pk)
