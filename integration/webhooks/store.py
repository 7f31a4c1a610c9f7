"""Webhooks on their way into the inbox."""

import logging
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from integration.models import EventState, InboxEvent
from integration.sync import live
from integration.webhooks import installs
from integration.webhooks.database import (
    durably,
    has_one_writer,
    impatient,
    in_turn,
    persistently,
    unspoilt,
)
from integration.webhooks.delivery import Delivery
from integration.webhooks.known import connections_of
from integration.webhooks.memory import memory
from integration.webhooks.refusals import turned_away

REFUSED_KEPT = 5_000
"""Cut bodies and few headers, so strangers cannot fill the disk with them."""

log = logging.getLogger(__name__)


class UnknownToken(Exception):
    """A Gist address with a token of no connection."""


@dataclass
class Ticket:
    """A delivery on its way to the disk, and how it went: `is_news` False when it was known already."""

    delivery: Delivery
    is_news: bool | None = None
    error: Exception | None = None

    @property
    def is_settled(self) -> bool:
        return self.is_news is not None or self.error is not None

    def outcome(self) -> bool:
        if self.error or self.is_news is None:
            raise self.error or OperationalError("the thread that took this delivery along was ended")
        return self.is_news


def keep(delivery: Delivery) -> bool:
    """Store a delivery durably and ring for whoever handles it. False when it was known already.

    Raises UnknownToken, and UNAVAILABLE when the database is away or locked for longer than PATIENCE_SECONDS.
    """
    ticket = Ticket(delivery)
    if has_one_writer():
        _keep_with_others(ticket)
    else:
        _keep_all([ticket])
    return ticket.outcome()


def _keep_with_others(ticket: Ticket) -> None:
    """Whoever's turn it is takes along all that wait: in a burst they share one wait for the disk."""
    waiting = memory().waiting
    waiting.append(ticket)
    try:
        with in_turn():
            if not ticket.is_settled:
                _keep_all([waiting.popleft() for _ in range(len(waiting))])
    finally:
        with suppress(ValueError):
            waiting.remove(ticket)


def _keep_all(tickets: list[Ticket]) -> None:
    try:
        with impatient():
            persistently(lambda: _insert_all(tickets))
            memory().note_database(up=True)
            _ring([ticket.delivery for ticket in tickets if ticket.is_news])
    except Exception as error:
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
    with durably(), transaction.atomic() if len(tickets) > 1 else nullcontext():
        for ticket in tickets:
            try:
                ticket.is_news, ticket.error = _keep(ticket.delivery), None
            except UnknownToken as error:
                ticket.error = error


def _keep(delivery: Delivery) -> bool:
    found = connections_of(delivery)
    if delivery.token and not found:
        raise UnknownToken
    event = InboxEvent(**_columns(delivery), connection_id=found[0] if found else None)
    if delivery.topic in installs.TOPICS:
        is_news = installs.keep(event, found, _insert)
    elif found:
        is_news = _insert(event) or (delivery.by_content and _handle_again(event))
    else:
        is_news = _insert(turned_away(event, "unknown_location"))
    if is_news and event.state == EventState.REFUSED:
        _drop_oldest_refused()
    return is_news


def _columns(delivery: Delivery) -> dict[str, Any]:
    same = ("provider", "topic", "account", "dedupe", "body", "headers", "received_at")
    return {name: getattr(delivery, name) for name in same}


def _insert(event: InboxEvent) -> bool:
    """False when there is a row with the same `dedupe`."""
    try:
        with unspoilt():
            event.save(force_insert=True)
    except IntegrityError:
        if not InboxEvent.objects.filter(dedupe=event.dedupe).exists():
            raise
        return False
    return True


def _handle_again(event: InboxEvent) -> bool:
    """Equal content may also be a second change: tagged, untagged, tagged again. If the first was handled already,
    the record is read once more; if it still waits, the second is covered by it.
    """
    handled = InboxEvent.objects.filter(dedupe=event.dedupe, state__in=(EventState.DONE, EventState.PARKED))
    return handled.update(state=EventState.WAITING, reason="", message="", tries=0, handled_at=None) == 1


def _ring(news: list[Delivery]) -> None:
    """The events are stored; if nobody can be called now, the watchdog job finds them."""
    found = {pk for one in news if one.topic not in installs.TOPICS for pk in connections_of(one)}
    if not found:
        return
    try:
        persistently(lambda: live.ring(sorted(found)))
    except Exception:
        log.exception("webhooks were stored, but no worker could be called for them")


def refuse(delivery: Delivery) -> None:
    """Keep what was turned away, cut, to be shown. Raises UNAVAILABLE as `keep` does."""
    columns = _columns(delivery) | {"dedupe": None, "connection_id": delivery.connection_id}
    event = turned_away(InboxEvent(**columns), delivery.refused)
    with in_turn(), impatient():
        persistently(event.save)
        persistently(_drop_oldest_refused)


def _drop_oldest_refused() -> None:
    refused = InboxEvent.objects.filter(state=EventState.REFUSED)
    too_many = refused.order_by("-id").values_list("pk", flat=True)[REFUSED_KEPT : REFUSED_KEPT + 1]
    for newest in too_many:
        refused.filter(pk__lte=newest).delete()
