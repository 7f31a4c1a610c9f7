"""Records out of a list, each by itself: one that cannot be read stands beside the others with the reason."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from integration.errors import Malformed, Unexpected
from integration.providers.operations import Listing, MalformedItem, Schema
from integration.records import UnreadableRecord, make_storable

S = TypeVar("S", bound=Schema)
R = TypeVar("R")

logger = logging.getLogger(__name__)


def read_records(
    answer: Listing, items: list[S], read: Callable[[S], R], provider: str
) -> tuple[tuple[R, ...], tuple[UnreadableRecord, ...]]:
    """What `read` makes of each item, and what could not be read: malformed, or by a fault of our own."""
    found: list[R] = []
    unreadable = [_unreadable_of(one, provider) for one in answer.malformed]
    for item in items:
        try:
            found.append(read(item))
        except Exception as fault:
            logger.exception("a record of %s could not be read", provider)
            sentence = f"Gistline met a fault of its own ({type(fault).__name__}) when it read this record."
            raw = item.model_dump()
            unreadable.append(UnreadableRecord(_id_of(raw), _label_of(raw), Unexpected(sentence, provider=provider)))
    return tuple(found), tuple(unreadable)


def _unreadable_of(item: MalformedItem, provider: str) -> UnreadableRecord:
    name = {"gist": "Gist", "ghl": "GHL"}[provider]
    sentence = f"{name} sent this record in a form that cannot be read: {item.problem}."
    return UnreadableRecord(_id_of(item.raw), _label_of(item.raw), Malformed(sentence, provider=provider))


def _id_of(raw: Any) -> str:
    found = raw.get("id") if isinstance(raw, dict) else None
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    # The column holds 120 characters; a cut id would name somebody else.
    return text if len(text) <= 120 else ""


def _label_of(raw: Any) -> str:
    """What to call it on screen: the first of its names that is a text."""
    names = ("name", "contactName", "email", "phone", "title", "firstName")
    texts = [raw.get(name) for name in names] if isinstance(raw, dict) else []
    label = next((text for text in texts if isinstance(text, str) and text.strip()), "") or "A record without a name"
    return str(make_storable(label))[:200]
