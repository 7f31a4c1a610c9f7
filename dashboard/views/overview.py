"""The first page: every link with its health, and what needs a person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.charts import throughput
from dashboard.htmx import render_part
from dashboard.link_cards import cards, todos
from integration import queue
from integration.models import COUNTS, Connection, Link, Pair


def overview(request: HttpRequest) -> HttpResponse:
    found = cards(Link.objects.select_related("gist", "ghl"))
    if not found:
        sides = set(Connection.objects.values_list("provider", flat=True))
        return render(request, "welcome.html", {"gist": "gist" in sides, "ghl": "ghl" in sides})
    totals = {name: sum(card.today.get(name, 0) for card in found) for name in COUNTS}
    context = {
        "cards": found,
        "todos": todos(found),
        "totals": totals,
        "examined": sum(totals.values()),
        "written": totals["created"] + totals["updated"],
        "active": [card for card in found if card.active],
        "failures": sum(card.failures for card in found),
        "calls": {side: sum(card.calls.get(side, 0) for card in found) for side in ("gist", "ghl")},
        "chart": throughput(),
        "pairs": Pair.objects.count(),
        "live": request.GET.get("live") != "off",
    }
    return render_part(request, "overview.html", "live", context)


def rail_health(request: HttpRequest) -> HttpResponse:
    return render(request, "components/rail_health.html", {"health": queue.health()})
