"""Bodies of stored webhooks, fit to be shown."""

import json
from typing import Any

from integration.models import InboxEvent

# Bytes of a body that are shown; enough to see what it is.
BODY_SHOWN = 4096


def body_of(event: InboxEvent | None) -> dict[str, Any]:
    """The body as an object; empty where it is none."""
    try:
        # Not strict, because bodies of GHL can hold raw control characters (docs/ghl-api.md#errors). Deep nesting,
        # which a stranger can send, ends as RecursionError.
        body = json.loads(bytes(event.body), strict=False) if event else {}
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def text_of(event: InboxEvent | None) -> str:
    """Indented where it is JSON, else as it came; cut where it is long."""
    body = body_of(event)
    if body:
        return json.dumps(body, indent=2, ensure_ascii=False)[:BODY_SHOWN]
    return as_readable_text(bytes(event.body)[:BODY_SHOWN]) if event else ""


def as_readable_text(body: bytes) -> str:
    """The bytes as text; what is no text becomes a mark, never an error."""
    text = body.decode(errors="replace")
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)
