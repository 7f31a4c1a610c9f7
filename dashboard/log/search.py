"""Searching the log for what no index knows, such as a part of a name: a stretch of it at a time, newest first."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import QueryDict

from dashboard.filters import Rows
from dashboard.lists import read_list
from dashboard.log.context import LIST
from dashboard.log.filters import LogFilter
from dashboard.paging import rows_below
from dashboard.time_filters import moment_in_words

# Entries that one page compares at most: a fraction of a second, however long the log is.
STRETCH = 200_000


@dataclass(frozen=True)
class Stretch:
    """The oldest entry that was looked at, of more: its key, and when it was."""

    key: int
    at: datetime


def read_log(wanted: LogFilter, rows: Rows, query: QueryDict) -> dict[str, Any]:
    """The context of the list. `stretch` says how far back it looked, where it did not look at everything."""
    found = wanted.narrow(rows)
    if not wanted.compares:
        return read_list(LIST, wanted, found, query)
    below = rows_below(found, query)
    stretch = _cut_stretch(below)
    if stretch is None:
        return read_list(LIST, wanted, wanted.compare(found), query)
    words = replace(LIST, no_match=f"None of these {STRETCH:,} entries fits, back to {moment_in_words(stretch.at)}.")
    context = read_list(words, wanted, wanted.compare(below, stretch.key), query)
    return {**context, "things": "entries in this part of the log", "stretch": stretch, "looked_at": f"{STRETCH:,}"}


def _cut_stretch(rows: Rows) -> Stretch | None:
    """None where there are no more than one page may compare."""
    # The keys alone, which stand in an index.
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[STRETCH - 1 : STRETCH + 1])
    return Stretch(*rows.values_list("pk", "created_at").get(pk=found[0])) if len(found) == 2 else None
