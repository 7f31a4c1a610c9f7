"""Where webhooks arrive: each is checked, stored durably, and only then answered.

GHL sends again after 429 only (docs/ghl-api.md#webhooks), so an event that was answered and not stored would be lost.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from integration.models.fields import UndecryptableValue
from integration.providers.ghl import webhooks
from integration.providers.ghl.webhooks import sent_at
from integration.webhooks import find_connections, spool
from integration.webhooks.addresses import GIST_TOPICS
from integration.webhooks.database import UNAVAILABLE
from integration.webhooks.delivery import (
    Delivery,
    clean_text,
    from_ghl,
    from_gist,
    kept_headers,
    read_object,
    token_digest,
)
from integration.webhooks.memory import memory
from integration.webhooks.refusals import DUPLICATE, REFUSALS, REFUSED_BYTES, SPOOLED, STORED, TRY_AGAIN, Answer
from integration.webhooks.store import UnknownToken, keep_delivery, keep_refused

# The largest body that is taken, and that of one without a signature, which will be refused: anybody can send one, and
# each thread of the server holds one (dashboard/web_server.py).
LIMIT_BYTES, UNSIGNED_BYTES = 4 * 1024 * 1024, 1024 * 1024
# How long one webhook may spend on storing spooled ones, while its sender waits.
DRAIN_SECONDS = 0.2

logger = logging.getLogger(__name__)


class Refused(Exception):
    """Turned away for a reason of REFUSALS."""

    def __init__(self, reason: str, topic: str = "", connection_id: int | None = None):
        super().__init__(reason)
        self.reason, self.topic, self.connection_id = reason, topic, connection_id


def largest_body(provider: str, headers: Mapping[str, str]) -> int:
    """How many bytes of a body are looked at. `headers` may be in any case. Gist signs nothing."""
    low = {name.lower(): value for name, value in headers.items()}
    return LIMIT_BYTES if provider == "gist" or webhooks.has_signature(low) else UNSIGNED_BYTES


def receive_ghl(body: bytes, headers: Mapping[str, str], length: int = 0) -> Answer:
    """A webhook of GHL's marketplace. `length`: what Content-Length says; a body that is too large need not be read."""
    return _receive_checked("ghl", body, headers, lambda low: _checked_ghl(body, low, length))


def receive_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str], length: int = 0) -> Answer:
    """A webhook of Gist, sent to the address with this token and topic."""
    return _receive_checked("gist", body, headers, lambda low: _checked_gist(token, topic, body, low, length))


def _receive_checked(
    provider: str, body: bytes, headers: Mapping[str, str], check: Callable[[Mapping[str, str]], Delivery]
) -> Answer:
    low = {name.lower(): value for name, value in headers.items()}
    answer = _check_and_store(provider, body, low, check)
    memory().count_verdict(provider, answer.verdict)
    # What was refused has a line of its own, and no more than some hundred a minute.
    if answer.verdict not in REFUSALS:
        facts = {"provider": provider, "verdict": answer.verdict}
        logger.info("a webhook of %s: %s", provider, answer.verdict, extra={"facts": facts})
    return answer


def _check_and_store(
    provider: str, body: bytes, low: Mapping[str, str], check: Callable[[Mapping[str, str]], Delivery]
) -> Answer:
    try:
        return _store_or_spool(check(low))
    except Refused as refused:
        cut = Delivery(provider, refused.topic, body[:REFUSED_BYTES], kept_headers(low))
        return _turn_away(replace(cut, refused=refused.reason, connection_id=refused.connection_id))
    except Exception:
        # A fault of our own: after a 500 GHL would not send it again.
        logger.exception("a webhook of %s could not be taken", provider)
        return TRY_AGAIN


def _checked_ghl(body: bytes, headers: Mapping[str, str], length: int) -> Delivery:
    if max(length, len(body)) > largest_body("ghl", headers):
        raise Refused("too_large")
    # Over the raw bytes and before they are parsed: nothing of a stranger's body is read.
    if problem := webhooks.problem_with(body, headers):
        raise Refused(problem)
    try:
        payload = read_object(body)
    except ValueError as error:
        raise Refused("unreadable") from error
    delivery, sent_time = from_ghl(payload, body, headers), sent_at(payload)
    if sent_time and timezone.now() - sent_time > timedelta(hours=_max_age_hours()):
        raise Refused("too_old", delivery.topic)
    return delivery


def _max_age_hours() -> float:
    """Wide, because the id tells repeats and GHL's own come up to 70 minutes later (docs/ghl-api.md#webhooks)."""
    return float(settings.WEBHOOK_MAX_AGE_HOURS)


def _checked_gist(token: str, topic: str, body: bytes, headers: Mapping[str, str], length: int) -> Delivery:
    """The topic comes out of the address, because bodies do not say it reliably (docs/gist-api.md#webhooks)."""
    if topic not in GIST_TOPICS:
        raise Refused("unknown_topic", clean_text(topic, 60))
    # The token first, so that what is refused below is shown at its connection.
    connection_id = _find_gist_connection(token, topic)
    if max(length, len(body)) > LIMIT_BYTES:
        raise Refused("too_large", topic, connection_id)
    try:
        read_object(body)
    except ValueError as error:
        raise Refused("unreadable", topic, connection_id) from error
    return from_gist(token, topic, body, headers)


def _find_gist_connection(token: str, topic: str) -> int | None:
    """The connection with this token; None when the database cannot be asked, or a key is missing to read it."""
    if memory().database_is_down and token_digest(token) not in memory().tokens:
        return None
    try:
        found = find_connections.of_token(token_digest(token))
    except UNAVAILABLE:
        memory().note_database(up=False)
        return None
    except UndecryptableValue:
        return None
    if not found:
        raise Refused("unknown_token", topic)
    return found[0]


def _store_or_spool(delivery: Delivery) -> Answer:
    if not memory().database_is_down:
        try:
            # Spooled ones are older, and events are handled in the order in which they are stored.
            if not spool.is_empty():
                spool.drain_spool(DRAIN_SECONDS)
            return STORED if keep_delivery(delivery) else DUPLICATE
        except UndecryptableValue:
            # Refused as a stranger's it would be lost. It waits on disk until this host is restarted with the key.
            logger.warning("a webhook of Gist waits on disk: its address may stand under a key unknown to this process")
        except UnknownToken as error:
            raise Refused("unknown_token", delivery.topic) from error
        except UNAVAILABLE:
            logger.warning("the database cannot take webhooks now; they go to the spool", exc_info=True)
            memory().note_database(up=False)
    return _spool_delivery(delivery)


def _spool_delivery(delivery: Delivery) -> Answer:
    try:
        # GHL's are signed. Of Gist's token nothing is known while the database is away, unless it was seen just before.
        checked = not delivery.token or delivery.token in memory().tokens
        spool.spool_delivery(delivery, "event" if checked else "unchecked")
    except OSError:
        logger.exception("neither the database nor the disk takes webhooks")
        return TRY_AGAIN
    return SPOOLED


def _turn_away(delivery: Delivery) -> Answer:
    """Keep it to be shown, on disk while the database is away. The answer does not depend on that."""
    if not memory().admit_refused(delivery.refused):
        return REFUSALS[delivery.refused]
    logger.warning("a webhook of %s was refused: %s", delivery.provider, delivery.refused)
    if not _is_shown(delivery):
        try:
            spool.spool_delivery(delivery, "refused")
        except OSError:
            logger.exception("a refused webhook could not be kept")
    return REFUSALS[delivery.refused]


def _is_shown(delivery: Delivery) -> bool:
    if memory().database_is_down:
        return False
    try:
        keep_refused(delivery)
    except UNAVAILABLE:
        memory().note_database(up=False)
        return False
    return True
