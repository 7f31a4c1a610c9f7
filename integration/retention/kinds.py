"""What is kept for a time: each kind with its choices and with how a batch of what is older goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from integration.models import (
    ACTIVE_RUNS,
    Alert,
    AlertDelivery,
    AlertState,
    Change,
    DeliveryState,
    EventState,
    Execution,
    ExecutionState,
    FurtherProblem,
    ImportFile,
    InboxEvent,
    LogEntry,
    Outcome,
    Pause,
    Problem,
    ProblemState,
    Question,
    RejectedRow,
    Run,
)
from integration.runs.imports.files import remove_old_files

# Rows of one transaction: short, so that webhooks and runs write between two of them.
BATCH = 500


@dataclass(frozen=True)
class Batch:
    """What became of one batch: rows that went, the key to go on from, and whether older ones may be left."""

    rows: int
    to: int
    is_last: bool


@dataclass(frozen=True)
class Kind:
    """`prune` takes the moment before which rows are old, and the key after which it looks. `days` and `choices` are
    in days, None for good. `least` gives the fewest that are possible. `models` are counted on the page.
    """

    key: str
    title: str
    days: int | None
    choices: tuple[int | None, ...]
    shorter: str
    models: tuple[type[Model], ...]
    prune: Callable[[datetime, int], Batch]
    least: Callable[[], int] = lambda: 1
    goes_on: bool = False
    """Its rows stay without what was pruned, so that the next night goes on where this one ended."""

    def possible(self) -> list[int | None]:
        return [days for days in self.choices if days is None or days >= self.least()]


def _window(rows: QuerySet[Model], moment: str, before: datetime, after: int) -> tuple[list[int], bool]:
    """The oldest rows after a key, and whether they are the last old ones.

    Keys and moments grow together: looking for a moment alone would read the whole table every night.
    """
    found = list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", moment)[:BATCH])
    old = [pk for pk, at in found if at < before]
    return old, len(old) < BATCH


def _prune_log(before: datetime, after: int) -> Batch:
    """Entries with their changes, then runs that have nothing left; what somebody still has to mend stays."""
    old, is_last = _window(LogEntry.objects.all(), "created_at", before, after)
    is_open = Q(resolved_at=None) & (Q(outcome=Outcome.FAILED) | Q(problem__isnull=False))
    going = LogEntry.objects.filter(pk__in=old).exclude(is_open).exclude(run__status__in=ACTIVE_RUNS)
    keys = list(going.values_list("pk", flat=True))
    Change.objects.filter(entry__in=keys).delete()
    LogEntry.objects.filter(pk__in=keys).delete()
    return Batch(len(keys), max(old, default=after), is_last)


def _prune_runs(before: datetime, after: int) -> Batch:
    """Runs whose entries are gone or that never had one. What a workflow knew of a person goes with them, not that it
    ran: the same cause must not start it twice.
    """
    old, is_last = _window(Run.objects.all(), "created_at", before, after)
    has_entries = Exists(LogEntry.objects.filter(run=OuterRef("pk")))
    has_changes = Exists(Change.objects.filter(run=OuterRef("pk")))
    going = Run.objects.filter(pk__in=old).exclude(status__in=ACTIVE_RUNS).exclude(has_entries).exclude(has_changes)
    keys = list(going.values_list("pk", flat=True))
    Run.objects.filter(pk__in=keys).delete()
    return Batch(len(keys), max(old, default=after), is_last)


def _prune_facts(before: datetime, after: int) -> Batch:
    old, is_last = _window(Execution.objects.all(), "created_at", before, after)
    ended = Execution.objects.filter(pk__in=old, state__in=(ExecutionState.DONE, ExecutionState.SKIPPED))
    rows = ended.exclude(facts={}).update(facts={}, message="")
    return Batch(rows, max(old, default=after), is_last)


def _prune_calls(before: datetime, after: int) -> Batch:
    old, is_last = _window(LogEntry.objects.all(), "created_at", before, after)
    rows = LogEntry.objects.filter(pk__in=old).exclude(calls=[]).update(calls=[])
    return Batch(rows, max(old, default=after), is_last)


def _prune_webhooks(before: datetime, after: int) -> Batch:
    old, is_last = _window(InboxEvent.objects.all(), "received_at", before, after)
    going = InboxEvent.objects.filter(pk__in=old).exclude(state=EventState.WAITING)
    keys = list(going.values_list("pk", flat=True))
    InboxEvent.objects.filter(pk__in=keys).delete()
    return Batch(len(keys), max(old, default=after), is_last)


def _prune_alerts(before: datetime, after: int) -> Batch:
    """With their messages. One that holds, or of which a message waits, stays."""
    old, is_last = _window(Alert.objects.all(), "opened_at", before, after)
    waits = Exists(AlertDelivery.objects.filter(alert=OuterRef("pk"), state=DeliveryState.WAITING))
    over = Alert.objects.filter(pk__in=old, state=AlertState.OVER).exclude(waits)
    # What only tells, as the day in numbers, has no end.
    going = over.filter(Q(ended_at=None) | Q(ended_at__lt=before))
    # Locked, so that none is deleted that holds again at this moment.
    keys = list(going.select_for_update(of=("self",)).values_list("pk", flat=True))
    Alert.objects.filter(pk__in=keys).delete()
    return Batch(len(keys), max(old, default=after), is_last)


def _prune_problems(before: datetime, after: int) -> Batch:
    """Problems of which nothing is left in the log either, and what rested until then."""
    old, is_last = _window(Problem.objects.all(), "first_seen", before, after)
    # One that never opened was never resolved at a time.
    ended = Coalesce("resolved_at", "last_seen")
    over = Problem.objects.alias(ended=ended).filter(pk__in=old, state=ProblemState.RESOLVED, ended__lt=before)
    in_log = (LogEntry.objects.filter(problem=OuterRef("pk")), FurtherProblem.objects.filter(problem=OuterRef("pk")))
    keys = list(over.exclude(Exists(in_log[0])).exclude(Exists(in_log[1])).values_list("pk", flat=True))
    Problem.objects.filter(pk__in=keys).delete()
    pauses, _ = Pause.objects.filter(resumed_at__lt=before).delete()
    return Batch(len(keys) + pauses, max(old, default=after), is_last)


def _prune_questions(before: datetime, after: int) -> Batch:
    """What a person said about who somebody is stays: it is not asked a second time."""
    old, is_last = _window(Question.objects.all(), "created_at", before, after)
    is_decision = Q(kind__in=Question.IDENTITY, answered_at__isnull=False)
    going = Question.objects.filter(pk__in=old, closed_at__lt=before).exclude(is_decision)
    keys = list(going.values_list("pk", flat=True))
    Question.objects.filter(pk__in=keys).delete()
    return Batch(len(keys), max(old, default=after), is_last)


def _prune_files(before: datetime, after: int) -> Batch:
    return Batch(remove_old_files(before), after, True)


YEAR = 365
KINDS = {
    kind.key: kind
    for kind in (
        Kind("log", "Log entries and changes", YEAR, (30, 90, 180, YEAR, 2 * YEAR, None), "timelines begin later",
             (LogEntry, Change), _prune_log, least=lambda: int(settings.UNDO_DAYS)),
        Kind("runs", "Runs without entries", YEAR, (30, 90, 180, YEAR, 2 * YEAR, None), "fewer runs to look at",
             (Run, RejectedRow), _prune_runs, least=lambda: int(settings.UNDO_DAYS)),
        Kind("facts", "What workflows knew of a person", 90, (7, 30, 90, YEAR, None),
             "an old execution shows no values; that it ran stays, so that nothing starts twice", (Execution,),
             _prune_facts, goes_on=True),
        Kind("calls", "Calls, masked", 30, (7, 14, 30, 90, YEAR, None), "no raw answer behind an old failure", (),
             _prune_calls, goes_on=True),
        Kind("webhooks", "Stored webhooks", 30, (7, 14, 30, 90, YEAR, None),
             "repeats after that are not recognised", (InboxEvent,), _prune_webhooks),
        Kind("alerts", "Alerts and their messages", 90, (30, 90, 180, YEAR, None), "fewer alerts to look back at",
             (Alert, AlertDelivery), _prune_alerts),
        Kind("problems", "Problems that are over", YEAR, (30, 90, 180, YEAR, 2 * YEAR, None),
             "one that comes back begins a new history", (Problem, Pause), _prune_problems),
        Kind("questions", "Questions that are over", YEAR, (30, 90, 180, YEAR, 2 * YEAR, None),
             "what was decided about a field is no longer shown", (Question,), _prune_questions),
        Kind("files", "Imported files", 30, (1, 7, 30, 90), "rejected rows are gone sooner", (ImportFile,),
             _prune_files),
    )
}  # fmt: skip
