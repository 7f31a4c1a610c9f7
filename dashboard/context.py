"""What every page shows around its content."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from integration.models import ACTIVE_RUNS, Connection, ConnectionStatus, Run

SECTIONS = {"connections": "connections", "oauth": "connections", "links": "links", "runs": "runs", "log": "log"}
"""First part of an address → entry of the rail."""


def shell(request: HttpRequest) -> dict[str, object]:
    """Looked up only when a template asks, so that partials and redirects pay nothing."""
    first = request.path.strip("/").split("/")[0]
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "section": SECTIONS.get(first, "" if first else "overview"),
        "broken_connections": SimpleLazyObject(lambda: list(_broken(request))),
        "active_runs": SimpleLazyObject(lambda: Run.objects.filter(status__in=ACTIVE_RUNS).count()),
        "may_operate": getattr(request.user, "may_operate", False) if hasattr(request, "user") else False,
    }


def _broken(request: HttpRequest) -> list[Connection]:
    """Connections whose login a person must mend, without their secrets."""
    if not request.user.is_authenticated:
        return []
    broken = Connection.objects.filter(status=ConnectionStatus.RECONNECT).defer("credentials")
    return list(broken[:5])
