"""What both editors share: the parts of a draft, which lives in its form alone, and the lines of a comparison."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.http import QueryDict

from dashboard.inputs import read_number


class Numbered(Protocol):
    """A row, trigger, condition or action of a draft. `rid` names it in the form and nowhere else."""

    rid: int


Item = TypeVar("Item", bound=Numbered)


def next_rid(items: Iterable[Numbered]) -> int:
    return max((item.rid for item in items), default=0) + 1


def find_item(items: Iterable[Item], rid: int) -> Item | None:
    return next((item for item in items if item.rid == rid), None)


def move_item(items: list[Item], item: Item, by: int) -> None:
    """Move it up (below 0) or down; at either end it stays where it is."""
    place = items.index(item)
    items.insert(max(0, place + by), items.pop(place))


def read_rids(form: QueryDict, name: str, most: int) -> list[int]:
    """The `rid`s of all items of a kind, each once, in the order in which they stand in the form."""
    # A form can be sent by anything: repeated or unreadable ids and endless lists must not break the editor.
    return list(dict.fromkeys(number for rid in form.getlist(name)[:most] if (number := read_number(rid))))


def split_action(text: str) -> tuple[str, list[str]]:
    """What a button of the form asks for: `up:3` is the verb and what it is about."""
    verb, *about = text.split(":")
    return verb, about


@dataclass(frozen=True)
class Difference:
    """One line of a comparison: what it is about, and what is so now and was not before. `tone` as of a status."""

    row: str
    what: str
    tone: str
