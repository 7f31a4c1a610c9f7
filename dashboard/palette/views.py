"""Find or do: people, links, runs, pages and actions by a few letters; and the switcher between links."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from dashboard.grants import visible
from dashboard.htmx import wants_partial
from dashboard.palette.find import find
from integration.models import Link

LONGEST = 100
# Lists that can be narrowed to one link; from anywhere else the switcher leads to the link itself.
NARROWED = ("overview", "runs", "log", "problems", "problems_person", "contacts", "workflows")


def palette(request: HttpRequest) -> HttpResponse:
    """A page of its own; for htmx the options alone."""
    text = request.GET.get("q", "")[:LONGEST]
    groups = find(text, request.user)
    context = {"groups": groups, "q": text, "number": sum(len(group.options) for group in groups)}
    template = "palette/_found.html" if wants_partial(request) else "palette/detail.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def switch_link(request: HttpRequest) -> HttpResponse:
    """The menu of links: each leads to the list `at`, narrowed to it."""
    at = request.GET.get("at", "")
    page = reverse(at) if at in NARROWED else ""
    links = visible(Link.objects.select_related("gist", "ghl"), "pk").defer("gist__credentials", "ghl__credentials")
    rows = [(link, f"{page}?link={link.key}" if page else reverse("link", args=[link.key])) for link in links]
    return render(request, "palette/_switcher.html", {"rows": rows, "everything": page or reverse("overview")})
