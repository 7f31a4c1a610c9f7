"""The app put into a GHL location or taken out of it (docs/ghl-api.md#auth)."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from integration.models import Connection, ConnectionStatus, EventState, InboxEvent
from integration.oauth.app import SANDBOX_CLIENT
from integration.oauth.connect import disconnect
from integration.webhooks.delivery import clean, fact, read_object
from integration.webhooks.known import Found
from integration.webhooks.refusals import turned_away

INSTALL, UNINSTALL = "INSTALL", "UNINSTALL"
TOPICS = (INSTALL, UNINSTALL)
OUTCOMES = {
    INSTALL: ("installed", "The app was installed. Connect the location on the connections page to use it."),
    UNINSTALL: ("uninstalled", "The app was uninstalled; the login was dropped."),
}
"""Reason code and sentence."""
TAKEN_OUT = "Uninstalled in GHL's marketplace. Install the app again and reconnect; mappings and history are kept."


def keep(event: InboxEvent, found: Found, insert: Callable[[InboxEvent], bool]) -> bool:
    """Store the event as handled, or as turned away. An uninstall and what follows from it are one transaction."""
    if not _of_this_app(bytes(event.body)):
        return insert(turned_away(event, "other_app"))
    if event.topic == UNINSTALL and not found:
        return insert(turned_away(event, "unknown_location"))
    event.state, event.handled_at = EventState.DONE, event.received_at
    event.reason, event.message = OUTCOMES[event.topic]
    if event.topic == INSTALL:
        return insert(event)
    with transaction.atomic():
        is_news = insert(event)
        if is_news:
            _take_out(found)
    return is_news


def _of_this_app(body: bytes) -> bool:
    """GHL signs the events of every app with one key, so a stranger's app could have been sent this one."""
    said = clean(fact(read_object(body), "appId"), 120)
    own = settings.GHL_CLIENT_ID
    return not said or not own or said in (own, own.partition("-")[0], SANDBOX_CLIENT[0])


def _take_out(found: Found) -> None:
    for connection in Connection.objects.select_for_update().filter(pk__in=found):
        disconnect(connection)
        connection.set_status(ConnectionStatus.DISCONNECTED, TAKEN_OUT)
