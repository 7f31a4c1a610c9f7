"""Time as the two APIs write it: GHL in milliseconds and ISO 8601, Gist in whole seconds."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    return int(time.time() * 1000)


def now_s() -> int:
    return int(time.time())


def to_iso(milliseconds: float) -> str:
    """ "2026-01-31T09:30:00.000Z": GHL's way (docs/ghl-api.md#field-semantics)."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(milliseconds) % 1000:03d}Z"


def to_milliseconds(text: str) -> int:
    """Of an ISO 8601 text; one without a zone is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    # Seconds as a float times 1000 often lie a hair below the whole millisecond, so they are rounded and not cut.
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
