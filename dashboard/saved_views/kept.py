"""The views that a person keeps of a list, and which lists can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from dashboard.grants import sees_masks, visible
from dashboard.models import SavedView
from integration.models import Link
from integration.records import is_storable

PLACES = ("overview", "runs", "log", "problems", "problems_person", "contacts", "workflows")
# Of an address, what belongs to a page and not to the list.
NOT_KEPT = ("before", "live", "ask", "read")
MOST_FILTERS, LONGEST_FILTER = 20, 200


@dataclass(frozen=True)
class ShownView:
    view: SavedView
    address: str
    is_current: bool
    is_mine: bool


def filters_in(query: QueryDict) -> dict[str, str]:
    """What of an address is kept: by name, each cut to what a filter can take."""
    given = [(name, str(value)[:LONGEST_FILTER]) for name, value in query.items() if value and name not in NOT_KEPT]
    # The guard at the door has seen the address as one text, in which this still stood encoded.
    return dict([one for one in given if all(map(is_storable, one))][:MOST_FILTERS])


def address_of(place: str, filters: Mapping[str, Any]) -> str:
    return f"{reverse(place)}?{urlencode(filters)}" if filters else reverse(place)


def views_of(request: HttpRequest) -> list[ShownView]:
    """One's own and the shared ones of this list, without those of a link that the person does not see, and without
    what others search for, which may be somebody, where personal values are masked.
    """
    place = place_of(request)
    if not place:
        return []
    user, now = request.user, filters_in(request.GET)
    rows = list(SavedView.objects.filter(Q(user=user) | Q(shared=True), place=place))
    named = {str(one.filters.get("link")) for one in rows if one.filters.get("link") and one.user_id != user.pk}
    seen = set(visible(Link.objects.filter(key__in=named), "pk").values_list("key", flat=True)) if named else set()
    masks = sees_masks()
    return [
        ShownView(one, address_of(place, one.filters), one.filters == now, one.user_id == user.pk)
        for one in rows
        if one.user_id == user.pk
        or ((not one.filters.get("link") or one.filters["link"] in seen) and not (masks and "q" in one.filters))
    ]


def place_of(request: HttpRequest) -> str:
    """The name of the list that was asked for; "" where it cannot be kept."""
    name = (request.resolver_match.url_name if request.resolver_match else "") or ""
    return name if name in PLACES else ""
