"""Webhooks on their way into the inbox."""

import logging
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from integration.models import EventState, InboxEvent
from integration.sync import live
from integration.webhooks import installs
from integration.webhooks.database import (
    UNAVAILABLE,
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

REFUSED_KEPT = 1_000
REFUSED_BYTES = 4_096

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
        return installs.keep(event, found, _insert)
    if not found:
        event.state, event.reason, event.handled_at = EventState.DONE, "unknown_location", event.received_at
        event.message = "No connection stands for this location."
    return _insert(event) or (delivery.by_content and _handle_again(event))


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
    if event.state != EventState.WAITING:
        return False
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


def refuse(delivery: Delivery, reason: str, message: str, connection_id: int | None = None) -> None:
    """Keep what was turned away, cut, to be shown. When the database is away it is only logged."""
    log.warning("a webhook of %s was refused: %s", delivery.provider, reason)
    if memory().database_is_down:
        return
    cut = _columns(delivery) | {"body": delivery.body[:REFUSED_BYTES], "dedupe": None}
    words = {"state": EventState.REFUSED, "reason": reason, "message": message, "handled_at": timezone.now()}
    try:
        with in_turn(), impatient():
            persistently(InboxEvent(**cut, **words, connection_id=connection_id).save)
            persistently(_drop_oldest_refused)
    except UNAVAILABLE:
        memory().note_database(up=False)


def _drop_oldest_refused() -> None:
    refused = InboxEvent.objects.filter(state=EventState.REFUSED)
    too_many = refused.order_by("-id").values_list("pk", flat=True)[REFUSED_KEPT : REFUSED_KEPT + 1]
    for newest in too_many:
        refused.filter(pk__lte=newest).delete()
