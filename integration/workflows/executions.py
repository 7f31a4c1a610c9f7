"""Executions at work: one action after the other, each put on record before the next begins.

    begun ─► facts, conditions ─► action 0 ─► on record ─► action 1 ─► … ─► done
                   └► skipped        └► failed for now: again later, from here; for good: parked until a person asks

Whoever writes the link works on them, a few people at once and one execution per person at a time. A call that must
not be carried out twice is noted before it is sent (`intent`), so that after a kill the action looks first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from integration.errors import ProviderError, Rejected, Retryable, SetupError, Unexpected
from integration.ladder import pause_before
from integration.models import UNFINISHED, Execution, ExecutionState, Hint, Link, LogEntry, Mode, Outcome, Pair, Run
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.operations import Json
from integration.queue import ring
from integration.related import deeds
from integration.related.deeds import About, Deed
from integration.workflows import placeholders
from integration.workflows.actions import ACTIONS, Action, Context
from integration.workflows.conditions import unmet
from integration.workflows.doing import put_on_record
from integration.workflows.facts import gather

AT_ONCE = 50
WAIT_ON_HOLD = timedelta(days=1)
"""Somebody on hold is looked at again so late; releasing them wakes their workflows."""
WAIT_FOR_CONTACT, WAIT_AT_MOST = timedelta(seconds=2), timedelta(minutes=10)
"""An execution for somebody who is about to be synced waits so long before it is looked at again, and in all."""
NEVER_CARRIED_OUT = ("rejected", "gone", "duplicate", "missing_scope")


def due_by(now: datetime) -> QuerySet[Execution]:
    """What can be worked on then; nothing of links that only watch.

    What a workflow was begun for later waits for what it was begun for earlier with the same person: a meeting must not
    be booked after it was cancelled.
    """
    same = Q(gist_id=OuterRef("gist_id")) & ~Q(gist_id="") | Q(ghl_id=OuterRef("ghl_id")) & ~Q(ghl_id="")
    earlier = Execution.objects.filter(
        same, workflow=OuterRef("workflow"), pk__lt=OuterRef("pk"), state__in=UNFINISHED, due_at__isnull=False
    )
    ready = Execution.objects.filter(state__in=UNFINISHED, due_at__lte=now, link__mode=Mode.LIVE)
    return ready.filter(~Exists(earlier))


def due(link: Link) -> QuerySet[Execution]:
    """What can be worked on now, the oldest first."""
    return due_by(timezone.now()).filter(link=link).order_by("due_at", "pk")


def next_due(link: Link) -> datetime | None:
    """When something can be worked on; None when nothing waits for its time."""
    found = due_by(datetime.max.replace(tzinfo=UTC)).filter(link=link).aggregate(at=Min("due_at"))
    at: datetime | None = found["at"]
    return at


def take(link: Link, *, begun: bool = False) -> list[Execution]:
    """The next ones to work on, of each person one; only those `begun` before, if so asked."""
    found: dict[str, Execution] = {}
    waiting = due(link).filter(facts__has_key="now") if begun else due(link)
    for one in waiting.select_related("workflow", "version")[:AT_ONCE]:
        found.setdefault(one.gist_id or one.ghl_id or f"execution {one.pk}", one)
    return list(found.values())


# One action ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Skipped:
    """The workflow is not for this person: why, in a sentence."""

    sentence: str


@dataclass(frozen=True)
class NotYet:
    """The person is about to be synced, or on hold; the execution waits for that."""

    pause: timedelta


Turn = Deed | Skipped | NotYet


def next_action(run: Run, execution: Execution, sides: Mapping[str, ContactSide]) -> Steps[Turn]:
    """The action whose turn it is, carried out. Raises ProviderError."""
    _find_person(execution)
    if _is_about_to_be_synced(execution):
        return NotYet(WAIT_FOR_CONTACT)
    if _is_on_hold(execution):
        return NotYet(WAIT_ON_HOLD)
    context = context_of(run, execution, sides)
    if "now" not in execution.facts:
        execution.facts = yield from gather(context, execution.version.definition)
        execution.save(update_fields=["facts"])
    if execution.step == 0 and (why := unmet(execution.version.definition, execution.facts)):
        return Skipped(why)
    return (yield from carry_out(action_of(execution), context))


def carry_out(action: Action, context: Context) -> Steps[Deed]:
    """The action with its values filled in. Raises Rejected for a value that cannot be."""
    execution = context.execution
    values = placeholders.fill(execution.actions[execution.step].get("values") or {}, execution.facts)
    blank = next((one for one in action.inputs if one.required and values.get(one.name) in (None, "", [])), None)
    if blank:
        raise Rejected(f"“{action.title}” needs {blank.label.lower()}: it is blank for this person.")
    return (yield from action.carry_out(context, values))


def context_of(run: Run, execution: Execution, sides: Mapping[str, ContactSide]) -> Context:
    key = f"execution:{execution.pk}:{execution.step}"
    return Context(run.link, execution, sides["gist"], sides["ghl"], key, execution.intent, run)


def action_of(execution: Execution) -> Action:
    return ACTIONS[execution.actions[execution.step]["do"]]


def note_sent(execution: Execution, sent: bool = True) -> None:
    """A call that must not be carried out twice is about to be sent; not `sent`: it was refused after all."""
    Execution.objects.filter(pk=execution.pk).update(intent=sent)
    execution.intent = sent


def _find_person(execution: Execution) -> None:
    """The person's id on the other side, once there is one."""
    if execution.gist_id and execution.ghl_id:
        return
    known = {"gist_id": execution.gist_id} if execution.gist_id else {"ghl_id": execution.ghl_id}
    pair = Pair.objects.filter(link_id=execution.link_id, kind="contact", state__in=Pair.TOGETHER, **known).first()
    if pair and any(known.values()):
        execution.gist_id, execution.ghl_id = pair.gist_id, pair.ghl_id
        execution.label = execution.label or pair.label
        execution.save(update_fields=["gist_id", "ghl_id", "label"])


def _is_about_to_be_synced(execution: Execution) -> bool:
    if (execution.gist_id and execution.ghl_id) or execution.created_at < timezone.now() - WAIT_AT_MOST:
        return False
    ids = [one for one in (execution.gist_id, execution.ghl_id) if one]
    return Hint.objects.filter(link_id=execution.link_id, kind="contact", external_id__in=ids).exists()


def _is_on_hold(execution: Execution) -> bool:
    held = Pair.objects.filter(link_id=execution.link_id, kind="contact", state=Pair.State.HELD)
    return held.filter(gist_id=execution.gist_id, ghl_id=execution.ghl_id).exists()


# What became of it ---------------------------------------------------------------------------------------


@transaction.atomic
def settle(run: Run, execution: Execution, turn: Turn | None, error: ProviderError | None, calls: list[Json]) -> None:
    """Put what an action came to on record, together with whose turn is next, unless somebody stopped it meanwhile."""
    there = Execution.objects.select_for_update().filter(pk=execution.pk).first()
    if error and there:
        _fail(run, execution, error, calls)
    elif isinstance(turn, NotYet):
        execution.due_at = timezone.now() + turn.pause
    elif isinstance(turn, Skipped):
        _end(execution, ExecutionState.SKIPPED, "condition", turn.sentence)
    elif turn:
        turn.calls = calls
        put_on_record(run, turn, _about(execution), execution if there else None)
        _resolve(execution)
        _move_on(execution)
    if there and there.is_finished:
        execution.save(update_fields=["step", "intent"])
        _resolve(execution)
    elif there:
        execution.save(update_fields=PROGRESS)


PROGRESS = ["state", "step", "intent", "tries", "due_at", "reason", "message", "finished_at"]


def _about(execution: Execution) -> About:
    return About(execution.gist_id, execution.ghl_id, execution.label)


def _move_on(execution: Execution) -> None:
    execution.step, execution.tries, execution.intent = execution.step + 1, 0, False
    execution.state, execution.due_at = ExecutionState.RUNNING, timezone.now()
    execution.reason = execution.message = ""
    if execution.step >= len(execution.actions):
        _end(execution, ExecutionState.DONE)


def _end(execution: Execution, state: ExecutionState, reason: str = "", message: str = "") -> None:
    execution.state, execution.reason, execution.message = state, reason, message
    execution.due_at, execution.finished_at = None, timezone.now()


def _fail(run: Run, execution: Execution, error: ProviderError, calls: list[Json]) -> None:
    """Again later what may pass; the rest is parked until a person asks. What was done before it stays done."""
    action = action_of(execution)
    deed = Deed(action.kind, action.title, action.side, error=error, calls=calls)
    if not _open_failures(execution).filter(message=deed.sentence).update(attempt=F("attempt") + 1):
        deeds.log(run, deed, _about(execution), execution)
    execution.tries += 1
    if error.code in NEVER_CARRIED_OUT:
        execution.intent = False
    pause = pause_before(execution.tries) if isinstance(error, Retryable | Unexpected) else None
    if pause is None:
        _end(execution, ExecutionState.FAILED, error.code, f"{action.title}: {error}")
        return
    execution.state, execution.due_at = ExecutionState.WAITING, timezone.now() + pause
    execution.reason, execution.message = error.code, f"{action.title}: {error}"


def _resolve(execution: Execution) -> None:
    """Earlier failures of this action are settled."""
    _open_failures(execution).update(resolved_at=timezone.now())


def _open_failures(execution: Execution) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(execution=execution, outcome=Outcome.FAILED, resolved_at=None)


# A person's word -----------------------------------------------------------------------------------------


def retry(execution: Execution, user: Any = None) -> None:
    """Go on from the action that failed, now. Raises SetupError when there is nothing to go on with."""
    open_ = Execution.objects.filter(pk=execution.pk).exclude(state__in=(ExecutionState.DONE, ExecutionState.SKIPPED))
    if not open_.update(state=ExecutionState.WAITING, due_at=timezone.now(), tries=0, finished_at=None):
        raise SetupError("This workflow came to its end for this person: there is nothing to retry.")
    ring(Link.objects.filter(pk=execution.link_id))


def wake(link: Link, gist_id: str, ghl_id: str) -> None:
    """Go on now for somebody who was on hold."""
    mine = Execution.objects.filter(link=link, gist_id=gist_id, ghl_id=ghl_id, state__in=UNFINISHED)
    if mine.exclude(due_at=None).update(due_at=timezone.now()):
        ring(Link.objects.filter(pk=link.pk))


def stop(execution: Execution, user: Any = None) -> None:
    """Leave out what was not done yet. Raises SetupError when it is finished."""
    name = f" by {user}" if user else ""
    stopped = Execution.objects.filter(pk=execution.pk, state__in=(*UNFINISHED, ExecutionState.FAILED)).update(
        state=ExecutionState.SKIPPED, reason="stopped", message=f"Stopped{name}.", due_at=None,
        finished_at=timezone.now(),
    )  # fmt: skip
    if not stopped:
        raise SetupError("It is finished already.")
    _resolve(execution)
