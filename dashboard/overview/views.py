"""The first page: every link with its health, and what needs a person."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from dashboard.grants import visible, visible_connections
from dashboard.htmx import wants_partial
from dashboard.links.cards import build_cards
from dashboard.lists import render_list
from dashboard.overview.choices import keep_choice, read_choices
from dashboard.overview.context import links_context, overview_context
from dashboard.overview.filters import OverviewFilter
from integration import queue
from integration.models import Connection, ConnectionStatus, Link
from integration.oauth.own_app import has_own_app


def overview(request: HttpRequest) -> HttpResponse:
    """The page; for htmx its moving parts, or, when the filter asked, the list alone."""
    cards = build_cards(visible(Link.objects.select_related("gist", "ghl"), "pk"))
    if not cards:
        # A login that broke, or was never tried, is no step that is done.
        known = visible_connections(Connection.objects.all())
        works = known.filter(status__in=(ConnectionStatus.OK, ConnectionStatus.SCOPE))
        sides = set(works.values_list("provider", flat=True))
        begun = {"gist": "gist" in sides, "ghl": "ghl" in sides, "demo": settings.DEMO, "has_app": has_own_app()}
        return render(request, "overview/welcome.html", begun)
    wanted, choices = OverviewFilter(request.GET, cards), read_choices(request.user)
    if wants_partial(request) and request.htmx.target == "results":  # type: ignore[attr-defined]
        return render_list(request, "overview/detail.html", links_context(cards, wanted, choices))
    context = {**overview_context(cards, wanted, choices), "live": request.GET.get("live") != "off"}
    if not wants_partial(request):
        return render_list(request, "overview/detail.html", context)
    # What moves above the list, and the list beside it: the search box between the two is left alone.
    response = render_list(request, "overview/detail.html", {**context, "beside": True})
    response.content = render_to_string("overview/_live.html", context, request).encode() + response.content
    return response


def choose_look(request: HttpRequest) -> HttpResponse:
    """Keep with the person who asks how the overview looks: `name` and `value` of a choice. `filter` comes back."""
    keep_choice(request.user, request.POST.get("name", ""), request.POST.get("value", ""))
    query = QueryDict(request.POST.get("filter", "")).urlencode()
    return redirect(f"{reverse('overview')}?{query}" if query else "overview")


def rail_health(request: HttpRequest) -> HttpResponse:
    return render(request, "components/rail_health.html", {"health": queue.check_queue()})
