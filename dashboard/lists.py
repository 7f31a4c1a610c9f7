"""What every list has: its rows a page at a time, how many there are, and words for when there are none.

All lists are shown by templates/generic/list.html.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from dashboard import paging
from dashboard.filters import Filter
from dashboard.htmx import wants_partial
from dashboard.saved_views.kept import place_of, views_of

logger = logging.getLogger(__name__)

NO_ANSWER = "The database did not answer in time."


@dataclass(frozen=True)
class EmptyState:
    """A heading, how things come to be listed, and the way there: an address and what its button says, or neither."""

    title: str
    text: str
    href: Any = ""
    verb: str = ""


@dataclass(frozen=True)
class ListWords:
    """The words of one list.

    `things` is what its rows are called, in the plural. `search_examples` stands in the empty search box. `no_match`
    says that no row fits the filters; `nothing` is shown when there are no rows and no filters.
    """

    things: str
    nothing: EmptyState
    no_match: str = ""
    search_examples: str = ""


ReadPage = Callable[[QuerySet[Any], QueryDict], paging.Page]


def read_list(
    words: ListWords, wanted: Filter, rows: QuerySet[Any], query: QueryDict, read_page: ReadPage | None = None
) -> dict[str, Any]:
    """The context of generic/list.html; `broken` says that the database did not answer, and there are no rows then.

    `read_page` is for rows in another order than newest first.
    """

    def read() -> dict[str, Any]:
        return {"page": (read_page or paging.read_page)(rows, query), "count": paging.count_rows(rows)}

    return {"filter": wanted, "count": "0"} | _read_or_broken(words, read, f"{NO_ANSWER} Your filters are kept.")


def read_whole_list(words: ListWords, read: Callable[[], list[Any]]) -> dict[str, Any]:
    """As `read_list`, for a list that is short enough to have neither filters nor pages."""
    return _read_or_broken(words, lambda: {"page": paging.Page(read(), None, True)}, NO_ANSWER)


def _read_or_broken(words: ListWords, read: Callable[[], dict[str, Any]], no_answer: str) -> dict[str, Any]:
    context: dict[str, Any] = {"list": words, "things": words.things, "page": paging.Page([], None, True)}
    try:
        return context | read()
    # An empty list and one that could not be read must not look alike; the page stays up and keeps the filters.
    except DatabaseError:
        logger.exception("the list of %s could not be read", words.things)
        return {**context, "broken": no_answer}


# Lists that come as a file too, to whoever may act (dashboard/exports/).
EXPORTED = ("runs", "log", "contacts", "problems")


def export_address(request: HttpRequest) -> str:
    place = place_of(request)
    return reverse(f"{place}_export") if place in EXPORTED and getattr(request.user, "may_operate", False) else ""


def render_list(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """The page of a list, or only its results when htmx asked for them."""
    layout = "generic/results.html" if wants_partial(request) else "base.html"
    place = place_of(request)
    # Asked for only where a template shows them.
    kept = {"place": place, "views": SimpleLazyObject(lambda: views_of(request)), "export_url": export_address(request)}
    response = render(request, template, {**context, **kept, "layout": layout})
    response["Vary"] = "HX-Request"
    return response
