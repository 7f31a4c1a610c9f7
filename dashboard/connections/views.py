"""Connections: the list, adding one, and one connection with its check."""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dashboard.confirmation import is_name_typed
from dashboard.connections.context import LIST, connection_context, webhook_context
from dashboard.connections.filters import ConnectionFilter, connection_rows
from dashboard.connections.forms import GistForm, NewKeyForm, NewTokenForm, PrivateTokenForm, RenameForm
from dashboard.connections.logins import Facts, add_gist, add_private_token, announce_connected, links_of
from dashboard.htmx import report_problem
from dashboard.lists import read_list, render_list
from dashboard.live.threads import wait_for_reading
from dashboard.permissions import operators_only, owners_only
from integration.connections.check import verify_connection
from integration.errors import ProviderError, SetupError
from integration.models import Connection, Provider, delete_row
from integration.models.fields import UndecryptableValue
from integration.oauth import connect
from integration.oauth.own_app import has_own_app
from integration.webhooks.addresses import renew_addresses

PROBLEMS = (SetupError, ProviderError, UndecryptableValue)


def without_secrets() -> QuerySet[Connection]:
    return Connection.objects.defer("credentials")


def connection_list(request: HttpRequest) -> HttpResponse:
    wanted = ConnectionFilter(request.GET)
    rows = wanted.apply(connection_rows())
    return render_list(request, "connections/list.html", read_list(LIST, wanted, rows, request.GET))


def connection_detail(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    return render(request, "connections/detail.html", connection_context(found) | webhook_context(found, request.user))


@operators_only
def check_connection(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    try:
        wait_for_reading(lambda: verify_connection(found))
    except PROBLEMS as problem:
        report_problem(request, problem)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "connections/detail.html#health", connection_context(found))
    return redirect("connection", key)


@operators_only
def rename_connection(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    form = RenameForm(request.POST, instance=found, auto_id="rename-%s")
    if form.is_valid():
        found.save(update_fields=["name"])
        messages.success(request, f"It is now called “{found.name}”.")
        return redirect("connection", key)
    # The form has put the refused name onto the object, and the rest of the page must show the real one.
    found.refresh_from_db(fields=["name"])
    context = {**connection_context(found), **webhook_context(found, request.user), "rename": form}
    return render(request, "connections/detail.html", context, status=422)


@operators_only
def new_gist(request: HttpRequest) -> HttpResponse:
    form = GistForm(request.POST or None)
    if saved := _save_login(form, add_gist):
        return _redirect_connected(request, saved)
    return render(request, "connections/new_gist.html", {"form": form}, status=422 if form.errors else 200)


@operators_only
def new_ghl(request: HttpRequest) -> HttpResponse:
    form = PrivateTokenForm(request.POST or None)
    if saved := _save_login(form, add_private_token):
        return _redirect_connected(request, saved)
    context = {"form": form, "live": has_own_app(), "demo": settings.DEMO}
    return render(request, "connections/new_ghl.html", context, status=422 if form.errors else 200)


def _save_login(form: forms.Form, add: Callable[[Facts], Connection]) -> Connection | None:
    """Store what a valid form describes; a refusal becomes an error of the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return wait_for_reading(lambda: add(form.cleaned_data))
    except PROBLEMS as problem:
        form.add_error(None, str(problem))
        return None


def _redirect_connected(request: HttpRequest, saved: Connection) -> HttpResponse:
    announce_connected(request, saved)
    return redirect("connection", saved.key)


@operators_only
def reconnect_account(request: HttpRequest, key: str) -> HttpResponse:
    """A new key or token for a connection; a GHL login goes straight to GHL's page."""
    found = get_object_or_404(without_secrets(), key=key)
    is_gist = found.provider == Provider.GIST
    # Only logins through OAuth expire; `?token` lets somebody change from OAuth to a private token.
    if not is_gist and found.token_expires_at and not request.POST and "token" not in request.GET:
        return redirect(reverse("oauth_start", query={"reconnect": found.key}))
    form = (NewKeyForm if is_gist else NewTokenForm)(request.POST or None)
    add = add_gist if is_gist else add_private_token
    if saved := _save_login(form, lambda facts: add(facts, found)):
        return _redirect_connected(request, saved)
    context = {"connection": found, "form": form, "oauth": has_own_app() or found.sandbox}
    return render(request, "connections/reconnect.html", context, status=422 if form.errors else 200)


@operators_only
def disconnect_account(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    connect.disconnect(found)
    messages.success(request, f"“{found.name}” is disconnected. Its login was forgotten; mappings and history stay.")
    return redirect("connection", key)


@operators_only
def renew_webhook_addresses(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Connection, key=key)
    try:
        renew_addresses(found)
    except PROBLEMS as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "The addresses are new; the old ones take nothing any more. Paste these into Gist.")
    return redirect("connection", key)


@owners_only
def delete_connection(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    users = ", ".join(f"“{link.name}”" for link in links_of(found))
    if users:
        messages.error(request, f"“{found.name}” is used by {users}. Delete the link first, or disconnect the login.")
    elif is_name_typed(request, found.name):
        delete_row(found)
        messages.success(request, f"“{found.name}” is deleted.")
        return redirect("connections")
    return redirect("connection", key)
