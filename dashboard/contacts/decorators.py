"""What every address of one contact begins with: finding the person, and showing times in their location's zone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard.contacts.masked import mask_person
from integration.models import Link
from integration.moments import find_zone
from integration.people.find import KnownPerson, find_by_id, with_standing
from integration.privacy.masking import is_masking, masking

View = Callable[..., HttpResponse]


def with_person(view: View) -> View:
    """Give the view the person whom the address names, and set the time zone of the location."""

    @wraps(view)
    def view_person(request: HttpRequest, link: str, side: str, contact_id: str, **kwargs: Any) -> HttpResponse:
        named = get_object_or_404(with_standing(side, contact_id), key=link)
        # A zone that is activated stays with the thread, also for the next request; this one ends with the block.
        with location_zone(named):
            return view(request, _find_shown(named, side, contact_id), **kwargs)

    return view_person


def _find_shown(link: Link, side: str, contact_id: str) -> KnownPerson:
    with masking(False):
        person = find_by_id(link, side, contact_id)
    return mask_person(person) if is_masking() else person


def location_zone(link: Link) -> Any:
    """Times are shown and read in the time zone of the link's location."""
    return timezone.override(find_zone(link.zone))
