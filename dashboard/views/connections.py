"""Connections: the list, adding one, and one connection with its check."""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.connecting import Facts, add_gist, add_private_token, links_of
from dashboard.filters import ConnectionFilter, connection_rows
from dashboard.forms import GistForm, NewKeyForm, NewTokenForm, PrivateTokenForm, RenameForm
from dashboard.htmx import render_part, told
from dashboard.paging import listing
from dashboard.permissions import operators, owners
from integration.connections import missing_scopes, verify
from integration.errors import ProviderError, SetupError
from integration.models import Connection, ConnectionStatus, EventState, InboxEvent, Provider
from integration.models.fields import UndecryptableValue
from integration.oauth import connect
from integration.providers.budgets import daily_remaining
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.webhook_addresses import addresses

PROBLEMS = (SetupError, ProviderError, UndecryptableValue)


def without_secrets() -> QuerySet[Connection]:
    return Connection.objects.defer("credentials")


def connections(request: HttpRequest) -> HttpResponse:
    wanted = ConnectionFilter(request.GET)
    rows = wanted.apply(connection_rows())
    return render_part(request, "connections.html", "results", listing(wanted, rows, request.GET, "connections"))


def connection(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    return render(request, "connection.html", _facts(found) | _webhooks(request, found))


def _webhooks(request: HttpRequest, found: Connection) -> dict[str, object]:
    """Where its webhooks are to be sent, for operators only: whoever has a Gist address can send events to it."""
    taken_in = InboxEvent.objects.filter(connection=found).exclude(state=EventState.REFUSED)
    last = taken_in.defer("body", "headers").first()
    facts: dict[str, object] = {"last_event": last, "may_see_addresses": getattr(request.user, "may_operate", False)}
    if facts["may_see_addresses"] and found.status != ConnectionStatus.DISCONNECTED:
        try:
            facts["addresses"] = addresses(found)
        except UndecryptableValue as problem:
            facts["no_addresses"] = str(problem)
    return facts


def _facts(found: Connection) -> dict[str, object]:
    granted = set(found.scopes.split())
    return {
        "connection": found,
        "links": links_of(found),
        "scopes": [(name, why, name in granted) for name, why in NEEDED_SCOPES.items()] if granted else [],
        "missing": missing_scopes(found) if granted else [],
        "calls_left": daily_remaining(found.budget_key),
        "rename": RenameForm(instance=found, auto_id="rename-%s"),
        "rate": settings.GIST_RATE if found.provider == Provider.GIST else settings.GHL_RATE,
    }


@require_POST
@operators
def check(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    try:
        verify(found)
    except PROBLEMS as problem:
        told(request, problem)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "connection.html#health", _facts(found))
    return redirect("connection", key)


@require_POST
@operators
def rename(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    form = RenameForm(request.POST, instance=found, auto_id="rename-%s")
    if form.is_valid():
        found.save(update_fields=["name"])
        messages.success(request, f"It is now called “{found.name}”.")
        return redirect("connection", key)
    found.refresh_from_db(fields=["name"])
    context = {**_facts(found), **_webhooks(request, found), "rename": form}
    return render(request, "connection.html", context, status=422)


@operators
def new_gist(request: HttpRequest) -> HttpResponse:
    form = GistForm(request.POST or None)
    if saved := _save(form, add_gist):
        return _connected(request, saved)
    return render(request, "connection_gist.html", {"form": form}, status=422 if form.errors else 200)


@operators
def new_ghl(request: HttpRequest) -> HttpResponse:
    form = PrivateTokenForm(request.POST or None)
    if saved := _save(form, add_private_token):
        return _connected(request, saved)
    context = {"form": form, "live": bool(settings.GHL_CLIENT_ID), "demo": settings.DEMO}
    return render(request, "connection_ghl.html", context, status=422 if form.errors else 200)


def _save(form: forms.Form, add: Callable[[Facts], Connection]) -> Connection | None:
    """Store what a valid form describes; a refusal becomes an error of the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return add(form.cleaned_data)
    except PROBLEMS as problem:
        form.add_error(None, str(problem))
        return None


def _connected(request: HttpRequest, saved: Connection) -> HttpResponse:
    messages.success(request, f"“{saved.name}” is connected.")
    return redirect("connection", saved.key)


@operators
def reconnect(request: HttpRequest, key: str) -> HttpResponse:
    """A new key or token for a connection; a GHL login goes straight to GHL's page."""
    found = get_object_or_404(without_secrets(), key=key)
    is_gist = found.provider == Provider.GIST
    if not is_gist and found.token_expires_at and not request.POST and "token" not in request.GET:
        return redirect(reverse("oauth_start", query={"reconnect": found.key}))
    form = (NewKeyForm if is_gist else NewTokenForm)(request.POST or None)
    add = add_gist if is_gist else add_private_token
    if saved := _save(form, lambda facts: add(facts, found)):
        return _connected(request, saved)
    context = {"connection": found, "form": form, "oauth": bool(settings.GHL_CLIENT_ID) or found.sandbox}
    return render(request, "connection_reconnect.html", context, status=422 if form.errors else 200)


@require_POST
@operators
def disconnect(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    connect.disconnect(found)
    messages.success(request, f"“{found.name}” is disconnected. Its login was forgotten; mappings and history stay.")
    return redirect("connection", key)


@require_POST
@owners
def delete(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(without_secrets(), key=key)
    users = ", ".join(f"“{link.name}”" for link in links_of(found))
    if users:
        messages.error(request, f"“{found.name}” is used by {users}. Delete the link first, or disconnect the login.")
    elif request.POST.get("confirm", "").strip() != found.name:
        messages.error(request, f"Nothing was deleted: the name typed is not “{found.name}”.")
    else:
        found.delete()
        messages.success(request, f"“{found.name}” is deleted.")
        return redirect("connections")
    return redirect("connection", key)
