"""A webhook that was let in, as it goes to the inbox or, when there is no database, to the spool."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.utils import timezone

GHL_WINDOW_SECONDS = 600
"""For a GHL event without an id: its first repeat comes after ten minutes (docs/ghl-api.md#webhooks)."""

GIST_WINDOW_SECONDS = 10
"""Gist repeats a failed delivery after an hour at the earliest, so equal bodies within seconds are one event sent
twice, as when a contact is created. A wider window would take more real changes back and forth for one."""

KEPT_HEADERS = ("content-type", "user-agent", "x-request-id", "x-webhook-id", "x-delivery-id", "idempotency-key")
KEPT_PREFIXES = ("x-ghl-", "x-wh-", "x-gist-")
MOST_HEADERS = 12


@dataclass(frozen=True)
class Delivery:
    """`token` is the digest of the secret in a Gist address, `account` the location (or with `agency` the agency) of
    a GHL event. `by_content`: the sender gave no id, so `dedupe` was made of the body and the time. `refused` is the
    reason it was turned away for, `connection_id` whose it would have been where that is known.
    """

    provider: str
    topic: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    account: str = ""
    agency: bool = False
    token: str = ""
    dedupe: str | None = None
    by_content: bool = False
    refused: str = ""
    connection_id: int | None = None
    received_at: datetime = field(default_factory=timezone.now)


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth storing, with lower-case names; none of them is a secret."""
    worth = (name for name in headers if name in KEPT_HEADERS or name.startswith(KEPT_PREFIXES))
    return {name: clean(headers[name], 1000) for name in islice(worth, MOST_HEADERS)}


def clean(value: Any, length: int) -> str:
    """Text any database takes: without NUL and half characters, cut to `length`; "" for what is no text or number."""
    text = str(value) if isinstance(value, str | int | float) else ""
    return text.encode(errors="replace").decode().replace("\0", "")[:length]


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises ValueError for anything else."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def fact(said: Mapping[str, Any], name: str) -> Any:
    """A fact of a GHL event: live ones are flat, the guide's sample has them under `data`."""
    nested = said.get("data")
    return said.get(name) or (nested.get(name) if isinstance(nested, dict) else None)


def sent_at(said: Mapping[str, Any]) -> datetime | None:
    """The signed time of a GHL event: ISO 8601, or seconds or milliseconds since 1970; None when it says none."""
    stamp = fact(said, "timestamp")
    try:
        if isinstance(stamp, str) and not stamp.isdigit():
            moment = datetime.fromisoformat(stamp)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = float(stamp or 0)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC) if seconds > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def from_ghl(said: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Delivery:
    location, company = clean(fact(said, "locationId"), 120), clean(fact(said, "companyId"), 120)
    identifier, now = clean(fact(said, "webhookId"), 4000), timezone.now()
    return Delivery(
        provider="ghl",
        topic=clean(fact(said, "type"), 60),
        body=body,
        headers=kept(headers),
        account=location or company,
        agency=not location and bool(company),
        dedupe=_ghl_key(identifier) if identifier else f"ghl:{_digest(body)}:{_window(now, GHL_WINDOW_SECONDS)}",
        by_content=not identifier,
        received_at=now,
    )


def from_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
    """`token` as it stood in the address."""
    digest, now = token_digest(token), timezone.now()
    content = _digest(digest.encode(), topic.encode(), body)
    return Delivery(
        provider="gist",
        topic=topic,
        body=body,
        headers=kept(headers),
        token=digest,
        dedupe=f"gist:{content}:{_window(now, GIST_WINDOW_SECONDS)}",
        by_content=True,
        received_at=now,
    )


def token_digest(token: str) -> str:
    return _digest(token.encode(errors="replace"))


def _ghl_key(identifier: str) -> str:
    return f"ghl:{identifier}" if len(identifier) <= 120 else f"ghl:{_digest(identifier.encode())}"


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _window(now: datetime, seconds: int) -> int:
    return int(now.timestamp()) // seconds
