"""Stores webhooks in the inbox, each once, and queues a job for those that are news."""

import logging
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from integration.models import EventState, InboxEvent
from integration.models.fields import UndecryptableValue
from integration.providers.ghl.webhooks import INSTALL_TOPICS
from integration.webhooks import installs
from integration.webhooks.backlog import call_workers
from integration.webhooks.database import (
    commit_durably,
    has_one_writer,
    in_turn,
    limit_lock_wait,
    protect_transaction,
    retry_while_locked,
)
from integration.webhooks.delivery import Delivery
from integration.webhooks.find_connections import connections_of
from integration.webhooks.forgetting import forget_if_erased
from integration.webhooks.memory import memory
from integration.webhooks.refusals import turned_away

# Refused webhooks are kept with cut bodies and few headers, and only so many: strangers cannot fill the disk with them.
REFUSED_KEPT = 5_000

logger = logging.getLogger(__name__)


class UnknownToken(Exception):
    """A Gist address with a token of no connection."""


@dataclass
class Ticket:
    """A delivery on its way to the disk, and how it went: `is_news` False when it was known already."""

    delivery: Delivery
    is_news: bool | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.is_news is not None or self.error is not None

    def outcome(self) -> bool:
        if self.error or self.is_news is None:
            raise self.error or OperationalError("the thread that took this delivery along was ended")
        return self.is_news


def keep_delivery(delivery: Delivery) -> bool:
    """Store a delivery durably and queue a job for its link. False when it was known already.

    Raises UnknownToken, UndecryptableValue where a key is missing to tell, and UNAVAILABLE when the database is away or
    locked for longer than PATIENCE_SECONDS.
    """
    ticket = Ticket(delivery)
    if has_one_writer():
        _keep_with_others(ticket)
    else:
        _keep_all([ticket])
    return ticket.outcome()


def _keep_with_others(ticket: Ticket) -> None:
    """The thread whose turn it is stores the deliveries of all that wait: a burst waits for the disk once."""
    waiting = memory().waiting
    waiting.append(ticket)
    try:
        with in_turn():
            # Another thread may have stored this one along with its own.
            if not ticket.is_done:
                _keep_all([waiting.popleft() for _ in range(len(waiting))])
    finally:
        # Still there when its turn never came: nobody may store what is about to be spooled.
        with suppress(ValueError):
            waiting.remove(ticket)


def _keep_all(tickets: list[Ticket]) -> None:
    try:
        with limit_lock_wait():
            retry_while_locked(lambda: _insert_all(tickets))
            memory().note_database(up=True)
            _call_workers([ticket.delivery for ticket in tickets if ticket.is_news])
    except Exception as error:
        # Each of the waiting threads raises it from its own ticket.
        for ticket in tickets:
            ticket.error = error


def _insert_all(tickets: list[Ticket]) -> None:
    try:
        _insert_once(tickets)
    except IntegrityError:
        # A connection known from memory was deleted meanwhile.
        memory().forget_connections()
        _insert_once(tickets)


def _insert_once(tickets: list[Ticket]) -> None:
    """One delivery alone is one statement and needs no transaction."""
    with commit_durably(), transaction.atomic() if len(tickets) > 1 else nullcontext():
        for ticket in tickets:
            try:
                ticket.is_news, ticket.error = _insert_delivery(ticket.delivery), None
            except (UnknownToken, UndecryptableValue) as error:
                ticket.error = error


def _insert_delivery(delivery: Delivery) -> bool:
    found = connections_of(delivery)
    if delivery.token and not found:
        raise UnknownToken
    event = forget_if_erased(InboxEvent(**_event_columns(delivery), connection_id=found[0] if found else None))
    if delivery.topic in INSTALL_TOPICS:
        is_news = installs.keep_install_event(event, found, _insert_event)
    elif found:
        is_news = _insert_event(event) or (delivery.by_content and event.reason != "erased" and _handle_again(event))
    else:
        is_news = _insert_event(turned_away(event, "unknown_location"))
    if is_news and event.state == EventState.REFUSED:
        _drop_oldest_refused()
    return is_news


def _event_columns(delivery: Delivery) -> dict[str, Any]:
    same = ("provider", "topic", "account", "dedupe", "body", "headers", "received_at", "trace")
    return {name: getattr(delivery, name) for name in same}


def _insert_event(event: InboxEvent) -> bool:
    """False when there is a row with the same `dedupe`."""
    try:
        with protect_transaction():
            event.save(force_insert=True)
    except IntegrityError:
        # Only a known `dedupe` makes it a repeat; the connection may also have been deleted meanwhile.
        if not InboxEvent.objects.filter(dedupe=event.dedupe).exists():
            raise
        return False
    return True


def _handle_again(event: InboxEvent) -> bool:
    """Equal content may also be a second change: tagged, untagged, tagged again. If the first was handled already,
    the record is read once more; if it still waits, the second is covered by it.
    """
    handled = InboxEvent.objects.filter(dedupe=event.dedupe, state__in=(EventState.DONE, EventState.PARKED))
    return handled.update(state=EventState.WAITING, reason="", message="", handled_at=None) == 1


def _call_workers(news: list[Delivery]) -> None:
    """The events are stored; if nobody can be called now, the watchdog job finds them."""
    # Installs are handled when they are stored, so no worker is needed for them.
    found = {pk for one in news if one.topic not in INSTALL_TOPICS for pk in connections_of(one)}
    if not found:
        return
    try:
        retry_while_locked(lambda: call_workers(sorted(found)))
    except Exception:
        logger.exception("webhooks were stored, but no worker could be called for them")


def keep_refused(delivery: Delivery) -> None:
    """Keep what was turned away, cut, to be shown. Raises UNAVAILABLE as `keep_delivery` does."""
    columns = _event_columns(delivery) | {"dedupe": None, "connection_id": delivery.connection_id}
    event = turned_away(InboxEvent(**columns), delivery.refused)
    with in_turn(), limit_lock_wait():
        forget_if_erased(event)
        retry_while_locked(event.save)
        retry_while_locked(_drop_oldest_refused)


def _drop_oldest_refused() -> None:
    # By key, since counting all of them for each stranger's webhook would cost more than storing it.
    refused = InboxEvent.objects.filter(state=EventState.REFUSED)
    too_many = refused.order_by("-id").values_list("pk", flat=True)[REFUSED_KEPT : REFUSED_KEPT + 1]
    for newest in too_many:
        refused.filter(pk__lte=newest).delete()
