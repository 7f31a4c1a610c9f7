"""Pausing one thing of a link while the rest goes on: a mapping row, a workflow, a kind of record."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone

from integration.errors import SetupError
from integration.models import UNFINISHED, Execution, ExecutionState, Link, Pause, Workflow
from integration.queue import call_worker
from integration.sync.reasons import OF_LOGIN

# A workflow rests by itself when of at least so many within an hour this share failed.
LEAST_FAILED, MOSTLY, WATCHED = 20, 0.9, timedelta(hours=1)
KINDS = {"task": "Tasks", "note": "Notes", "appointment": "Appointments"}


def pauses_of(link: Link, what: str) -> set[str]:
    return set(Pause.objects.resting().filter(link=link, what=what).values_list("key", flat=True))


def pause(link: Link, what: str, key: str, user: Any = None, reason: str = "", *, automatic: bool = False) -> Pause:
    """Have it rest. Raises SetupError for something that the link does not have."""
    if not _exists(link, what, key):
        raise SetupError("There is no such thing on this link. Look at its page again.")
    facts = {"reason": reason[:300], "paused_by": user, "automatic": automatic}
    made, _ = Pause.objects.get_or_create(link=link, what=what, key=key, resumed_at=None, defaults=facts)
    return made


def resume(link: Link, what: str, key: str) -> None:
    """Have it go on, with what waited meanwhile."""
    Pause.objects.resting().filter(link=link, what=what, key=key).update(resumed_at=timezone.now())
    call_worker(Link.objects.filter(pk=link.pk))


def pause_failing_workflows() -> int:
    """Have workflows rest of which almost everything failed within the last hour; how many. For the watchdog.

    Somebody who had one go on again decided that: only what failed since then counts.
    """
    now, paused = timezone.now(), 0
    for workflow in Workflow.objects.select_related("link").filter(enabled=True):
        key = str(workflow.pk)
        earlier = Pause.objects.filter(link=workflow.link, what=Pause.What.WORKFLOW, key=key)
        if earlier.resting().exists():
            continue
        went_on = earlier.aggregate(at=Max("resumed_at"))["at"]
        since = max(filter(None, (now - WATCHED, went_on)))
        failed, done = _count_executions(workflow, since)
        if failed >= LEAST_FAILED and failed >= MOSTLY * (failed + done):
            reason = f"{failed:,} of {failed + done:,} failed within an hour"
            pause(workflow.link, Pause.What.WORKFLOW, key, reason=reason, automatic=True)
            paused += 1
    return paused


def _count_executions(workflow: Workflow, since: datetime) -> tuple[int, int]:
    """How many failed, or wait for another try, and how many came to their end since then."""
    # What the login does not allow goes on by itself once it does: a rest, which only a person ends, would prevent it.
    mine = Execution.objects.filter(workflow=workflow).exclude(reason__in=OF_LOGIN)
    failed = Q(state=ExecutionState.FAILED, finished_at__gte=since)
    again = Q(state=ExecutionState.WAITING, tries__gt=0, created_at__gte=since)
    done = mine.filter(state=ExecutionState.DONE, finished_at__gte=since)
    return mine.filter(failed | again).count(), done.count()


def _exists(link: Link, what: str, key: str) -> bool:
    if what == Pause.What.KIND:
        return key in KINDS
    if what == Pause.What.WORKFLOW:
        return key.isdecimal() and len(key) < 18 and Workflow.objects.filter(link=link, pk=int(key)).exists()
    version = link.mapping_versions.order_by("-number").first()
    return version is not None and key in {row.key for row in version.rows.all()}


def describe_pause(found: Pause) -> str:
    """What rests, as people call it."""
    if found.what == Pause.What.KIND:
        return KINDS.get(found.key, found.key)
    if found.what == Pause.What.WORKFLOW:
        name = Workflow.objects.filter(pk=int(found.key)).values_list("name", flat=True).first()
        return f"Workflow “{name or 'deleted'}”"
    return f"Mapping row {found.key.replace('=', ' / ')}"


def waiting_executions(found: Pause) -> int:
    """How many executions of a workflow wait until it goes on."""
    if found.what != Pause.What.WORKFLOW:
        return 0
    return Execution.objects.filter(workflow=int(found.key), state__in=UNFINISHED).count()
