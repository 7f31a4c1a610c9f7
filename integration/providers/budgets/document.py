"""Where the document of an account is kept: in Redis, or without one in the database."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from integration.models import CallBudget
from integration.redis_server import redis_client

Document = dict[str, Any]
# In Redis, the document of an account that nobody calls goes away by itself. All that it says is outdated after a day,
# but for the counts of calls, which begin anew then as they do for whoever reads counters.
KEPT_SECONDS = 2 * 86_400
# How long the difference between this host's clock and the shared one is believed.
OFFSET_SECONDS = 60.0


class DocumentAway(Exception):
    """Redis does not answer: what an account may call is not known."""


@contextmanager
def locked_document(account: str) -> Iterator[Document]:
    """The account's document, locked; what is changed inside is saved."""
    with _in_redis(account) if settings.REDIS_URL else _in_database(account) as doc:
        yield doc


def look_at(account: str) -> Document:
    """A copy of the account's document, to show something of it; empty when nobody called yet."""
    if settings.REDIS_URL:
        return look_at_all([account])[account]
    found: Document | None = CallBudget.objects.filter(account=account).values_list("document", flat=True).first()
    return found or {}


def look_at_all(accounts: Iterable[str]) -> dict[str, Document]:
    """Copies of the documents of several accounts, by account, in one question; empty where nobody called yet, and
    while Redis is away.
    """
    wanted = list(dict.fromkeys(accounts))
    if settings.REDIS_URL:
        return dict(zip(wanted, _look_in_redis(wanted), strict=True))
    rows = dict(CallBudget.objects.filter(account__in=wanted).values_list("account", "document"))
    return {account: rows.get(account, {}) for account in wanted}


@contextmanager
def _in_database(account: str) -> Iterator[Document]:
    # Nobody sends calls within a transaction, so there is nothing that a savepoint would keep.
    with transaction.atomic(savepoint=False):
        row, _ = CallBudget.objects.select_for_update().get_or_create(account=account)
        yield row.document
        CallBudget.objects.filter(account=account).update(document=row.document)


def _look_in_redis(accounts: list[str]) -> list[Document]:
    try:
        with _away_as_such():
            documents = redis_client().mget([f"gistline:budget:{account}" for account in accounts]) if accounts else []
    except DocumentAway:
        return [{} for _ in accounts]
    return [_parse_document(raw) for raw in documents]


@contextmanager
def _in_redis(account: str) -> Iterator[Document]:
    client = redis_client()
    # The lock ends by itself when its holder is killed; what is done inside takes milliseconds.
    with _away_as_such(), client.lock(f"gistline:budget-lock:{account}", timeout=10, sleep=0.005):
        doc = _parse_document(client.get(f"gistline:budget:{account}"))
        yield doc
        client.set(f"gistline:budget:{account}", json.dumps(doc), ex=KEPT_SECONDS)


@contextmanager
def _away_as_such() -> Iterator[None]:
    from redis.exceptions import RedisError

    try:
        yield
    except RedisError as problem:
        raise DocumentAway from problem


def shared_now() -> float:
    """Seconds since 1970 by the clock that all hosts share: their own may differ, and a document is of all of them."""
    return time.time() + clock_offset()


_offset = (0.0, float("-inf"))
"""Seconds by which the shared clock is ahead, and when it was asked, by the monotonic clock."""


def clock_offset() -> float:
    """Seconds by which the clock of Redis, or without it of PostgreSQL, is ahead of this one. Raises DocumentAway."""
    global _offset
    if time.monotonic() - _offset[1] > OFFSET_SECONDS:
        before = time.time()
        shared = _ask_shared_clock()
        # What the answer took lies half before it and half after it.
        _offset = (shared - (before + time.time()) / 2, time.monotonic())
    return _offset[0]


def _ask_shared_clock() -> float:
    if settings.REDIS_URL:
        with _away_as_such():
            seconds, microseconds = redis_client().time()
        return float(seconds) + float(microseconds) / 1e6
    if connection.vendor != "postgresql":
        # A file, which is one host's.
        return time.time()
    with connection.cursor() as cursor:
        # Unlike now(), which is when the transaction began.
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


def _parse_document(raw: bytes | None) -> Document:
    doc: Document = json.loads(raw) if raw else {}
    return doc
