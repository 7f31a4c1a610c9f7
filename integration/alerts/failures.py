"""Problems that are worth a message: new, back after a quiet day, or far above their own rhythm. Noise is none.

A problem's episode begins when it opens or comes back; failing again within its quiet day belongs to the same one
(causes/group.py), so one that comes and goes by the hour is written about once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import one_line
from integration.causes.group import entries_by_problem, is_of, with_counts
from integration.causes.words import Wording, wording_of
from integration.models import Alert, AlertState, LogEntry, Problem, ProblemState

# A blip that the first retry cures is nobody's news.
AT_ONCE, OTHERWISE_AFTER = 5, timedelta(minutes=5)
# Nothing of it may have failed for so long before it is called well.
WELL_AFTER = timedelta(minutes=10)
# A problem that came back so often lately is chronic: it alerts above its rhythm only.
RETURNS, LATELY = 3, timedelta(days=30)
# The rhythm: failures by hour over a week, once it is a day old; far above is so many times the busiest usual hour.
WEEK, KNOWN_AFTER, FAR_ABOVE, LEAST = timedelta(days=7), timedelta(days=1), 3, 20
MANY_HOURS = 5


def watch_problems() -> Iterator[Condition]:
    """Of links that are on. One that a person acknowledged or ignores is known."""
    now = timezone.now()
    enabled = Problem.objects.filter(state=ProblemState.OPEN, link__enabled=True)
    opened: list[Any] = list(with_counts(enabled).select_related("link"))
    rates = _failures_of_last_hour(opened)
    for problem in opened:
        began, is_back = episode_of(problem)
        is_worth_it = problem.count >= AT_ONCE or (problem.count and now - began >= OTHERWISE_AFTER)
        if is_worth_it and not (is_back and _is_chronic(problem, now)):
            yield _opened(problem, began, is_back)
        if rise := _rise_of(problem, rates.get(problem.pk, 0), now):
            yield rise


def end_of_problem(alert: Alert) -> str | None:
    """None while it holds; words once nothing of it fails; "" where a person ignores it or it is gone."""
    problem = Problem.objects.filter(pk=int(alert.key)).select_related("link").first()
    if problem is None or problem.state == ProblemState.IGNORED or not problem.link.enabled:
        return ""
    if problem.is_failing or not problem.resolved_at or timezone.now() - problem.resolved_at < WELL_AFTER:
        return None
    return "Nothing of it fails any more. It closes for good after a quiet day."


def end_of_rise(alert: Alert) -> str | None:
    problem = Problem.objects.filter(pk=int(alert.key)).first()
    if problem is None or problem.state == ProblemState.IGNORED:
        return ""
    calm = _failures_of_last_hour([problem]).get(problem.pk, 0) < LEAST
    return "It fails no more often than usual again." if calm else None


def episode_of(problem: Problem) -> tuple[datetime, bool]:
    """When the present episode began, and whether it is a return after a quiet day."""
    for line in reversed(problem.history):
        if line["what"] in ("opened", "returned"):
            return datetime.fromisoformat(line["at"]), line["what"] == "returned"
    return problem.first_seen, False


def _is_chronic(problem: Problem, now: datetime) -> bool:
    since = now - LATELY
    lines = [line for line in problem.history if line["what"] == "returned"]
    return sum(datetime.fromisoformat(line["at"]) >= since for line in lines) >= RETURNS


def _opened(problem: Any, began: datetime, is_back: bool) -> Condition:
    words = _words_of(problem)
    came = "It came back after a quiet day." if is_back else "It is new on this link."
    records = "1 record fails." if problem.count == 1 else f"{problem.count:,} records fail."
    return Condition(
        "problem_back" if is_back else "problem_new",
        f"problem:{problem.pk}",
        began,
        f"{one_line(problem.link.name)}: {words.title}",
        f"{came} {records} {words.meaning}",
        f"{words.remedy} The button that does it stands on the problem’s page.",
        "problem",
        str(problem.pk),
        link=problem.link,
    )


def _words_of(problem: Problem) -> Wording:
    """The cause in our own words: what the API answered may name somebody."""
    plain = Problem(cause=problem.cause, subject=problem.subject, side=problem.side, text="the page says why")
    return wording_of(plain)


# Rhythm --------------------------------------------------------------------------------------------------


def _failures_of_last_hour(problems: list[Problem]) -> dict[int, int]:
    hour = timezone.now() - timedelta(hours=1)
    found: dict[int, int] = {}
    for entries in entries_by_problem(problems):
        recent = entries.filter(created_at__gte=hour).order_by()
        for problem, number in recent.values_list("of").annotate(number=Count("pk")):
            found[problem] = found.get(problem, 0) + number
    return found


def usual_failures(problem: Problem, now: datetime) -> int:
    """Failures in the busiest hour of the week before the last hour; of many hours the second busiest, since one burst
    makes no rhythm.
    """
    mine = LogEntry.objects.filter(is_of([problem]))
    week = mine.filter(created_at__gte=now - WEEK, created_at__lt=now - timedelta(hours=1))
    hours = week.order_by().annotate(hour=TruncHour("created_at")).values("hour").annotate(number=Count("pk"))
    numbers = sorted(hours.values_list("number", flat=True), reverse=True)
    return int(numbers[1] if len(numbers) > MANY_HOURS else (numbers or [0])[0])


def _rise_of(problem: Problem, rate: int, now: datetime) -> Condition | None:
    """Where the last hour is far above all usual hours of the week before; at most once a day."""
    if rate < LEAST or now - problem.first_seen < KNOWN_AFTER:
        return None
    usual = usual_failures(problem, now)
    if rate < FAR_ABOVE * usual:
        return None
    subject = f"problem:{problem.pk}"
    stands = Alert.objects.filter(event="problem_rise", subject=subject, state=AlertState.OPEN).first()
    return Condition(
        "problem_rise",
        subject,
        stands.since if stands else now.replace(hour=0, minute=0, second=0, microsecond=0),
        f"{one_line(problem.link.name)}: {_words_of(problem).title}, far more often than usual",
        f"{rate:,} failures within an hour; its busiest usual hour had {usual:,}.",
        "Open the problem: something that was rare has become frequent.",
        "problem",
        str(problem.pk),
        link=problem.link,
    )
