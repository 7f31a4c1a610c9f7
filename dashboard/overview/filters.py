"""Which links the overview shows, and in which order."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.filters import Filter, link_choices, with_any
from dashboard.links.card import Card
from dashboard.links.env import ENVIRONMENTS, environment_of

GROUPS = {"person": "Need you", "work": "At work", "idle": "Resting", "ok": "In step"}
ORDERS: dict[str, tuple[str, Callable[[Card], Any]]] = {
    # As the cards come: those that need a person first.
    "worst": ("Worst first", lambda card: 0),
    "name": ("Name", lambda card: card.link.name.lower()),
    "busiest": ("Busiest", lambda card: (-sum(card.calls.values()), -card.written_today)),
}


class OverviewFilter(Filter):
    """Of cards that are built already: a link's health stands in no column."""

    link = forms.ChoiceField(choices=link_choices, required=False)
    health = forms.ChoiceField(choices=with_any("Any health", GROUPS.items()), required=False)
    mode = forms.ChoiceField(choices=with_any("Any mode", ENVIRONMENTS.items()), required=False)

    def __init__(self, query: QueryDict, cards: Iterable[Card] = ()):
        self.links = sorted((card.link.name, card.link.key) for card in cards)
        super().__init__(query)

    def choices_of(self, name: str, field: forms.ChoiceField) -> list[tuple[str, str]]:
        """Links by the cards that are there already."""
        named = [(key, link) for link, key in self.links]
        return with_any("Any link", named) if name == "link" else super().choices_of(name, field)

    def select(self, cards: Iterable[Card]) -> list[Card]:
        found: list[Card] = self.apply(list(cards))  # type: ignore[arg-type, assignment]
        return found

    def by_q(self, cards: Any, text: str) -> Any:
        wanted = text.casefold()
        return [card for card in cards if any(wanted in name.casefold() for name in _names_of(card))]

    def by_link(self, cards: Any, key: str) -> Any:
        return [card for card in cards if card.link.key == key]

    def by_health(self, cards: Any, group: str) -> Any:
        return [card for card in cards if group_of(card) == group]

    def by_mode(self, cards: Any, mode: str) -> Any:
        return [card for card in cards if environment_of(card.link) == mode]


def _names_of(card: Card) -> list[str]:
    connections = card.link.connections.values()
    return [card.link.name, card.link.key, card.health.title, *(one.name for one in connections)]


def group_of(card: Card) -> str:
    """The key of the group that the card stands in."""
    if card.health.person:
        return "person"
    return card.health.tone if card.health.tone in ("idle", "ok") else "work"


def sort_cards(cards: Iterable[Card], order: str) -> list[Card]:
    return sorted(cards, key=ORDERS[order][1])


def group_cards(cards: Iterable[Card]) -> list[tuple[str, list[Card]]]:
    """The cards under the headings of their groups, in the order of the groups; empty ones are left out."""
    found: dict[str, list[Card]] = {key: [] for key in GROUPS}
    for card in cards:
        found[group_of(card)].append(card)
    return [(GROUPS[key], members) for key, members in found.items() if members]
