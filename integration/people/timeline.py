"""Everything that ever happened to one person, newest first: decisions and writes, skips with their reasons, workflows
and questions.

Entries of the log are paged by key, found by the person's id on either side; what else happened is fitted in by time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from integration.models import Execution, ExecutionState, LogEntry, Outcome, Question
from integration.people.find import KnownPerson

SIZE = 25
RELATED = ("task", "note", "appointment")
# What can be shown, and what it is called. Tasks are notes and appointments too.
SHOWS: dict[str, str] = {
    "all": "All", "changes": "Changes", "tasks": "Tasks", "skips": "Skips", "errors": "Errors",
}  # fmt: skip
FILTERS = {
    "all": Q(),
    "changes": Q(outcome__in=(Outcome.CREATED, Outcome.UPDATED)),
    "tasks": Q(kind__in=RELATED),
    "skips": Q(outcome__in=(Outcome.SKIPPED, Outcome.UNCHANGED)),
    "errors": Q(outcome=Outcome.FAILED),
}
# Executions that are shown beside the entries of their actions; one that is done is told by those.
STATES = {
    "all": (ExecutionState.WAITING, ExecutionState.RUNNING, ExecutionState.SKIPPED, ExecutionState.FAILED),
    "skips": (ExecutionState.SKIPPED,),
    "errors": (ExecutionState.FAILED,),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened. One of the three is set."""

    at: datetime
    entry: LogEntry | None = None
    execution: Execution | None = None
    question: Question | None = None


@dataclass(frozen=True)
class Timeline:
    """`older` is the id of the entry that the next page begins below, None on the last; `first` there is none newer."""

    events: list[Event]
    show: str
    older: int | None
    first: bool


def read_timeline(
    person: KnownPerson,
    questions: Iterable[Question] = (),
    show: str = "all",
    before: int | None = None,
    size: int = SIZE,
) -> Timeline:
    """One page. An unknown `show` is all. A fixed number of queries, whatever the size of the log."""
    show = show if show in SHOWS else "all"
    # One more than is shown tells whether there is a next page, without counting.
    found = _read_entries(person, show, before, size + 1)
    prefetch_related_objects(found, "changes")
    entries, older = found[:size], found[size - 1].pk if len(found) > size else None
    # Executions and questions have other ids, so they are cut to the page by the times of its first and last entry.
    until = _time_of_entry(person, before)
    # The last page has no lower end: what is older than the first entry belongs there too.
    since = entries[-1].created_at if older else None
    others = [*_execution_events(person, show, since, until, size), *_question_events(questions, show, since, until)]
    events = [*(Event(entry.created_at, entry=entry) for entry in entries), *others]
    events.sort(key=lambda event: event.at, reverse=True)
    return Timeline(events, show, older, before is None)


def _read_entries(person: KnownPerson, show: str, before: int | None, number: int) -> list[LogEntry]:
    """Found by each id along its own index, and then read together: asked for both at once, no index would do."""
    rows = LogEntry.objects.order_by("-pk").defer("calls").select_related("run__started_by", "execution__workflow")
    about = LogEntry.objects.filter(FILTERS[show], link=person.link).order_by("-pk")
    about = about.filter(pk__lt=before) if before else about
    first, *others = (
        # Not all databases cut a part of a union by themselves.
        LogEntry.objects.filter(pk__in=about.filter(**{f"{side}_id": contact_id}).values("pk")[:number])
        .order_by()
        .values("pk")
        for side, contact_id in person.ids.items()
    )
    return list(rows.filter(pk__in=first.union(*others))[:number])


def newest_decision(person: KnownPerson) -> LogEntry | None:
    """The newest entry about the contact itself, with its problem; None when nothing was decided about them."""
    rows = LogEntry.objects.filter(link=person.link, kind="contact").defer("calls", "noticed").order_by("-pk")
    rows = rows.select_related("problem").prefetch_related("changes")
    # A query per id, each along its own index.
    found = [rows.filter(**{f"{side}_id": contact_id}).first() for side, contact_id in person.ids.items()]
    return max(filter(None, found), key=lambda entry: entry.pk, default=None)


def _time_of_entry(person: KnownPerson, before: int | None) -> datetime | None:
    if before is None:
        return None
    return LogEntry.objects.filter(link=person.link, pk=before).values_list("created_at", flat=True).first()


def _rows_between(rows: QuerySet[Any], since: datetime | None, until: datetime | None, size: int) -> list[Any]:
    rows = rows.filter(created_at__gte=since) if since else rows
    rows = rows.filter(created_at__lt=until) if until else rows
    return list(rows.order_by("-pk")[:size])


def _execution_events(
    person: KnownPerson, show: str, since: datetime | None, until: datetime | None, size: int
) -> Iterable[Event]:
    states = STATES.get(show)
    if not states:
        return
    # Unlike the log, which is asked for one id at a time, these are few for anybody.
    of_person = reduce(or_, (Q(**{f"{side}_id": contact_id}) for side, contact_id in person.ids.items()))
    rows = Execution.objects.filter(of_person, link=person.link, state__in=states).select_related("workflow")
    yield from (Event(one.created_at, execution=one) for one in _rows_between(rows.defer("facts"), since, until, size))


def _question_events(
    questions: Iterable[Question], show: str, since: datetime | None, until: datetime | None
) -> Iterable[Event]:
    """What a person was asked about this one; answered ones too."""
    if show not in ("all", "skips"):
        return
    for one in questions:
        if (since is None or one.created_at >= since) and (until is None or one.created_at < until):
            yield Event(one.created_at, question=one)
