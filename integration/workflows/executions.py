"""Executions at work: one action after the other, each put on record before the next begins.

    begun ─► facts, conditions ─► action 0 ─► on record ─► action 1 ─► … ─► done
                   └► skipped        └► failed for now: again later, from here; for good: parked until a person asks

Whoever writes the link works on them, a few people at once and one execution per person at a time. A call that must
not be carried out twice is noted before it is sent (`call_sent`), so that after a kill the action looks first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from integration.causes.group import close_resolved
from integration.errors import NotSent, ProviderError, Retryable, SetupError, Unexpected
from integration.models import (
    UNFINISHED,
    Execution,
    ExecutionState,
    Link,
    LogEntry,
    Mode,
    Outcome,
    Pair,
    Pause,
    PendingRead,
    ProblemState,
    Run,
)
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.operations import Json
from integration.queue import call_worker
from integration.records import PersonRef
from integration.related.write_result import WriteResult, log_result
from integration.retry_schedule import pause_before
from integration.sync.one_by_one import all_or_each
from integration.sync.reasons import OF_LOGIN
from integration.workflows import placeholders
from integration.workflows.actions import ACTIONS, Action, Context
from integration.workflows.conditions import find_unmet_condition
from integration.workflows.facts import gather_facts, why_not_taken
from integration.workflows.record import record_result

AT_ONCE = 50
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
# Somebody on hold is looked at again so late; releasing them wakes their workflows.
WAIT_ON_HOLD = timedelta(days=1)
# A kind of record that rests is looked at again so late.
WAIT_WHILE_RESTING = timedelta(minutes=5)
# An execution for somebody who is about to be synced waits so long before it is looked at again, and in all.
WAIT_FOR_CONTACT, WAIT_AT_MOST = timedelta(seconds=2), timedelta(minutes=10)
# Refusals after which the call certainly did nothing: the next try need not look for what it may have made.
NEVER_CARRIED_OUT = ("rejected", "left_out", "not_sent", "gone", "duplicate", "missing_scope", "no_access")


def due_by(now: datetime) -> QuerySet[Execution]:
    """What can be worked on then; nothing of links that only watch.

    What a workflow was begun for later waits for what it was begun for earlier with the same person: a meeting must not
    be booked after it was cancelled.
    """
    # Either id can be missing, and two executions that both lack one are not about the same person.
    same = Q(gist_id=OuterRef("gist_id")) & ~Q(gist_id="") | Q(ghl_id=OuterRef("ghl_id")) & ~Q(ghl_id="")
    earlier = Execution.objects.filter(
        same, workflow=OuterRef("workflow"), pk__lt=OuterRef("pk"), state__in=UNFINISHED, due_at__isnull=False
    )
    ready = Execution.objects.filter(state__in=UNFINISHED, due_at__lte=now, link__mode=Mode.LIVE)
    # Of a workflow that rests everything waits, and is caught up when it goes on.
    rests = Pause.objects.resting().filter(link=OuterRef("link"), what=Pause.What.WORKFLOW)
    rests = rests.filter(key=Cast(OuterRef("workflow"), CharField()))
    return ready.filter(~Exists(earlier), ~Exists(rests))


def due_of_link(link: Link) -> QuerySet[Execution]:
    """What can be worked on now, the oldest first."""
    return due_by(timezone.now()).filter(link=link).order_by("due_at", "pk")


def any_due(link: Link) -> bool:
    """Whether something can be worked on now."""
    return _any_waits(link, timezone.now()) and due_of_link(link).exists()


def _any_waits(link: Link, until: datetime) -> bool:
    """Asked first, and often: mostly nothing is under way, and `due_by` costs several times as much."""
    return Execution.objects.filter(link=link, state__in=UNFINISHED, due_at__lte=until).exists()


def next_due(link: Link) -> datetime | None:
    """When something can be worked on; None when nothing waits for its time."""
    if not _any_waits(link, END_OF_TIME):
        return None
    found = due_by(END_OF_TIME).filter(link=link).aggregate(at=Min("due_at"))
    at: datetime | None = found["at"]
    return at


def take_due(link: Link, *, begun: bool = False) -> list[Execution]:
    """The next ones to work on, of each person one; only those `begun` before, if so asked."""
    # One per person at a time: two that change tags at once would each read them first, and the later write would undo
    # the earlier one.
    found: dict[str, Execution] = {}
    if not _any_waits(link, timezone.now()):
        return []
    waiting = due_of_link(link).filter(facts__has_key="now") if begun else due_of_link(link)
    for one in waiting.select_related("workflow", "version")[:AT_ONCE]:
        found.setdefault(one.gist_id or one.ghl_id or f"execution {one.pk}", one)
    return list(found.values())


# One action ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Skipped:
    """The workflow is not for this person: why, in a sentence."""

    sentence: str
    reason: str = "condition"


@dataclass(frozen=True)
class NotYet:
    """The person is about to be synced, or on hold; the execution waits for that."""

    pause: timedelta


Turn = WriteResult | Skipped | NotYet


def next_action(run: Run, execution: Execution, sides: Mapping[str, ContactSide]) -> Steps[Turn]:
    """The action whose turn it is, carried out. Raises ProviderError."""
    # The pair is looked up first: who has none may still be waiting for the sync, which would give the other id.
    _find_person(execution)
    if _is_about_to_be_synced(execution):
        return NotYet(WAIT_FOR_CONTACT)
    if _is_on_hold(execution):
        return NotYet(WAIT_ON_HOLD)
    if _rests(execution):
        return NotYet(WAIT_WHILE_RESTING)
    context = context_of(run, execution, sides)
    # Frozen with the first action. Later ones see the person as at the beginning, even when an earlier one changed them
    # or a retry comes a day later.
    if "now" not in execution.facts:
        execution.facts = yield from gather_facts(context, execution.version.definition)
        execution.save(update_fields=["facts"])
    # Only before the first action: a workflow that has begun is finished, not left half done.
    if execution.step == 0 and (left_out := why_not_taken(context, execution.facts)):
        return Skipped(left_out, "filtered")
    if execution.step == 0 and (why := find_unmet_condition(execution.version.definition, execution.facts)):
        return Skipped(why)
    return (yield from carry_out_action(action_of(execution), context))


def carry_out_action(action: Action, context: Context) -> Steps[WriteResult]:
    """The action with its values filled in. Raises Rejected for a value that cannot be."""
    execution = context.execution
    values = placeholders.fill_placeholders(execution.actions[execution.step].get("values") or {}, execution.facts)
    if blank := action.missing_input(values):
        raise NotSent(f"“{action.title}” needs {blank.label.lower()}: it is blank for this person.")
    return (yield from action.steps(context, values))


def context_of(run: Run, execution: Execution, sides: Mapping[str, ContactSide]) -> Context:
    key = f"execution:{execution.pk}:{execution.step}"
    context = Context(run.link, execution, sides["gist"], sides["ghl"], key, execution.call_sent, run)
    # The run keeps the journal with the execution because changes of an action that fails half-way are recorded too,
    # and a failed generator returns nothing.
    execution.journal = context.journal
    return context


def action_of(execution: Execution) -> Action:
    return ACTIONS[execution.actions[execution.step]["do"]]


def note_call_sent(execution: Execution, sent: bool = True) -> None:
    """A call that must not be carried out twice is about to be sent; not `sent`: it was refused after all."""
    Execution.objects.filter(pk=execution.pk).update(call_sent=sent)
    execution.call_sent = sent


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
    # A pending read means that the sync has this person on its list and will pair them within seconds.
    ids = [one for one in (execution.gist_id, execution.ghl_id) if one]
    return PendingRead.objects.filter(link_id=execution.link_id, kind="contact", external_id__in=ids).exists()


def _is_on_hold(execution: Execution) -> bool:
    held = Pair.objects.filter(link_id=execution.link_id, kind="contact", state=Pair.State.HELD)
    return held.filter(gist_id=execution.gist_id, ghl_id=execution.ghl_id).exists()


def _rests(execution: Execution) -> bool:
    """Whether the kind of record that its action is about rests."""
    kinds = Pause.objects.resting().filter(link=execution.link_id, what=Pause.What.KIND).values_list("key", flat=True)
    return action_of(execution).kind in kinds


# What became of it ---------------------------------------------------------------------------------------


@transaction.atomic
def advance(run: Run, execution: Execution, turn: Turn | None, error: ProviderError | None, calls: list[Json]) -> None:
    """Put what an action came to on record, together with whose turn is next, unless somebody stopped it meanwhile."""
    # Locked, because a person may stop it, or delete its workflow, while the call is under way. What was written is
    # recorded all the same.
    there = Execution.objects.select_for_update().filter(pk=execution.pk).first()
    if error and there:
        _record_failure(run, execution, error, calls)
    elif isinstance(turn, NotYet):
        execution.due_at = timezone.now() + turn.pause
    elif isinstance(turn, Skipped):
        _end_execution(execution, ExecutionState.SKIPPED, turn.reason, turn.sentence)
    elif turn:
        turn.calls = calls
        record_result(run, turn, _person_of(execution), execution.journal, execution if there else None)
        _resolve_failures(execution)
        _move_on(execution)
    # Stopped meanwhile: its state stays as the person left it, and only how far it came is kept.
    if there and there.is_finished:
        execution.save(update_fields=["step", "call_sent"])
        _resolve_failures(execution)
    elif there:
        execution.save(update_fields=PROGRESS)


@transaction.atomic
def park(run: Run, execution: Execution, error: ProviderError) -> None:
    """What the action came to could not be recorded: it is tried again later like any failure, and holds up nobody."""
    # As it stands in the database: in memory it is as far as recording it came.
    there = Execution.objects.select_for_update().filter(pk=execution.pk).first()
    if there is None:
        return
    definition = there.actions[there.step] if there.step < len(there.actions) else {}
    action = ACTIONS.get(str(definition.get("do")))
    result = WriteResult(action.kind if action else "event", action.title if action else "An action", error=error)
    # Without the changes where it is they that cannot be stored.
    for changes in (execution.journal, ()):
        if not all_or_each([changes], lambda some: log_result(run, result, _person_of(there), some[0], there)).faults:
            break
    if not there.is_finished:
        _try_again_later(there, error, result.label)
        there.save(update_fields=PROGRESS)


PROGRESS = ["state", "step", "call_sent", "tries", "due_at", "reason", "message", "finished_at"]


def _person_of(execution: Execution) -> PersonRef:
    return PersonRef(execution.gist_id, execution.ghl_id, execution.label)


def _move_on(execution: Execution) -> None:
    execution.step, execution.tries, execution.call_sent = execution.step + 1, 0, False
    execution.state, execution.due_at = ExecutionState.RUNNING, timezone.now()
    execution.reason = execution.message = ""
    if execution.step >= len(execution.actions):
        _end_execution(execution, ExecutionState.DONE)


def _end_execution(execution: Execution, state: ExecutionState, reason: str = "", message: str = "") -> None:
    execution.state, execution.reason, execution.message = state, reason, message
    execution.due_at, execution.finished_at = None, timezone.now()


def _record_failure(run: Run, execution: Execution, error: ProviderError, calls: list[Json]) -> None:
    """Again later what may pass; the rest is parked until a person asks. What was done before it stays done."""
    action = action_of(execution)
    result = WriteResult(action.kind, action.title, action.side, error=error, calls=calls)
    # The same failure every few minutes for a day would bury the log: the entry counts its attempts instead, unless
    # something was written that needs an entry of its own.
    wrote = any(change.is_applied for change in execution.journal)
    if wrote or not _open_failures(execution).filter(message=result.sentence).update(attempt=F("attempt") + 1):
        log_result(run, result, _person_of(execution), execution.journal, execution)
    if error.code in NEVER_CARRIED_OUT:
        execution.call_sent = False
    _try_again_later(execution, error, action.title)


def _try_again_later(execution: Execution, error: ProviderError, title: str) -> None:
    execution.tries += 1
    pause = pause_before(execution.tries) if isinstance(error, Retryable | Unexpected) else None
    if pause is None:
        _end_execution(execution, ExecutionState.FAILED, error.code, f"{title}: {error}")
        return
    execution.state, execution.due_at = ExecutionState.WAITING, timezone.now() + pause
    execution.reason, execution.message = error.code, f"{title}: {error}"


def _resolve_failures(execution: Execution) -> None:
    """Earlier failures of this action are resolved, and so are problems of which nothing else fails."""
    if _open_failures(execution).update(resolved_at=timezone.now()):
        close_resolved(execution.link_id)


def _open_failures(execution: Execution) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(execution=execution, outcome=Outcome.FAILED, resolved_at=None)


# A person's word -----------------------------------------------------------------------------------------


def retry_execution(execution: Execution, user: Any = None) -> None:
    """Go on from the action that failed, now. Raises SetupError when there is nothing to go on with."""
    # One UPDATE that checks and changes at once: a worker may finish it between a read and a write.
    open_ = Execution.objects.filter(pk=execution.pk).exclude(state__in=(ExecutionState.DONE, ExecutionState.SKIPPED))
    if not open_.update(state=ExecutionState.WAITING, due_at=timezone.now(), tries=0, finished_at=None):
        raise SetupError("This workflow came to its end for this person: there is nothing to retry.")
    call_worker(Link.objects.filter(pk=execution.link_id))


def retry_denied(link: Link) -> None:
    """Go on with what the login did not allow, but for what a person left alone: it may do so by now."""
    failed = LogEntry.objects.filter(execution=OuterRef("pk"), outcome=Outcome.FAILED, resolved_at=None)
    failed = failed.exclude(problem__state=ProblemState.IGNORED)
    denied = Execution.objects.filter(Exists(failed), link=link, state=ExecutionState.FAILED, reason__in=OF_LOGIN)
    denied.update(state=ExecutionState.WAITING, due_at=timezone.now(), finished_at=None)


def wake_executions(link: Link, gist_id: str, ghl_id: str) -> None:
    """Go on now for somebody who was on hold."""
    mine = Execution.objects.filter(link=link, gist_id=gist_id, ghl_id=ghl_id, state__in=UNFINISHED)
    if mine.exclude(due_at=None).update(due_at=timezone.now()):
        call_worker(Link.objects.filter(pk=link.pk))


def stop_execution(execution: Execution, user: Any = None) -> None:
    """Leave out what was not done yet. Raises SetupError when it is finished."""
    name = f" by {user}" if user else ""
    stopped = Execution.objects.filter(pk=execution.pk, state__in=(*UNFINISHED, ExecutionState.FAILED)).update(
        state=ExecutionState.SKIPPED, reason="stopped", message=f"Stopped{name}.", due_at=None,
        finished_at=timezone.now(),
    )  # fmt: skip
    if not stopped:
        raise SetupError("It is finished already.")
    _resolve_failures(execution)
