"""Connect GoHighLevel: to its consent page and back."""

from dataclasses import asdict
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from dashboard.connecting import REDIRECT_URI, app_of, checked, keep_secret, take_secret, token_answer
from dashboard.forms import LocationForm
from dashboard.htmx import told
from dashboard.permissions import operators
from integration.errors import ProviderError, SetupError
from integration.models import Connection, Provider
from integration.oauth import connect
from integration.oauth.app import TokenAnswer

PROBLEMS = (SetupError, ProviderError)
SIGN_IN, CODE, AGENCY = "oauth_sign_in", "oauth_code", "oauth_agency"


@require_safe
@operators
def start(request: HttpRequest) -> HttpResponse:
    """Off to GHL. What is to come back stands in the session: state, sandbox or real, what is reconnected."""
    again = request.GET.get("reconnect", "")
    known = get_object_or_404(Connection, key=again, provider=Provider.GHL) if again else None
    sandbox = known.sandbox if known else request.GET.get("sandbox") == "1"
    try:
        url, state = app_of(sandbox).consent(REDIRECT_URI)
    except PROBLEMS as problem:
        told(request, problem)
        return redirect("connection_new_ghl")
    request.session[SIGN_IN] = {"state": state, "sandbox": sandbox, "reconnect": again}
    return redirect(url)


@require_safe
@operators
def callback(request: HttpRequest) -> HttpResponse:
    """Back from GHL: with a code, with a refusal, or unasked from the marketplace."""
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    if not state and code:
        keep_secret(request, CODE, code)
        return redirect("oauth_confirm")
    sign_in = request.session.pop(SIGN_IN, None)
    if not sign_in or not compare_digest(sign_in["state"].encode(), state.encode()):
        return _refused(request, "This sign-in was not begun here, or it was begun twice. Nothing was connected.")
    if request.GET.get("error") == "access_denied":
        messages.info(request, "You cancelled at GoHighLevel. Nothing was changed.")
        return redirect("connections")
    if request.GET.get("error") or not code:
        said = request.GET.get("error_description") or request.GET.get("error") or "it sent no code"
        return _refused(request, f"GoHighLevel did not sign you in: {said[:200]}. Nothing was connected.")
    return _finish(request, code, sign_in)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "oauth_refused.html", {"sentence": sentence}, status=400)


@operators
def confirm(request: HttpRequest) -> HttpResponse:
    """An install begun in GHL's marketplace has no state: a person must say that they meant it."""
    if not request.session.get(CODE):
        return _refused(request, "There is no sign-in waiting to be confirmed. Nothing was connected.")
    if request.method != "POST":
        return render(request, "oauth_confirm.html", {"sandbox": _sandbox_only()})
    code = take_secret(request, CODE)
    if not code:
        return _refused(
            request, "The sign-in that waited here can no longer be read. Start again in GHL's marketplace."
        )
    return _finish(request, code, {"sandbox": _sandbox_only(), "reconnect": ""})


def _sandbox_only() -> bool:
    return settings.DEMO and not settings.GHL_CLIENT_ID


def _finish(request: HttpRequest, code: str, sign_in: dict[str, Any]) -> HttpResponse:
    """Trade the code; an agency's login goes on to the choice of a location."""
    try:
        app = app_of(sign_in["sandbox"])
        answer = app.exchange(code, REDIRECT_URI)
        if answer.user_type == "Company" and not answer.location_id:
            keep_secret(request, AGENCY, {"answer": asdict(answer), **sign_in})
            return redirect("oauth_location")
        return _save(request, answer, sign_in)
    except PROBLEMS as problem:
        told(request, problem)
        again = sign_in["reconnect"]
        return redirect("connection", again) if again else redirect("connections")


def _save(request: HttpRequest, answer: TokenAnswer, sign_in: dict[str, Any]) -> HttpResponse:
    known = Connection.objects.filter(key=sign_in["reconnect"]).first() if sign_in["reconnect"] else None
    connection = checked(connect.save_ghl(app_of(sign_in["sandbox"]), answer, reconnect=known))
    messages.success(request, f"“{connection.name}” is connected.")
    return redirect("connection", connection.key)


@operators
def location(request: HttpRequest) -> HttpResponse:
    """Which location of the agency: its login is turned into that location's."""
    kept = take_secret(request, AGENCY, keep=True)
    if not kept:
        return _refused(request, "There is no sign-in waiting for a location. Nothing was connected.")
    answer = token_answer(kept["answer"])
    try:
        app = app_of(kept["sandbox"])
        choices = [(found.id, found.name) for found in connect.installed_locations(app, answer)]
        form = LocationForm(request.POST or None, choices=choices)
        if form.is_bound and form.is_valid():
            token = connect.location_token(app, answer, form.cleaned_data["location"])
            response = _save(request, token, kept)
            take_secret(request, AGENCY)
            return response
    except PROBLEMS as problem:
        told(request, problem)
        return redirect("connections")
    return render(request, "oauth_location.html", {"form": form, "choices": choices})
