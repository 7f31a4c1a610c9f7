"""Pages of big tables by key: the cost of a page does not grow with its distance from the start."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import QueryDict

log = logging.getLogger(__name__)

SIZE = 50
COUNT_UP_TO = 1000


@dataclass(frozen=True)
class Page:
    """Rows newest first. `older` is the id that the next page begins below, None on the last."""

    rows: list[Any]
    older: int | None
    is_first: bool


def page_of(rows: QuerySet[Any], query: QueryDict, size: int = SIZE) -> Page:
    """The page that `?before=<id>` asks for; anything else there is the first page."""
    before = query.get("before", "")
    below = rows.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else rows
    found = list(below.order_by("-pk")[: size + 1])
    older = found[size - 1].pk if len(found) > size else None
    return Page(found[:size], older, below is rows)


def count_of(rows: QuerySet[Any]) -> str:
    """How many, counted only as far as anybody reads: `38`, `more than 1,000`."""
    number = rows.order_by()[: COUNT_UP_TO + 1].count()
    return f"{number:,}" if number <= COUNT_UP_TO else f"more than {COUNT_UP_TO:,}"


def singular(things: str) -> str:
    """One of the things that a list holds."""
    return {"people": "person", "entries": "entry"}.get(things, things.removesuffix("s"))


def listing(wanted: Any, rows: QuerySet[Any], query: QueryDict, things: str) -> dict[str, Any]:
    """What every list's template needs; `broken` says that the database did not answer, and nothing else is told."""
    context: dict[str, Any] = {"filter": wanted, "things": things, "page": Page([], None, True), "count": "0"}
    try:
        count = count_of(rows)
        named = singular(things) if count == "1" else things
        return {**context, "page": page_of(rows, query), "count": count, "things": named}
    except DatabaseError:
        log.exception("the list of %s could not be read", things)
        return {**context, "broken": True}
