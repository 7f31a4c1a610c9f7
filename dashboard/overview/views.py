"""The first page: every link with its health, and what needs a person."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.charts import build_throughput_chart
from dashboard.grants import visible, visible_connections
from dashboard.htmx import render_partial
from dashboard.links.cards import build_cards
from dashboard.overview.todos import list_todos
from integration import queue
from integration.models import COUNTS, Connection, ConnectionStatus, Link, Pair
from integration.oauth.own_app import has_own_app


def overview(request: HttpRequest) -> HttpResponse:
    found = build_cards(visible(Link.objects.select_related("gist", "ghl"), "pk"))
    if not found:
        # A login that broke, or was never tried, is no step that is done.
        known = visible_connections(Connection.objects.all())
        works = known.filter(status__in=(ConnectionStatus.OK, ConnectionStatus.SCOPE))
        sides = set(works.values_list("provider", flat=True))
        begun = {"gist": "gist" in sides, "ghl": "ghl" in sides, "demo": settings.DEMO, "has_app": has_own_app()}
        return render(request, "overview/welcome.html", begun)
    totals = {name: sum(card.today.get(name, 0) for card in found) for name in COUNTS}
    context = {
        "cards": found,
        "todos": list_todos(found),
        "totals": totals,
        "examined": sum(totals.values()),
        "written": totals["created"] + totals["updated"],
        "active": [card for card in found if card.active],
        "failures": sum(card.failures for card in found),
        "calls": {side: sum(card.calls.get(side, 0) for card in found) for side in ("gist", "ghl")},
        "chart": build_throughput_chart(),
        "pairs": visible(Pair.objects.filter(kind="contact", state__in=Pair.TOGETHER)).count(),
        "live": request.GET.get("live") != "off",
    }
    return render_partial(request, "overview/detail.html", "live", context)


def rail_health(request: HttpRequest) -> HttpResponse:
    return render(request, "components/rail_health.html", {"health": queue.check_queue()})
