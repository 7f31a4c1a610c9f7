"""The client's way: from the address that was sent to them to GoHighLevel and back. Nobody signs in here by it."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from secrets import compare_digest
from typing import Any

from allauth.core.internal.ratelimit import consume
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.client_address import client_address
from dashboard.connections.logins import check_and_name
from dashboard.live.threads import wait_for_reading
from dashboard.oauth.sign_in import REDIRECT_URI, app_of, keep_secret, take_secret
from integration import audit
from integration.errors import ProviderError, SetupError
from integration.models import Connection, ConnectLink
from integration.oauth.connect_links import CLOSED, find_connect_link, note_opened, use_connect_link
from integration.providers.ghl.oauth import NEEDED_SCOPES

logger = logging.getLogger(__name__)
# In the session of the client's browser: the sign-in under way, and what it came to.
SIGN_IN, DONE = "connect_sign_in", "connect_done"
# By client address. Nobody finds an address by trying: it has 256 bits; this keeps trying from costing anything.
RATE = {"connect_link": "30/m/ip"}
UNKNOWN = "This address is not known here. Copy the whole of it once more, or ask whoever sent it."


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if consume(request, app="dashboard", action="connect_link", config=RATE, limit_get=True) is None:
            return _render_closed(request, "Too many tries within a minute. Wait a minute, then open it again.", 429)
        return view(request, *args, **kwargs)

    return counted


@login_not_required
@limited
def ask_client(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks, and what is granted."""
    link = find_connect_link(token)
    if link is None or not link.is_open:
        return _render_closed(request, CLOSED[link.state] if link else UNKNOWN, 410 if link else 404)
    note_opened(link)
    return render(request, "connect_links/client.html", {"link": link, "token": token, "scopes": NEEDED_SCOPES})


@login_not_required
@limited
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Off to GHL. What is to come back stands in the session of this browser: the state, and which link it is for."""
    link = find_connect_link(token)
    if link is None or not link.is_open:
        return _render_closed(request, CLOSED[link.state] if link else UNKNOWN, 410 if link else 404)
    try:
        url, state = app_of(link.sandbox).consent_url(REDIRECT_URI)
    except SetupError:
        logger.warning("a client cannot be sent to GHL, since no GHL app is set up", exc_info=True)
        return _render_closed(request, f"This is not ready yet. Tell {link.asker}: no GHL app is set up.", 503)
    keep_secret(request, SIGN_IN, {"state": state, "link": link.pk, "token": token})
    return redirect(url)


@login_not_required
def done(request: HttpRequest) -> HttpResponse:
    facts = request.session.get(DONE)
    if not facts:
        return _render_closed(request, "Nothing was connected from this browser.", 404)
    return render(request, "connect_links/done.html", facts)


class ClientCallback:
    """Middleware, before the one that asks for a sign-in: GHL sends clients back to the same address as operators.

    Only what was begun by a connect link in this very browser is taken here; everything else goes on to the view, and
    to all that guards it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name != "oauth_callback" or request.method != "GET":
            return None
        sign_in = take_secret(request, SIGN_IN, keep=True)
        state = request.GET.get("state", "")
        if not sign_in or not compare_digest(sign_in["state"].encode(), state.encode()):
            return None
        take_secret(request, SIGN_IN)
        return _receive(request, sign_in)


def _receive(request: HttpRequest, sign_in: dict[str, Any]) -> HttpResponse:
    """Back from GHL. The state that came is the one that this browser was sent off with."""
    code = request.GET.get("code", "")
    if not code:
        declined = request.GET.get("error") == "access_denied"
        sentence = "You said no at GoHighLevel." if declined else "GoHighLevel did not sign you in."
        return _render_failed(request, f"{sentence} Nothing was connected.", sign_in)
    link = ConnectLink.objects.get(pk=sign_in["link"])
    with audit.acting(f"Connect link for {link.client}", audit.BROWSER, client_address(request)):
        try:
            app = app_of(link.sandbox)
            answer = wait_for_reading(lambda: app.exchange_code(code, REDIRECT_URI))
            connection = use_connect_link(link.pk, app, answer, REDIRECT_URI)
        except (SetupError, ProviderError) as problem:
            return _render_failed(request, str(problem), sign_in)
    _check(connection)
    request.session[DONE] = {"asker": link.asker, "name": connection.account_name or connection.account_id}
    return redirect("connect_done")


def _check(connection: Connection) -> None:
    try:
        wait_for_reading(lambda: check_and_name(connection))
    except (SetupError, ProviderError):
        # The login is stored, which is all that the client came for; the connection's page shows what is not checked.
        logger.warning("connection %s of a connect link could not be checked", connection.key, exc_info=True)


def _render_closed(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "connect_links/closed.html", {"sentence": sentence}, status=status)


def _render_failed(request: HttpRequest, sentence: str, sign_in: dict[str, Any]) -> HttpResponse:
    return render(request, "connect_links/closed.html", {"sentence": sentence, "token": sign_in["token"]}, status=400)
