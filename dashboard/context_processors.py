"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.problems.filters import question_rows
from integration.models import ACTIVE_RUNS, Connection, ConnectionStatus, Run

# First part of an address → entry of the rail.
SECTIONS = {
    "connections": "connections",
    "oauth": "connections",
    "links": "links",
    "imports": "imports",
    "runs": "runs",
    "log": "log",
    "problems": "problems",
    "contacts": "contacts",
    "workflows": "workflows",
    "catalogue": "catalogue",
    "capabilities": "capabilities",
}


def shell(request: HttpRequest) -> dict[str, object]:
    """Looked up only when a template asks, so that partials and redirects pay nothing."""
    first = request.path.strip("/").split("/")[0]
    theme = request.COOKIES.get("theme", "")
    # One lazy object for both figures: the two below would otherwise query once each.
    counts = SimpleLazyObject(_count_open)
    return {
        "sends_email": settings.SENDS_EMAIL,
        "theme": theme if theme in ("light", "dark") else "",
        "section": SECTIONS.get(first, "" if first else "overview"),
        "broken_connections": SimpleLazyObject(lambda: list(_broken_connections(request))),
        "active_runs": SimpleLazyObject(lambda: counts.get("runs", 0)),
        "open_questions": SimpleLazyObject(lambda: counts.get("questions", 0)),
        **{may: getattr(getattr(request, "user", None), may, False) for may in ("may_operate", "may_delete")},
    }


def _count_open() -> dict[str, int]:
    """Active runs and open questions, in one query; what there is none of is left out."""
    runs = _count_as(Run.objects.filter(status__in=ACTIVE_RUNS), "runs")
    return dict(runs.union(_count_as(question_rows().select_related(None), "questions"), all=True))


def _count_as(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    counted: QuerySet[Any] = rows.order_by().annotate(what=Value(name)).values_list("what").annotate(number=Count("pk"))
    return counted


def _broken_connections(request: HttpRequest) -> list[Connection]:
    """Connections whose login a person must mend, without their secrets."""
    if not request.user.is_authenticated:
        return []
    broken = Connection.objects.filter(status=ConnectionStatus.RECONNECT).defer("credentials")
    return list(broken[:5])
