"""Settings → API keys: what programs may call this installation with."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.keys.forms import KeyForm
from dashboard.keys.issue import make_key, revoke
from dashboard.models import ApiKey, Scope, User
from dashboard.permissions import settings_for_owners
from integration.models import Link


@settings_for_owners
def keys(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/keys.html", _list_context())


@settings_for_owners
def new_key(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None, initial={"may": Scope.READ, "scope": "all", "days": 90}, auto_id="key-%s")
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        made, text = make_key(
            given["name"],
            given["may"],
            form.chosen_links,
            given["days"],
            cast(User, request.user),
            sees_personal_data=given["sees_personal_data"],
        )
        # Shown here and never again, so it is no redirect: the key must not be kept in a session or a cookie.
        return render(request, "settings/keys.html", _list_context() | {"made": made, "key_text": text})
    context = {"form": form, "settings_page": "keys"}
    return render(request, "settings/key_new.html", context, status=422 if form.errors else 200)


@settings_for_owners
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ApiKey, pk=pk)
    if revoke(found):
        messages.success(request, f"“{found.name}” is revoked: it opens nothing any more.")
    else:
        messages.info(request, f"“{found.name}” was revoked already.")
    return redirect("keys")


def _list_context() -> dict[str, Any]:
    rows = list(ApiKey.objects.select_related("made_by").prefetch_related("links")[:200])
    valid = [key for key in rows if key.is_valid]
    return {
        "settings_page": "keys",
        "valid": valid,
        "invalid": [key for key in rows if not key.is_valid],
        "link_count": Link.objects.count(),
    }
