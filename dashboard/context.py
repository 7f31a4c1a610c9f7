"""What every page shows around its content."""

from typing import Any

from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.problem_filters import question_rows
from integration.models import ACTIVE_RUNS, Connection, ConnectionStatus, Run

SECTIONS = {
    "connections": "connections",
    "oauth": "connections",
    "links": "links",
    "runs": "runs",
    "log": "log",
    "problems": "problems",
    "contacts": "contacts",
    "workflows": "workflows",
    "capabilities": "capabilities",
}
"""First part of an address → entry of the rail."""


def shell(request: HttpRequest) -> dict[str, object]:
    """Looked up only when a template asks, so that partials and redirects pay nothing."""
    first = request.path.strip("/").split("/")[0]
    theme = request.COOKIES.get("theme", "")
    counts = SimpleLazyObject(_counts)
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "section": SECTIONS.get(first, "" if first else "overview"),
        "broken_connections": SimpleLazyObject(lambda: list(_broken(request))),
        "active_runs": SimpleLazyObject(lambda: counts.get("runs", 0)),
        "open_questions": SimpleLazyObject(lambda: counts.get("questions", 0)),
        "may_operate": getattr(request.user, "may_operate", False) if hasattr(request, "user") else False,
    }


def _counts() -> dict[str, int]:
    """Active runs and open questions, in one query; what there is none of is left out."""
    runs = _counted(Run.objects.filter(status__in=ACTIVE_RUNS), "runs")
    return dict(runs.union(_counted(question_rows().select_related(None), "questions"), all=True))


def _counted(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    counted: QuerySet[Any] = rows.order_by().annotate(what=Value(name)).values_list("what").annotate(number=Count("pk"))
    return counted


def _broken(request: HttpRequest) -> list[Connection]:
    """Connections whose login a person must mend, without their secrets."""
    if not request.user.is_authenticated:
        return []
    broken = Connection.objects.filter(status=ConnectionStatus.RECONNECT).defer("credentials")
    return list(broken[:5])
