"""To the company's sign-in and back, where OIDC_ISSUER is set."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.text import capfirst

from dashboard.accounts.company import NotLetIn, let_in
from dashboard.accounts.oidc import Attempt, ProviderTrouble, begin, finish

logger = logging.getLogger(__name__)
# What decides how somebody signs in from then on.
CHANGES = {"account_email", "account_set_password", "mfa_activate_totp", "mfa_add_webauthn"}
KEPT = "company_sign_in"
# As allauth keeps its own.
LASTS_SECONDS = 600
METHOD = "company"

NOT_REACHED = (
    "{} does not answer as it should, so nobody was signed in. Try again, or sign in another way. If it stays so, tell "
    "whoever runs Gistline: its log says what went wrong."
)
NOT_KNOWN = "This sign-in was used already, is too old or was begun in another browser. Begin it again."
CANCELLED = "Signing in by {} was cancelled there, or refused."


@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    if not ratelimit.consume(request, app="allauth.account", action="login", limit_get=True):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    try:
        address, attempt = begin(_callback(), again=request.user.is_authenticated)
    except ProviderTrouble as trouble:
        return _fail(request, trouble)
    request.session[KEPT] = [asdict(attempt), time.time(), get_next_redirect_url(request) or ""]
    return redirect(address)


@login_not_required
def come_back(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser. Whatever comes, the attempt is over."""
    if not settings.OIDC_ISSUER:
        raise Http404
    kept, begun, goes_on = request.session.pop(KEPT, ({}, 0.0, ""))
    if time.time() - begun > LASTS_SECONDS or not constant_time_compare(request.GET.get("state", ""), kept["state"]):
        return _refuse(request, NOT_KNOWN)
    if "error" in request.GET or not request.GET.get("code"):
        return _refuse(request, CANCELLED.format(settings.OIDC_NAME))
    attempt = Attempt(**kept)
    try:
        user = let_in(finish(request.GET["code"], attempt, _callback()))
    except ProviderTrouble as trouble:
        return _fail(request, trouble)
    except NotLetIn as refusal:
        return _refuse(request, str(refusal))
    record_authentication(request, user, METHOD, was_asked=attempt.asked_at is not None)
    # Through allauth, which asks for the second factor of whoever has one: nobody knows whether the company asked.
    response: HttpResponse = perform_login(request, user, email_verification="none", redirect_url=goes_on or None)
    return response


def _callback() -> str:
    return f"{settings.PUBLIC_URL}{reverse('company_callback')}"


def _fail(request: HttpRequest, trouble: ProviderTrouble) -> HttpResponse:
    logger.error("the company's sign-in failed at %s; OIDC_ISSUER says where it is", trouble)
    return _refuse(request, NOT_REACHED.format(capfirst(settings.OIDC_NAME)))


def _refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("account_login")


class AskAgain:
    """Middleware: before a change of how they sign in, whoever has neither password nor factor passes the company's
    sign-in once more. allauth would ask them nothing, so that a session left open were enough to take the account.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name not in CHANGES or get_reauthentication_flows(request.user) or _was_asked_just_now(request):
            return None
        return redirect(f"{reverse('company_sign_in')}?{urlencode({'next': request.path})}")


def _was_asked_just_now(request: HttpRequest) -> bool:
    """Whoever has the browser passes a sign-in that asks nobody, too."""
    records = get_authentication_records(request, request.user)
    times = [one["at"] for one in records if one["method"] == METHOD and one.get("was_asked")]
    return bool(times) and time.time() - times[-1] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
