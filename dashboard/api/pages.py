"""Pages of the API's lists: `?cursor=` and `?limit=`, and filters that are those of the pages."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.api.shapes import PageQuery
from dashboard.filters import Filter, Rows
from dashboard.inputs import read_number
from dashboard.keys.access import Refused

PAGING = {"cursor", "limit"}
NO_CURSOR = "“{}” is no cursor. Leave it out for the first page, then send `next` of the page before."
UNKNOWN = "There is no parameter “{}” here; there are {}. Nothing was read, since it may have been meant to leave out."


def read_cursor(query: PageQuery) -> int:
    """The key that the page begins behind, 0 for the first page. Raises Refused."""
    number = read_number(query.cursor, most_digits=18)
    if query.cursor and not number:
        raise Refused(422, "invalid", NO_CURSOR.format(query.cursor))
    return number


def read_page(
    rows: QuerySet[Any], query: PageQuery, report: Callable[[Any], dict[str, Any]], oldest_first: bool = False
) -> dict[str, Any]:
    """A page by key, newest first: it costs the same however far from the start. `next` is None on the last one."""
    after = read_cursor(query)
    if after:
        rows = rows.filter(pk__gt=after) if oldest_first else rows.filter(pk__lt=after)
    # One more than is shown tells whether there is a next page.
    found = list(rows.order_by("pk" if oldest_first else "-pk")[: query.limit + 1])
    more = len(found) > query.limit
    shown = found[: query.limit]
    return {"items": [report(one) for one in shown], "next": str(shown[-1].pk) if more else None}


def apply_filter(request: HttpRequest, kind: type[Filter], rows: Rows) -> Rows:
    """Unlike a page, which leaves out a filter that it does not understand and says so, this refuses it."""
    wanted = kind(request.GET)
    refuse_unknown(request, wanted.fields)
    if wanted.problems:
        raise Refused(422, "invalid", " ".join(wanted.problems).replace("the filter was left out", "nothing was read"))
    return wanted.apply(rows)


def refuse_unknown(request: HttpRequest, names: Any) -> None:
    """A misspelt filter would be one that takes everything."""
    known = sorted({*names} | PAGING)
    for name in request.GET:
        if name not in known:
            raise Refused(422, "invalid", UNKNOWN.format(name[:60], ", ".join(known)))
