"""Pausing one thing of a link while the rest goes on: a mapping row, a workflow, a kind of record."""

from typing import Any

from integration.errors import SetupError
from integration.models import UNFINISHED, Execution, Link, Pause, Workflow
from integration.queue import call_worker

KINDS = {"task": "Tasks", "note": "Notes", "appointment": "Appointments"}


def pauses_of(link: Link, what: str) -> set[str]:
    return set(Pause.objects.filter(link=link, what=what).values_list("key", flat=True))


def pause(link: Link, what: str, key: str, user: Any = None, reason: str = "", *, automatic: bool = False) -> Pause:
    """Have it rest. Raises SetupError for something that the link does not have."""
    if not _exists(link, what, key):
        raise SetupError("There is no such thing on this link. Look at its page again.")
    facts = {"reason": reason[:300], "paused_by": user, "automatic": automatic}
    made, _ = Pause.objects.get_or_create(link=link, what=what, key=key, defaults=facts)
    return made


def resume(link: Link, what: str, key: str) -> None:
    """Have it go on, with what waited meanwhile."""
    Pause.objects.filter(link=link, what=what, key=key).delete()
    call_worker(Link.objects.filter(pk=link.pk))


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
