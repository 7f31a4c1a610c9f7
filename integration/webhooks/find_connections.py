"""Whose webhook it is: the connections behind a GHL location, an agency, or the token in a Gist address."""

import time
from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest

from integration.models import Connection, Provider
from integration.models.fields import UNKNOWN_KEY, UndecryptableValue, decrypt_json
from integration.providers.ghl.webhooks import INSTALL_TOPICS
from integration.webhooks.delivery import Delivery, token_digest
from integration.webhooks.memory import memory

# How long a connection that was deleted or changed may still be taken for the right one.
KEPT_SECONDS = 10.0

Connections = tuple[int, ...]


def connections_of(delivery: Delivery) -> Connections:
    """Ids of the connections a delivery is for, real ones before those of the sandbox; empty when there are none."""
    if delivery.provider == Provider.GIST:
        return of_token(delivery.token)
    if delivery.agency:
        # Only an install is about an agency. A record of an event that names no location could be anybody's.
        of_agency = bool(delivery.account) and delivery.topic in INSTALL_TOPICS
        return _ghl_connections(company_id=delivery.account) if of_agency else ()
    return of_location(delivery.account)


def of_location(location: str) -> Connections:
    return _look_up_once(
        memory().locations, location, lambda: _ghl_connections(account_id=location) if location else ()
    )


def of_token(digest: str) -> Connections:
    """At most one id, for the digest of a token."""
    return _look_up_once(memory().tokens, digest, lambda: _holder_of(digest))


def _look_up_once(
    kept: dict[str, tuple[float, Connections]], key: str, look_up: Callable[[], Connections]
) -> Connections:
    """Only what was found is remembered, so what is new is known at once and strangers fill no memory."""
    now = time.monotonic()
    good_until, found = kept.get(key, (0.0, ()))
    if now < good_until:
        return found
    if found := look_up():
        kept[key] = (now + KEPT_SECONDS, found)
    else:
        kept.pop(key, None)
    return found


def _ghl_connections(**which: str) -> Connections:
    # The first one is whose event it is; the sandbox may have a location with the same id.
    real_first = Connection.objects.filter(provider=Provider.GHL, **which).order_by("sandbox", "id")
    return tuple(real_first.values_list("pk", flat=True))


def _holder_of(digest: str) -> Connections:
    """Digests are compared, and in constant time: how long it takes says nothing about any token.

    The token is stored encrypted, so the database cannot look it up and every Gist connection is gone through. Raises
    UndecryptableValue where it may be one that this process has no key for.
    """
    sealed = Connection.objects.filter(provider=Provider.GIST).order_by("id").values_list("pk", "credentials")
    digests = [(pk, _digest_in(str(secret))) for pk, secret in sealed if secret]
    found = tuple(pk for pk, one in digests if one is not None and compare_digest(one, digest))
    if not found and any(one is None for _, one in digests):
        raise UndecryptableValue(UNKNOWN_KEY)
    return found


@lru_cache(maxsize=4096)
def _digest_in(sealed: str) -> str | None:
    """The digest of the webhook token in stored credentials, "" where there is none, None where they cannot be read. A
    row is decrypted once, not once per stranger.
    """
    try:
        token = decrypt_json(sealed).get("webhook_token", "")
    except UndecryptableValue:
        return None
    return token_digest(token) if token else ""
