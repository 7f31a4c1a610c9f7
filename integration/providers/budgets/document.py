"""Where the document of an account is kept: in Redis, or without one in the database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from integration.models import CallBudget

Document = dict[str, Any]
KEPT_SECONDS = 2 * 86_400


@contextmanager
def document(account: str) -> Iterator[Document]:
    """The account's document, locked; what is changed inside is saved."""
    with _in_redis(account) if settings.REDIS_URL else _in_database(account) as doc:
        yield doc


def look_at(account: str) -> Document:
    """A copy of the account's document, to show something of it; empty when nobody called yet."""
    if settings.REDIS_URL:
        return _read(redis_client().get(f"gistline:budget:{account}"))
    found: Document | None = CallBudget.objects.filter(account=account).values_list("document", flat=True).first()
    return found or {}


@contextmanager
def _in_database(account: str) -> Iterator[Document]:
    with transaction.atomic():
        row, _ = CallBudget.objects.select_for_update().get_or_create(account=account)
        yield row.document
        row.save(update_fields=["document"])


@contextmanager
def _in_redis(account: str) -> Iterator[Document]:
    client = redis_client()
    with client.lock(f"gistline:budget-lock:{account}", timeout=10, sleep=0.005):
        doc = _read(client.get(f"gistline:budget:{account}"))
        yield doc
        client.set(f"gistline:budget:{account}", json.dumps(doc), ex=KEPT_SECONDS)


def _read(raw: bytes | None) -> Document:
    doc: Document = json.loads(raw) if raw else {}
    return doc


_clients: dict[str, Any] = {}


def redis_client() -> Any:
    import redis

    return _clients.setdefault(settings.REDIS_URL, redis.Redis.from_url(settings.REDIS_URL))
