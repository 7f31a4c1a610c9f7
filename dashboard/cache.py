"""The cache, holding JSON only: Django's own backends unpickle what stands in Redis or the table, which runs code.

Whoever can write there, through another program on the same Redis or a restored database, must not rule this one.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)
FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


class JsonSerializer:
    """What Django's Redis backend keeps values with. Raises TypeError for a value that JSON does not know."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value)

    def loads(self, text: bytes) -> Any:
        return json.loads(text)


class JsonDatabaseCache(DatabaseCache):
    """Django's cache in a table, with JSON in place of pickles. What is no JSON counts as not there."""

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        rows = self._entries().filter(pk__in=names, expires__gte=timezone.now()).values_list("pk", "value")
        values = {}
        for name, text in rows:
            try:
                values[names[name]] = json.loads(text)
            except ValueError:
                logger.warning("the cache holds something under %s that is no JSON; it is not used", name)
        return values

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """For set, add and touch; whether it was done. Like Django's own, a database that refuses makes it false."""
        text = json.dumps(value)
        ends = self.get_backend_timeout(timeout)
        expires = FOR_EVER if ends is None else datetime.fromtimestamp(ends, UTC)
        try:
            self._make_room()
            with transaction.atomic():
                if mode == "touch":
                    return bool(self._entries().filter(pk=key).update(expires=expires))
                if mode == "add":
                    return self._add(key, text, expires)
                return bool(self._upsert(key, text, expires))
        except DatabaseError as problem:
            logger.warning("the cache could not be written: %s", type(problem).__name__)
            return False

    def _add(self, key: str, text: str, expires: datetime) -> bool:
        try:
            with transaction.atomic():
                self._entries().create(cache_key=key, value=text, expires=expires)
        except IntegrityError:
            expired = self._entries().filter(pk=key, expires__lt=timezone.now())
            return bool(expired.update(value=text, expires=expires))
        return True

    def _upsert(self, key: str, text: str, expires: datetime) -> Any:
        row = self._entries().model(cache_key=key, value=text, expires=expires)
        return self._entries().bulk_create(
            [row], update_conflicts=True, unique_fields=["cache_key"], update_fields=["value", "expires"]
        )

    def _make_room(self) -> None:
        """Deletes what has expired, and, where that is not enough, what will expire first."""
        if self._entries().count() <= self._max_entries:
            return
        self._entries().filter(expires__lt=timezone.now()).delete()
        if self._entries().count() > self._max_entries:
            next_to_expire = self._entries().order_by("expires").values_list("pk", flat=True)
            most = self._max_entries // self._cull_frequency
            self._entries().filter(pk__in=list(next_to_expire[:most])).delete()

    def _entries(self) -> Any:
        # Settings name this module before models can be imported.
        from dashboard.models import CacheEntry

        return CacheEntry.objects
