"""Pages of big tables by key: the cost of a page does not grow with its distance from the start."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from dashboard.inputs import read_number

SIZE = 50
COUNT_UP_TO = 1000


@dataclass(frozen=True)
class Page:
    """Rows newest first. `older` is the id that the next page begins below, None on the last."""

    rows: list[Any]
    older: int | str | None
    is_first: bool


def read_page(rows: QuerySet[Any], query: QueryDict, size: int = SIZE) -> Page:
    """The page that `?before=<id>` asks for; anything else there is the first page."""
    below = rows_below(rows, query)
    # One more than is shown tells whether there is a next page. A count would read the whole table.
    found = list(below.order_by("-pk")[: size + 1])
    older = found[size - 1].pk if len(found) > size else None
    return Page(found[:size], older, below is rows)


def rows_below(rows: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
    """The rows of the page that `?before=<id>` asks for, and of those behind it."""
    before = read_number(query.get("before", ""), most_digits=18)
    return rows.filter(pk__lt=before) if before else rows


def count_rows(*parts: QuerySet[Any]) -> str:
    """How many all of them are, counted only as far as anybody reads: `38`, `more than 1,000`."""
    number = sum(rows.order_by()[: COUNT_UP_TO + 1].count() for rows in parts)
    return f"{number:,}" if number <= COUNT_UP_TO else f"more than {COUNT_UP_TO:,}"
