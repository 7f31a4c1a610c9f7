"""Reading a list page by page while it gets shorter: each page overlaps the one before.

Gist pages by number (docs/gist-api.md#pagination), so whoever is deleted from a page that was read moves everybody
behind to the left, and one person from the next page, unread, onto it. A page that holds somebody of the page before
leaves no such gap. Page numbers count in page lengths, so an overlap is had by asking for another length.
"""

from collections.abc import Iterable, Sequence
from typing import Any

# The most contacts Gist gives per page, and the least worth a call.
LONGEST, SHORTEST = 60, 30

# `{"page", "per_page", "seen": ids of the page before}`
Cursor = dict[str, Any]

FIRST: Cursor = {"page": 1, "per_page": LONGEST, "seen": []}


def has_gap(cursor: Cursor, ids: Iterable[str]) -> bool:
    """Whether somebody may stand between the page before and this one, because they have nobody in common."""
    return bool(cursor["seen"]) and not set(cursor["seen"]) & set(ids)


def cursor_after(cursor: Cursor, ids: Sequence[str], length: int) -> Cursor:
    """The page that begins with the last one of this page, which is so long, or a little before."""
    end = (cursor["page"] - 1) * cursor["per_page"] + length
    # Of all lengths the one that brings the most new people: its first page to reach past `end`.
    size = max(range(SHORTEST, LONGEST + 1), key=lambda s: (end - 1) // s * s + s - end)
    return {"page": (end - 1) // size + 1, "per_page": size, "seen": list(ids) or cursor["seen"]}


def cursor_before(cursor: Cursor) -> Cursor:
    """The page before this one, to find the people who moved there."""
    start = (cursor["page"] - 1) * cursor["per_page"]
    return {"page": max(0, start - 1) // LONGEST + 1, "per_page": LONGEST, "seen": cursor["seen"]}
