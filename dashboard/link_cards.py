"""How each link stands: health in words, today's counts, freshness, calls; a fixed number of queries for all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Expression, F, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from dashboard.parity import Parity, parity_of
from dashboard.problem_filters import question_rows
from dashboard.progress import waits_for_confirmation
from integration.models import (
    ACTIVE_RUNS,
    COUNTS,
    FINISHED_RUNS,
    Connection,
    Hint,
    Link,
    LogEntry,
    Mode,
    Outcome,
    Run,
    RunStatus,
    Snapshot,
)

SIDES = ("gist", "ghl")


@dataclass(frozen=True)
class Health:
    """`tone` picks badge and wire; `title` is the badge, `sentence` explains it; `person`: somebody must act."""

    tone: str
    title: str
    sentence: str
    person: bool = False


@dataclass
class Card:
    """One link with everything its card shows. `today` and `calls` count since midnight, `records` per side.

    `questions` wait for a person; `waiting` counts records that events said to read again.
    """

    link: Link
    active: Run | None = None
    last: Run | None = None
    failures: int = 0
    questions: int = 0
    waiting: int = 0
    records: dict[str, int] = field(default_factory=dict)
    today: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def health(self) -> Health:
        return health_of(self)

    @property
    def parity(self) -> Parity | None:
        return parity_of(self.link)

    @property
    def fresh_at(self) -> datetime | None:
        """When the other side's changes were last read to the end."""
        return self.last.finished_at if self.last and self.last.status != RunStatus.FAILED else self.link.full_run_at

    @property
    def written_today(self) -> int:
        return sum(self.today.get(name, 0) for name in ("created", "updated"))


def health_of(card: Card) -> Health:
    """The worst thing first: what stops everything, what is paused, what runs, what failed."""
    link, active, last, failures = card.link, card.active, card.last, card.failures
    for connection in (link.gist, link.ghl):
        if connection.needs_person:
            return Health("bad", connection.get_status_display(), _broken(connection), person=True)
    if active:
        return _running(active)
    if not link.enabled:
        return Health("idle", "Paused", _paused(card.waiting))
    if last and last.status == RunStatus.FAILED:
        return Health("bad", "Last run failed", last.error or "It could not finish.", person=True)
    if failures:
        records = "record" if failures == 1 else "records"
        return Health("wait", f"{failures:,} failed", f"{failures:,} {records} could not be written.", person=True)
    if link.mode == Mode.WATCH:
        return Health("idle", "Watching only", "Shows what it would do, writes nothing.")
    if last is None:
        return Health("idle", "Not synced yet", "Start the first sync when the mapping is right.")
    return _after(last)


def _paused(waiting: int) -> str:
    records = "record waits" if waiting == 1 else "records wait"
    said = f"{waiting:,} changed {records} to be read. " if waiting else ""
    return f"{said}Nothing runs by itself until it is switched on."


def _after(last: Run) -> Health:
    if last.status == RunStatus.PARTIAL and last.error:
        return Health("wait", "Mapping incomplete", last.error, person=True)
    if last.skipped:
        return Health("ok", "In step", f"{last.skipped:,} skipped in the last run; the log says why each.")
    return Health("ok", "In step", "Every record examined is settled.")


def _broken(connection: Connection) -> str:
    return connection.status_reason or f"{connection.name} must be reconnected."


def _running(run: Run) -> Health:
    name = "Backfill" if run.kind == "full" else "Sync"
    far = f"{run.examined:,} of {run.total:,} records." if run.total else f"{run.examined:,} records so far."
    if waits_for_confirmation(run):
        return Health("wait", "Waits for your yes", run.error, person=True)
    if run.status == RunStatus.WAITING:
        return Health("wait", "Waiting", run.wait_reason or far)
    if run.status == RunStatus.QUEUED:
        return Health("wait", "Queued", "Starts as soon as a worker is free.")
    return Health("run", f"{name} running", far)


def cards(links: Iterable[Link]) -> list[Card]:
    """Cards of all `links`, those that need a person first."""
    found = {link.pk: Card(link) for link in links}
    _add_runs(found)
    _add_counts(found)
    _add_totals(found)
    rank = {"bad": 0, "wait": 1, "run": 2, "ok": 3, "idle": 4}
    return sorted(found.values(), key=lambda card: (rank[card.health.tone], card.link.name.lower()))


def card_of(link: Link) -> Card:
    return cards([link])[0]


def _add_runs(found: dict[int, Card]) -> None:
    latest = Run.objects.filter(link__in=found, status__in=FINISHED_RUNS, dry_run=False)
    newest = latest.order_by().values("link").annotate(newest=Max("pk")).values("newest")
    wanted = Q(pk__in=newest) | Q(link__in=found, status__in=ACTIVE_RUNS)
    for run in Run.objects.filter(wanted).defer("rules", "checkpoint"):
        if run.is_active:
            found[run.link_id].active = run
        else:
            found[run.link_id].last = run


def _add_counts(found: dict[int, Card]) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = Run.objects.filter(link__in=found, created_at__gte=midnight, dry_run=False).order_by()
    sums: dict[str, Any] = {name: Sum(name) for name in COUNTS}
    for side in SIDES:
        sums[f"{side}_calls"] = Sum(Cast(KeyTextTransform(side, "api_calls"), IntegerField()))
    for pk, *numbers in today.values_list("link").annotate(**sums):
        card, values = found[pk], [number or 0 for number in numbers]
        card.today = dict(zip(COUNTS, values, strict=False))
        card.calls = dict(zip(SIDES, values[len(COUNTS) :], strict=True))


def _add_totals(found: dict[int, Card]) -> None:
    """Open failures, open questions, what waits, and the records known per side; one query for all of them."""
    failed = LogEntry.objects.filter(outcome=Outcome.FAILED, resolved_at=None)
    asked = question_rows().select_related(None)
    totals = _per_link(found, Snapshot.objects.all(), F("side")).union(
        _per_link(found, failed, Value("failures")),
        _per_link(found, asked, Value("questions")),
        _per_link(found, Hint.objects.all(), Value("waiting")),
        all=True,
    )
    for pk, what, number in totals:
        if what in SIDES:
            found[pk].records[what] = number
        else:
            setattr(found[pk], what, number)


def _per_link(found: dict[int, Card], rows: QuerySet[Any], what: Expression | F) -> QuerySet[Any]:
    """Rows of link, what is counted, and how many."""
    named = rows.filter(link__in=found).order_by().annotate(what=what).values_list("link", "what")
    counted: QuerySet[Any] = named.annotate(number=Count("pk"))
    return counted


@dataclass(frozen=True)
class Todo:
    """One thing that waits for a person, with the button that begins it."""

    tone: str
    title: str
    sentence: str
    route: str
    key: str
    verb: str
    query: str = ""


def todos(all_cards: Iterable[Card]) -> list[Todo]:
    found = []
    for card in all_cards:
        link = card.link
        for connection in (link.gist, link.ghl):
            if connection.needs_person:
                found.append(_reconnect(connection))
        if card.last and card.last.status == RunStatus.FAILED and not card.active:
            found.append(
                Todo("bad", "The last run failed", f"{link.name}: {card.last.error}", "link", link.key, "Look")
            )
        if card.active and waits_for_confirmation(card.active):
            sentence = f"{link.name}: {card.active.error}"
            found.append(Todo("wait", "A run waits for your yes", sentence, "run", str(card.active.pk), "Look"))
        if card.questions:
            questions = "question waits" if card.questions == 1 else "questions wait"
            sentence = f"{link.name}: only a person can decide."
            title = f"{card.questions:,} {questions} for you"
            found.append(Todo("wait", title, sentence, "problems_person", "", "Decide", f"?link={link.key}"))
        if card.failures:
            sentence = f"{link.name}: see why, then retry."
            title = f"{card.failures:,} failed"
            found.append(Todo("wait", title, sentence, "log", "", "Look", f"?link={link.key}&open=yes"))
    return list(dict.fromkeys(found))


def _reconnect(connection: Connection) -> Todo:
    title = f"{connection.get_provider_display()} login broken"
    sentence = f"{connection.name}: {connection.status_reason or 'reconnect it.'}"
    return Todo("bad", title, sentence, "connection_reconnect", connection.key, "Reconnect")
