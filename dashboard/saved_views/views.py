"""Keeping a list with its filters under a name, and taking one away again."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from dashboard.models import SavedView
from dashboard.saved_views.kept import PLACES, address_of, filters_in

# More than anybody finds their way through.
MOST_VIEWS = 50


def save_view(request: HttpRequest) -> HttpResponse:
    """`place`, `name`, `filter` (the list's address part), and `shared`, which only an owner may say."""
    place, name = request.POST.get("place", ""), " ".join(request.POST.get("name", "").split())[:60]
    if place not in PLACES or not name:
        messages.error(request, "Give the view a name. Nothing was saved.")
        return redirect(place if place in PLACES else "overview")
    filters = filters_in(QueryDict(request.POST.get("filter", "")))
    person: Any = request.user
    shared = bool(request.POST.get("shared")) and person.may_delete
    try:
        with transaction.atomic():
            _keep(request, SavedView(user=person, place=place, name=name, filters=filters, shared=shared))
    except IntegrityError:
        messages.error(request, f"There is a view “{name}” of yours already. Nothing was saved: choose another name.")
    return redirect(address_of(place, filters))


def _keep(request: HttpRequest, view: SavedView) -> None:
    if SavedView.objects.filter(user=view.user).count() >= MOST_VIEWS:
        messages.error(request, f"You keep {MOST_VIEWS} views already. Take one away first; nothing was saved.")
        return
    view.save()
    messages.success(request, f"“{view.name}” is kept{', for everybody' if view.shared else ''}.")


def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; an owner also takes away what is shared."""
    mine = Q(user=request.user)
    allowed = mine | Q(shared=True) if request.user.may_delete else mine  # type: ignore[union-attr]
    found = SavedView.objects.filter(allowed, pk=pk).first()
    if found is None:
        messages.info(request, "There is no such view of yours any more.")
        return redirect("overview")
    found.delete()
    messages.success(request, f"The view “{found.name}” is gone; the list is as it was.")
    return redirect(reverse(found.place) if found.place in PLACES else "overview")
