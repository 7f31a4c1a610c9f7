"""The cards of links, read from the database in a fixed number of queries for all."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from dashboard.clock import start_of_today
from dashboard.links.card import Card
from dashboard.links.counts import count_people
from dashboard.links.health import health_of
from dashboard.problems.filters import question_rows
from dashboard.problems.needs import open_problems
from integration.models import (
    ACTIVE_RUNS,
    COUNTS,
    FINISHED_RUNS,
    READING,
    Link,
    LogEntry,
    MappingVersion,
    Outcome,
    Pair,
    PendingRead,
    ProblemState,
    Run,
    RunKind,
    RunStatus,
    Snapshot,
)

SIDES = ("gist", "ghl")


def build_cards(links: Iterable[Link]) -> list[Card]:
    """Cards of all `links`, those that need a person first."""
    found = {link.pk: Card(link) for link in links}
    _add_runs(found)
    _add_counts(found)
    _add_totals(found)
    for pk, counts in count_people({pk: card.ended_at for pk, card in found.items()}).items():
        found[pk].counts = counts
    for card in found.values():
        card.health = health_of(card)
    rank = {"bad": 0, "wait": 1, "run": 2, "ok": 3, "idle": 4}
    return sorted(
        found.values(), key=lambda card: (not card.health.person, rank[card.health.tone], card.link.name.lower())
    )


def build_card(link: Link) -> Card:
    return build_cards([link])[0]


COMPLETED = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
# Work that a person started as one thing: half of it is worth a word.
WHOLE = (RunKind.APPLY, RunKind.UNDO, RunKind.IMPORT)


def _add_runs(found: dict[int, Card]) -> None:
    """The active run, and of those that ended the newest of each kind that a card tells apart. Dry runs change nothing,
    so they say nothing about how a link stands but what they found to be equal.
    """
    any_ended = Run.objects.filter(link=OuterRef("pk"), status__in=FINISHED_RUNS).order_by("-pk")
    ended = any_ended.filter(dry_run=False)
    reading = ended.filter(kind__in=READING)
    active = Run.objects.filter(link=OuterRef("pk"), status__in=ACTIVE_RUNS)
    kinds = (active, any_ended, ended, reading, reading.filter(status__in=COMPLETED), ended.filter(kind__in=WHOLE))
    # One look along an index for each link and kind: the greatest key of each group would read every run there is.
    first, *others = (
        Link.objects.filter(pk__in=found).order_by().values_list(Subquery(runs.values("pk")[:1])) for runs in kinds
    )
    version = MappingVersion.objects.filter(link=OuterRef("link")).order_by("-number").values("pk")[:1]
    rows = Run.objects.filter(pk__in=first.union(*others)).defer("rules", "checkpoint", "target")
    rows = rows.annotate(newest_version=Subquery(version))
    # In order of age, so that the newest of each kind is the one that stays.
    for run in rows.order_by("pk"):
        card = found[run.link_id]
        card.version = run.newest_version
        if run.is_active:
            card.active = run
            continue
        card.ended_at = max(filter(None, (card.ended_at, run.finished_at)), default=None)
        if run.dry_run:
            continue
        card.last = run
        if run.kind in READING:
            card.last_read = run
            card.completed = run if run.status in COMPLETED else card.completed
            card.half = None if run.status in COMPLETED else card.half
        elif run.kind in WHOLE:
            card.half = None if run.status in COMPLETED else run


def _add_counts(found: dict[int, Card]) -> None:
    today = Run.objects.filter(link__in=found, created_at__gte=start_of_today()).order_by()
    sums: dict[str, Any] = {name: Sum(name, filter=Q(dry_run=False)) for name in COUNTS}
    for side in SIDES:
        # Calls stand in a JSON column by side; both databases can only add them up as numbers after a cast.
        sums[f"{side}_calls"] = Sum(Cast(KeyTextTransform(side, "api_calls"), IntegerField()))
    for pk, *numbers in today.values_list("link").annotate(**sums):
        card, values = found[pk], [number or 0 for number in numbers]
        card.today = dict(zip(COUNTS, values, strict=False))
        card.calls = dict(zip(SIDES, values[len(COUNTS) :], strict=True))


def _add_totals(found: dict[int, Card]) -> None:
    """Open failures, questions and problems, and what waits; one query for all."""
    # What a person left alone for ever needs nobody any more.
    failed = LogEntry.objects.filter(outcome=Outcome.FAILED, resolved_at=None)
    failed = failed.filter(Q(problem=None) | ~Q(problem__state=ProblemState.IGNORED))
    asked = question_rows().select_related(None)
    # Of people on hold, and of pairs that are no longer together, nothing is to be decided.
    undecided = Snapshot.objects.filter(Q(pair=None) | Q(pair__state=Pair.State.LINKED), undecided__isnull=False)
    totals = _per_link(found, failed, Value("failures")).union(
        _per_link(found, asked, Value("questions")),
        _per_link(found, open_problems(), Value("problems")),
        _per_link(found, PendingRead.objects.all(), Value("waiting")),
        _per_link(found, undecided, Value("undecided")),
        all=True,
    )
    for pk, what, number in totals:
        setattr(found[pk], what, number)


def _per_link(found: dict[int, Card], rows: QuerySet[Any], what: Value) -> QuerySet[Any]:
    """Rows of link, what is counted, and how many."""
    named = rows.filter(link__in=found).order_by().annotate(what=what).values_list("link", "what")
    counted: QuerySet[Any] = named.annotate(number=Count("*"))
    return counted
