"""Where the document of an account is kept: in Redis, or without one in the database."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from integration.models import CallBudget

Document = dict[str, Any]
# In Redis, the document of an account that nobody calls goes away by itself. All that it says is outdated after a day,
# but for the counts of calls, which begin anew then as they do for whoever reads counters.
KEPT_SECONDS = 2 * 86_400


@contextmanager
def locked_document(account: str) -> Iterator[Document]:
    """The account's document, locked; what is changed inside is saved."""
    with _in_redis(account) if settings.REDIS_URL else _in_database(account) as doc:
        yield doc


def look_at(account: str) -> Document:
    """A copy of the account's document, to show something of it; empty when nobody called yet."""
    if settings.REDIS_URL:
        return _parse_document(redis_client().get(f"gistline:budget:{account}"))
    found: Document | None = CallBudget.objects.filter(account=account).values_list("document", flat=True).first()
    return found or {}


def look_at_all(accounts: Iterable[str]) -> dict[str, Document]:
    """Copies of the documents of several accounts, by account, in one question; empty where nobody called yet."""
    wanted = list(dict.fromkeys(accounts))
    if settings.REDIS_URL:
        documents = redis_client().mget([f"gistline:budget:{account}" for account in wanted]) if wanted else []
        return {account: _parse_document(raw) for account, raw in zip(wanted, documents, strict=True)}
    rows = dict(CallBudget.objects.filter(account__in=wanted).values_list("account", "document"))
    return {account: rows.get(account, {}) for account in wanted}


@contextmanager
def _in_database(account: str) -> Iterator[Document]:
    with transaction.atomic():
        row, _ = CallBudget.objects.select_for_update().get_or_create(account=account)
        yield row.document
        CallBudget.objects.filter(account=account).update(document=row.document)


@contextmanager
def _in_redis(account: str) -> Iterator[Document]:
    client = redis_client()
    # The lock ends by itself when its holder is killed; what is done inside takes milliseconds.
    with client.lock(f"gistline:budget-lock:{account}", timeout=10, sleep=0.005):
        doc = _parse_document(client.get(f"gistline:budget:{account}"))
        yield doc
        client.set(f"gistline:budget:{account}", json.dumps(doc), ex=KEPT_SECONDS)


def _parse_document(raw: bytes | None) -> Document:
    doc: Document = json.loads(raw) if raw else {}
    return doc


_clients: dict[str, Any] = {}


def redis_client() -> Any:
    # Imported here, so that an installation without Redis does not load its client.
    import redis

    return _clients.setdefault(settings.REDIS_URL, redis.Redis.from_url(settings.REDIS_URL))
