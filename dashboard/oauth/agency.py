"""Signed in for a whole agency: several of its locations become connections, and links that watch."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.htmx import render_partial
from dashboard.links.making import make_watching_link
from dashboard.live.threads import wait_for_reading
from dashboard.oauth.forms import LocationsForm
from dashboard.oauth.saving import save_and_announce
from dashboard.oauth.sign_in import app_of, take_secret, token_answer
from dashboard.permissions import operators_only
from integration import audit
from integration.connections.proposals import propose_pairs
from integration.errors import ProviderError, SetupError
from integration.models import Connection, ConnectionStatus, Provider
from integration.oauth import connect
from integration.oauth.app import OAuthApp, TokenAnswer
from integration.oauth.connect import Location

AGENCY = "oauth_agency"
NO_SIGN_IN = "There is no sign-in waiting for a location. Nothing was connected."
# No further location is begun after so many seconds: somebody waits, and a web thread with them.
BEGIN_WITHIN_SECONDS = 20.0


@operators_only
def choose_location(request: HttpRequest) -> HttpResponse:
    """Which locations of the agency: its login is turned into one of each."""
    # Kept until all that were chosen are connected: a refused choice can be made again without signing in anew.
    kept = take_secret(request, AGENCY, keep=True)
    if not kept:
        return render(request, "oauth/refused.html", {"sentence": NO_SIGN_IN}, status=400)
    answer = token_answer(kept["answer"])
    try:
        app = app_of(kept["sandbox"])
        if request.method != "POST" and "read" not in request.GET:
            return render(request, "oauth/location.html", {"begins": True})
        locations = wait_for_reading(lambda: connect.installed_locations(app, answer))
    except (SetupError, ProviderError) as problem:
        # The sign-in is kept: a list that did not come can be asked for again.
        return render_partial(request, "oauth/location.html", "choice", {"problem": str(problem)})
    form = _form_for(request, locations, kept)
    if form.is_bound and form.is_valid():
        return _connect_chosen(request, app, answer, kept, form.chosen())
    return render_partial(request, "oauth/location.html", "choice", {"form": form, "locations": locations})


def _form_for(request: HttpRequest, locations: list[Location], kept: dict[str, Any]) -> LocationsForm:
    rows = Connection.objects.filter(sandbox=kept["sandbox"]).defer("credentials")
    known = {one.account_id: one for one in rows.filter(provider=Provider.GHL)}
    gist = list(rows.filter(provider=Provider.GIST).exclude(status=ConnectionStatus.DISCONNECTED))
    # One that is in a link already has its other side.
    free = {one.key: one.account_name or one.name for one in gist if not one.gist_links.exists()}
    new = {one.id: one.name for one in locations if one.id not in known}
    # Also where nothing was ticked, so that nothing is sent.
    sent = request.POST if request.method == "POST" else None
    return LocationsForm(sent, locations=locations, gist=gist, known=known, proposed=propose_pairs(new, free))


def _connect_chosen(
    request: HttpRequest, app: OAuthApp, answer: TokenAnswer, kept: dict[str, Any], chosen: list[tuple[Location, str]]
) -> HttpResponse:
    """One after the other; what fails with one does not keep the next from it. The sign-in goes once all are in."""
    deadline = time.monotonic() + BEGIN_WITHIN_SECONDS
    made, left = [], []
    for location, gist_key in chosen:
        if time.monotonic() > deadline:
            left.append(location.name)
            continue
        try:
            made.append(_connect_one(request, app, answer, kept, (location, gist_key)))
        except (SetupError, ProviderError) as problem:
            messages.error(request, f"{location.name} is not connected: {problem}")
            left.append(location.name)
    if left:
        messages.warning(request, f"Still to connect: {', '.join(left)}. Tick them again, without signing in anew.")
        return redirect("oauth_location")
    take_secret(request, AGENCY)
    return redirect("connection", made[0].key) if len(made) == 1 else redirect("connections")


def _connect_one(
    request: HttpRequest, app: OAuthApp, answer: TokenAnswer, kept: dict[str, Any], choice: tuple[Location, str]
) -> Connection:
    location, gist_key = choice
    token = wait_for_reading(lambda: connect.location_token(app, answer, location.id))
    connection = save_and_announce(request, token, kept)
    audit.record("oauth_location", connection.name)
    gist = Connection.objects.filter(key=gist_key, provider=Provider.GIST, sandbox=kept["sandbox"]).first()
    link = make_watching_link(connection.name, gist, connection, request.user) if gist else None
    if link:
        audit.record("link_new", link.name, link=link.key)
        messages.success(request, f"“{link.name}” is linked with {gist}. It watches: it reads, and writes nothing.")
    return connection
