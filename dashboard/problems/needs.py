"""What needs a person, counted once for every badge: questions, and problems that nobody has taken note of."""

from typing import Any

from django.db.models import Count, QuerySet, Value

from dashboard.grants import visible, visible_alerts
from dashboard.problems.filters import question_rows
from integration.models import ACTIVE_RUNS, Alert, AlertState, Problem, ProblemState, Run


def open_problems() -> QuerySet[Problem]:
    return visible(Problem.objects.filter(state=ProblemState.OPEN))


def count_open() -> dict[str, int]:
    """Active `runs`, open `questions`, `problems` and `alerts`, in one query; what there is none of is left out."""
    runs = _count_as(visible(Run.objects.filter(status__in=ACTIVE_RUNS)), "runs")
    questions = _count_as(question_rows().select_related(None), "questions")
    alerts = _count_as(visible_alerts(Alert.objects.filter(state=AlertState.OPEN)), "alerts")
    return dict(runs.union(questions, _count_as(open_problems(), "problems"), alerts, all=True))


def _count_as(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    counted: QuerySet[Any] = rows.order_by().annotate(what=Value(name)).values_list("what").annotate(number=Count("pk"))
    return counted
