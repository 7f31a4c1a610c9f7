"""What a fix offers, in words, with what it would solve."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Offer:
    """`title` says what would be done, `outcome` what it would solve, `verb` stands on the button.

    `solved` of `total` records would pass as far as can be tested without writing; None where it cannot. `values` are
    what the records would get, by the entry's key. `route` and `key` lead to a page of the dashboard by its name.
    """

    title: str
    outcome: str
    verb: str
    solved: int | None = None
    total: int = 0
    values: Mapping[int, Any] = field(default_factory=dict)
    route: str = ""
    key: str = ""
    retries: bool = True
    """Once it is done, the records are to be tried again."""


def makes_valid(solved: int, total: int) -> str:
    return f"Makes {'all' if solved == total else f'{solved:,} of the'} {total:,} valid."
