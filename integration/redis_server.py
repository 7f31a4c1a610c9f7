"""Redis, where there is one: a client that gives up soon, and finds a server again that was away."""

from functools import lru_cache
from typing import Any

from django.conf import settings


def redis_client() -> Any:
    return _client_of(settings.REDIS_URL)


@lru_cache(maxsize=8)
def _client_of(url: str) -> Any:
    # Imported here, so that an installation without Redis does not load its client.
    import redis

    return redis.Redis.from_url(url, **settings.REDIS_OPTIONS)
