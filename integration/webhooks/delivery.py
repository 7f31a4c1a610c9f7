"""A webhook that was accepted, as it goes to the inbox or, while the database is away, to the spool."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils import timezone

from integration.providers.ghl.webhooks import read_fact
from integration.trace import begin_trace

# For a GHL event without an id: its first repeat comes after ten minutes (docs/ghl-api.md#webhooks).
GHL_WINDOW_SECONDS = 600

# Gist repeats a failed delivery after an hour at the earliest, so equal bodies within seconds are one event sent twice,
# as when a contact is created. A wider window would take more real changes back and forth for one.
GIST_WINDOW_SECONDS = 10

KEPT_HEADERS = ("content-type", "user-agent", "x-request-id", "x-webhook-id", "x-delivery-id", "idempotency-key")
KEPT_PREFIXES = ("x-ghl-", "x-wh-", "x-gist-")
# Anybody can send headers, so their number is limited as their length is.
MOST_HEADERS, LONGEST_NAME = 12, 100


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
    trace: str = field(default_factory=begin_trace)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth storing, with lower-case names; none of them is a secret."""
    short = (name for name in headers if len(name) <= LONGEST_NAME)
    worth = (name for name in short if name in KEPT_HEADERS or name.startswith(KEPT_PREFIXES))
    return {name: clean_text(headers[name], 1000) for name in islice(worth, MOST_HEADERS)}


def clean_text(value: Any, length: int) -> str:
    """Text any database takes: without NUL and half characters, cut to `length`; "" for what is no text or number."""
    text = str(value) if isinstance(value, str | int | float) else ""
    # PostgreSQL stores no NUL, and JSON can hold half of a surrogate pair, which is no UTF-8.
    return text.encode(errors="replace").decode().replace("\0", "")[:length]


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises ValueError for anything else."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        # Python's parser gives up at some depth; what is nested that deep was sent to hurt.
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def from_ghl(payload: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Delivery:
    topic = clean_text(read_fact(payload, "type"), 60)
    # Bodies are flat on the event pages and nested under `data` in the hook guide (docs/ghl-api.md#webhooks): `fact`
    # reads both.
    location, company = (
        clean_text(read_fact(payload, "locationId"), 120),
        clean_text(read_fact(payload, "companyId"), 120),
    )
    identifier, now = clean_text(read_fact(payload, "webhookId"), 4000), timezone.now()
    return Delivery(
        provider="ghl",
        topic=topic,
        body=body,
        headers=kept_headers(headers),
        account=location or company,
        agency=not location,
        dedupe=_ghl_key(identifier) if identifier else f"ghl:{_sha256(body)}:{_time_window(now, GHL_WINDOW_SECONDS)}",
        by_content=not identifier,
        received_at=now,
    )


def from_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
    """`token` as it stood in the address."""
    digest, now = token_digest(token), timezone.now()
    content = _sha256(digest.encode(), topic.encode(), body)
    return Delivery(
        provider="gist",
        topic=topic,
        body=body,
        headers=kept_headers(headers),
        token=digest,
        dedupe=f"gist:{content}:{_time_window(now, GIST_WINDOW_SECONDS)}",
        by_content=True,
        received_at=now,
    )


def token_digest(token: str) -> str:
    return _sha256(token.encode(errors="replace"))


def _ghl_key(identifier: str) -> str:
    # The column holds 140 characters. A cut id could equal another one, its digest cannot.
    return f"ghl:{identifier}" if len(identifier) <= 120 else f"ghl:{_sha256(identifier.encode())}"


def _sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _time_window(now: datetime, seconds: int) -> int:
    return int(now.timestamp()) // seconds
