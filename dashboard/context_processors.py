"""What every page shows around its content."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from dashboard.accounts.second_factor import must_set_up
from dashboard.grants import mask_answer, visible, visible_connections
from dashboard.problems.needs import count_open
from dashboard.rights import rights_context
from integration.models import Connection, ConnectionStatus, Link

# First part of an address → entry of the rail.
SECTIONS = {
    "connections": "connections",
    "oauth": "connections",
    "connect-links": "connections",
    "links": "links",
    "imports": "imports",
    "runs": "runs",
    "log": "log",
    "problems": "problems",
    "alerts": "alerts",
    "contacts": "contacts",
    "workflows": "workflows",
    "catalogue": "catalogue",
    "capabilities": "capabilities",
    "guide": "guide",
    "glossary": "guide",
    "settings": "settings",
}
ALL_LINKS = "All links"


def shell(request: HttpRequest) -> dict[str, object]:
    """Looked up only when a template asks, so that partials and redirects pay nothing."""
    # Whatever a form did is done when its page is made.
    mask_answer()
    first = request.path.strip("/").split("/")[0]
    key = request.GET.get("link", "")
    theme = request.COOKIES.get("theme", "")
    # One lazy object for all figures: those below would otherwise query once each.
    counts = SimpleLazyObject(lambda: {} if must_set_up(request) else count_open())
    return {
        "sends_email": settings.SENDS_EMAIL,
        # Once a list is narrowed to a link, so are those that the rail leads to.
        "of_link": f"?{urlencode({'link': key})}" if key else "",
        "chosen_link": SimpleLazyObject(lambda: _name_of_link(request, key)),
        "list_name": getattr(request.resolver_match, "url_name", "") or "",
        "zone": timezone.get_current_timezone_name(),
        "theme": theme if theme in ("light", "dark") else "",
        "section": SECTIONS.get(first, "" if first else "overview"),
        "broken_connections": SimpleLazyObject(lambda: list(_broken_connections(request))),
        "active_runs": SimpleLazyObject(lambda: counts.get("runs", 0)),
        "open_questions": SimpleLazyObject(lambda: counts.get("questions", 0)),
        "open_alerts": SimpleLazyObject(lambda: counts.get("alerts", 0)),
        "needs_person": SimpleLazyObject(lambda: counts.get("questions", 0) + counts.get("problems", 0)),
        **rights_context(getattr(request, "user", None)),
        **{may: getattr(getattr(request, "user", None), may, False) for may in ("may_operate", "may_delete")},
    }


def _name_of_link(request: HttpRequest, key: str) -> str:
    if must_set_up(request):
        return ALL_LINKS
    return visible(Link.objects.filter(key=key), "pk").values_list("name", flat=True).first() or ALL_LINKS


def _broken_connections(request: HttpRequest) -> list[Connection]:
    """Connections whose login a person must mend, without their secrets."""
    if not request.user.is_authenticated or must_set_up(request):
        return []
    broken = visible_connections(Connection.objects.filter(status=ConnectionStatus.RECONNECT))
    return list(broken.defer("credentials")[:5])
