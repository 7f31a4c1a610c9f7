"""The door: a webhook is checked, stored durably, and only then answered."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from integration.webhook_addresses import GIST_TOPICS
from integration.webhooks import known, signatures, spool
from integration.webhooks.database import UNAVAILABLE
from integration.webhooks.delivery import Delivery, clean, from_ghl, from_gist, kept, read_object, sent_at, token_digest
from integration.webhooks.memory import memory
from integration.webhooks.refusals import DUPLICATE, REFUSALS, REFUSED_BYTES, STORED, TRY_AGAIN, Answer
from integration.webhooks.store import UnknownToken, keep, refuse

LIMIT_BYTES = 1024 * 1024
DRAIN_SECONDS = 0.2

log = logging.getLogger(__name__)


class Refused(Exception):
    """Turned away for a reason of REFUSALS."""

    def __init__(self, reason: str, topic: str = "", connection_id: int | None = None):
        super().__init__(reason)
        self.reason, self.topic, self.connection_id = reason, topic, connection_id


def receive_ghl(body: bytes, headers: Mapping[str, str], length: int = 0) -> Answer:
    """A webhook of GHL's marketplace. `length`: what Content-Length says; a body that is too large need not be read."""
    return _receive("ghl", body, headers, lambda low: _checked_ghl(body, low, length))


def receive_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str], length: int = 0) -> Answer:
    """A webhook of Gist, sent to the address with this token and topic."""
    return _receive("gist", body, headers, lambda low: _checked_gist(token, topic, body, low, length))


def _receive(
    provider: str, body: bytes, headers: Mapping[str, str], check: Callable[[Mapping[str, str]], Delivery]
) -> Answer:
    low = {name.lower(): value for name, value in headers.items()}
    try:
        return _take(check(low))
    except Refused as refused:
        cut = Delivery(provider, refused.topic, body[:REFUSED_BYTES], kept(low))
        return _turn_away(replace(cut, refused=refused.reason, connection_id=refused.connection_id))
    except Exception:
        log.exception("a webhook of %s could not be taken", provider)
        return TRY_AGAIN


def _checked_ghl(body: bytes, headers: Mapping[str, str], length: int) -> Delivery:
    if max(length, len(body)) > LIMIT_BYTES:
        raise Refused("too_large")
    if problem := signatures.problem_with(body, headers):
        raise Refused(problem)
    try:
        said = read_object(body)
    except ValueError as error:
        raise Refused("unreadable") from error
    delivery, sent = from_ghl(said, body, headers), sent_at(said)
    if sent and timezone.now() - sent > timedelta(hours=_max_age_hours()):
        raise Refused("too_old", delivery.topic)
    return delivery


def _max_age_hours() -> float:
    """Wide, because the id tells repeats and GHL's own come up to 70 minutes later (docs/ghl-api.md#webhooks)."""
    return float(settings.WEBHOOK_MAX_AGE_HOURS)


def _checked_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str], length: int) -> Delivery:
    """The topic comes out of the address, because bodies do not say it reliably (docs/gist-api.md#webhooks)."""
    if topic not in GIST_TOPICS:
        raise Refused("unknown_topic", clean(topic, 60))
    connection_id = _holder(token, topic)
    if max(length, len(body)) > LIMIT_BYTES:
        raise Refused("too_large", topic, connection_id)
    try:
        read_object(body)
    except ValueError as error:
        raise Refused("unreadable", topic, connection_id) from error
    return from_gist(token, topic, body, headers)


def _holder(token: str, topic: str) -> int | None:
    """The connection with this token; None when the database cannot be asked."""
    if memory().database_is_down and token_digest(token) not in memory().tokens:
        return None
    try:
        found = known.of_token(token_digest(token))
    except UNAVAILABLE:
        memory().note_database(up=False)
        return None
    if not found:
        raise Refused("unknown_token", topic)
    return found[0]


def _take(delivery: Delivery) -> Answer:
    if not memory().database_is_down:
        try:
            if not spool.is_empty():
                spool.drain_spool(DRAIN_SECONDS)
            return STORED if keep(delivery) else DUPLICATE
        except UnknownToken as error:
            raise Refused("unknown_token", delivery.topic) from error
        except UNAVAILABLE:
            log.warning("the database cannot take webhooks now; they go to the spool", exc_info=True)
            memory().note_database(up=False)
    return _spool(delivery)


def _spool(delivery: Delivery) -> Answer:
    try:
        checked = not delivery.token or delivery.token in memory().tokens
        spool.put(delivery, "event" if checked else "unchecked")
    except OSError:
        log.exception("neither the database nor the disk takes webhooks")
        return TRY_AGAIN
    return STORED


def _turn_away(delivery: Delivery) -> Answer:
    """Keep it to be shown, on disk while the database is away. The answer does not depend on that."""
    log.warning("a webhook of %s was refused: %s", delivery.provider, delivery.refused)
    if not _is_shown(delivery):
        try:
            spool.put(delivery, "refused")
        except OSError:
            log.exception("a refused webhook could not be kept")
    return REFUSALS[delivery.refused]


def _is_shown(delivery: Delivery) -> bool:
    if memory().database_is_down:
        return False
    try:
        refuse(delivery)
    except UNAVAILABLE:
        memory().note_database(up=False)
        return False
    return True
