"""What may be meant by what is typed into the search box of a list: filters, people, links."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.contacts.filters import ContactFilter, contact_rows
from dashboard.filters import Filter
from dashboard.grants import sees_masks, visible
from dashboard.log.filters import LogFilter
from dashboard.overview.filters import OverviewFilter
from dashboard.problems.filters import ProblemFilter, QuestionFilter
from dashboard.runs.filters import RunFilter
from integration.models import Link
from integration.people.search import find_matching_ids

FILTERS: dict[str, type[Filter]] = {
    "overview": OverviewFilter,
    "runs": RunFilter,
    "log": LogFilter,
    "problems": ProblemFilter,
    "problems_person": QuestionFilter,
    "contacts": ContactFilter,
}
# Lists whose rows are about people.
OF_PEOPLE = ("log", "contacts", "problems_person")
MOST, LONGEST, SHORTEST_NAME = 8, 200, 2


def suggest(request: HttpRequest) -> HttpResponse:
    """Options for the text `q` of the list `place`: the whole text with its last word made longer, and people."""
    place, text = request.GET.get("place", ""), request.GET.get("q", "")[:LONGEST]
    before, _, word = text.rpartition(" ")
    found = [f"{before} {one}".strip() for one in _filter_words(place, word)] if word else []
    # A mask is nothing to search by.
    offers_people = place in OF_PEOPLE and len(text) >= SHORTEST_NAME and not sees_masks()
    people = _people(text) if offers_people else []
    return render(request, "components/suggestions.html", {"words": found[:MOST], "people": people})


def _filter_words(place: str, word: str) -> Iterator[str]:
    """`status:failed` for `fail`, `stat` and `status:f`."""
    if place not in FILTERS:
        return
    for name, field in FILTERS[place].base_fields.items():
        if not isinstance(field, forms.ChoiceField):
            continue
        choices: Any = field.choices
        for value, label in choices:
            written = f"{name}:{value}"
            if value and (written.startswith(word.lower()) or str(label).lower().startswith(word.lower())):
                yield written


def _people(text: str) -> list[tuple[str, str]]:
    """The address, or else the name, of people who may be meant, with what else is known of them."""
    countries = {link.pk: link.phone_country for link in visible(Link.objects.select_related("ghl"), "pk")}
    rows = contact_rows().filter(pk__in=find_matching_ids(text, countries)).order_by("-pk")[:MOST]
    return [(one.email or one.label or one.external_id, f"{one.label}, {one.link.name}") for one in rows]
