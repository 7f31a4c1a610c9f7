"""Connect GoHighLevel: to its consent page and back."""

import logging
from dataclasses import asdict
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.grants import describe_problem
from dashboard.htmx import render_partial, report_problem
from dashboard.live.threads import wait_for_reading
from dashboard.oauth.agency import AGENCY
from dashboard.oauth.saving import save_and_announce
from dashboard.oauth.sign_in import REDIRECT_URI, app_of, keep_secret, take_secret, token_answer
from dashboard.permissions import operators_only
from integration.catalogue.scopes import scopes_to_ask_for
from integration.errors import ProviderError, Retryable, SetupError
from integration.models import Connection, Provider
from integration.oauth import connect
from integration.oauth.app import TokenAnswer
from integration.oauth.own_app import own_client_id
from integration.privacy.masking import masking
from integration.providers.ghl.oauth import NEEDED_SCOPES

logger = logging.getLogger(__name__)
PROBLEMS = (SetupError, ProviderError)
SIGN_IN, CODE, INSTALL = "oauth_sign_in", "oauth_code", "oauth_install"


@operators_only
def start_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to GHL. What is to come back stands in the session: state, sandbox or real, what is reconnected."""
    again = request.GET.get("reconnect", "")
    known = get_object_or_404(Connection, key=again, provider=Provider.GHL) if again else None
    sandbox = known.sandbox if known else request.GET.get("sandbox") == "1"
    try:
        url, state = app_of(sandbox).consent_url(REDIRECT_URI, scopes_to_ask_for(known) if known else NEEDED_SCOPES)
    except PROBLEMS as problem:
        report_problem(request, problem)
        return redirect("connection_new_ghl")
    request.session[SIGN_IN] = {"state": state, "sandbox": sandbox, "reconnect": again}
    return redirect(url)


@operators_only
def receive_callback(request: HttpRequest) -> HttpResponse:
    """Back from GHL: with a code, with a refusal, or unasked from the marketplace."""
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    # An install from GHL's marketplace comes without a state. Taken as it is, a stranger could have an operator connect
    # the stranger's account, so a person confirms it first (docs/ghl-api.md#auth).
    if not state and code:
        keep_secret(request, CODE, code)
        # What was read of another install before says nothing about this one.
        take_secret(request, INSTALL)
        return redirect("oauth_confirm")
    sign_in = request.session.pop(SIGN_IN, None)
    # Encoded, because `compare_digest` refuses texts that are not ASCII, and the address can hold anything.
    if not sign_in or not compare_digest(sign_in["state"].encode(), state.encode()):
        return _render_refused(
            request, "This sign-in was not begun here, or it was begun twice. Nothing was connected."
        )
    if request.GET.get("error") == "access_denied":
        messages.info(request, "You cancelled at GoHighLevel. Nothing was changed.")
        return redirect("connections")
    if request.GET.get("error") or not code:
        reason = request.GET.get("error_description") or request.GET.get("error") or "it sent no code"
        return _render_refused(request, f"GoHighLevel did not sign you in: {reason[:200]}. Nothing was connected.")
    return _exchange_code(request, code, sign_in)


def _render_refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "oauth/refused.html", {"sentence": sentence}, status=400)


@operators_only
def confirm_install(request: HttpRequest) -> HttpResponse:
    """An install begun in GHL's marketplace has no state: a person must say that they meant it, and is told for which
    account. Its code is traded for that; nothing is stored but in the session.
    """
    code, install = take_secret(request, CODE, keep=True), take_secret(request, INSTALL, keep=True)
    if not code and not install:
        return _render_refused(
            request,
            "There is no sign-in waiting to be confirmed, or it can no longer be read. Nothing was connected. "
            "Start again in GHL's marketplace.",
        )
    # Only for the account that the page named: another install may have come in between.
    if request.method == "POST" and install and request.POST.get("account", "") == install["account"]["id"]:
        return _end_install(request, install)
    if not install and "read" not in request.GET:
        return render(request, "oauth/confirm.html", {"begins": True})
    try:
        install = install or _read_install(request, code)
    except PROBLEMS as problem:
        return render_partial(request, "oauth/confirm.html", "account", {"problem": describe_problem(problem)})
    known = Connection.objects.filter(
        provider=Provider.GHL, account_id=install["account"]["id"], sandbox=install["sandbox"]
    )
    context = {"account": install["account"], "sandbox": install["sandbox"], "known": known.first()}
    return render_partial(request, "oauth/confirm.html", "account", context)


def _read_install(request: HttpRequest, code: str) -> dict[str, Any]:
    """The sign-in behind the code, with the account that it is for. Raises SetupError, ProviderError."""
    sandbox = _sandbox_only()
    app = app_of(sandbox)
    try:
        answer = wait_for_reading(lambda: app.exchange_code(code, REDIRECT_URI))
    except SetupError:
        # Refused: it will not be taken a second time either.
        take_secret(request, CODE)
        raise
    take_secret(request, CODE)
    install = {"answer": asdict(answer), "sandbox": sandbox, "account": {"what": "location", "id": answer.location_id}}
    try:
        install["account"] = asdict(wait_for_reading(lambda: connect.describe_account(app, answer)))
    except Retryable:
        logger.warning("the account of an install could not be named: GHL did not answer", exc_info=True)
    # The code is spent by now: the sign-in is kept even where its account could not be named.
    keep_secret(request, INSTALL, install)
    return install


def _end_install(request: HttpRequest, install: dict[str, Any]) -> HttpResponse:
    """Connect it, or forget it. Gone from the session either way, so that it counts once."""
    take_secret(request, INSTALL)
    if request.POST.get("do") == "discard":
        messages.info(request, "Nothing was connected. To take the app out of GHL, uninstall it in its marketplace.")
        return redirect("connections")
    return _use_answer(request, token_answer(install["answer"]), {"sandbox": install["sandbox"], "reconnect": ""})


def _sandbox_only() -> bool:
    return settings.DEMO and not own_client_id()


def _exchange_code(request: HttpRequest, code: str, sign_in: dict[str, Any]) -> HttpResponse:
    try:
        app = app_of(sign_in["sandbox"])
        answer = wait_for_reading(lambda: app.exchange_code(code, REDIRECT_URI))
    except PROBLEMS as problem:
        return _redirect_failed(request, problem, sign_in)
    return _use_answer(request, answer, sign_in)


def _use_answer(request: HttpRequest, answer: TokenAnswer, sign_in: dict[str, Any]) -> HttpResponse:
    """Store a location's login; an agency's goes on to the choice of a location."""
    # An agency's token reads no contacts: it has to be exchanged for one of a single location (docs/ghl-api.md#token).
    if answer.user_type == "Company" and not answer.location_id:
        keep_secret(request, AGENCY, {"answer": asdict(answer), **sign_in})
        return redirect("oauth_location")
    try:
        return _save_connection(request, answer, sign_in)
    except PROBLEMS as problem:
        return _redirect_failed(request, problem, sign_in)


def _redirect_failed(request: HttpRequest, problem: Exception, sign_in: dict[str, Any]) -> HttpResponse:
    report_problem(request, problem)
    again = sign_in["reconnect"]
    return redirect("connection", again) if again else redirect("connections")


def _save_connection(request: HttpRequest, answer: TokenAnswer, sign_in: dict[str, Any]) -> HttpResponse:
    # The browser comes back with a GET, for which values would be masked; what is found out meanwhile is stored.
    with masking(False):
        connection = save_and_announce(request, answer, sign_in)
    return redirect("connection", connection.key)
