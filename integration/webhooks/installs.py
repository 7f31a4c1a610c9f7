"""The app put into a GHL location or taken out of it (docs/ghl-api.md#auth)."""

import json
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from integration.models import Connection, ConnectionStatus, EventState, InboxEvent
from integration.oauth.app import SANDBOX_CLIENT
from integration.oauth.connect import disconnect
from integration.webhooks.delivery import fact
from integration.webhooks.known import Found

INSTALL, UNINSTALL = "INSTALL", "UNINSTALL"
TOPICS = (INSTALL, UNINSTALL)
TAKEN_OUT = "Uninstalled in GHL's marketplace. Install the app again and reconnect; mappings and history are kept."


def keep(event: InboxEvent, found: Found, insert: Callable[[InboxEvent], bool]) -> bool:
    """Store the event as handled. An uninstall and what follows from it are one transaction."""
    event.state, event.handled_at = EventState.DONE, event.received_at
    event.reason, event.message = _outcome(event, found)
    if event.reason != "uninstalled":
        return insert(event)
    with transaction.atomic():
        is_news = insert(event)
        if is_news:
            _take_out(found)
    return is_news


def _outcome(event: InboxEvent, found: Found) -> tuple[str, str]:
    """Reason code and sentence."""
    if event.topic == INSTALL:
        return "installed", "The app was installed. Connect the location on the connections page to use it."
    if not _of_this_app(bytes(event.body)):
        return "other_app", "Another app than Gistline's was uninstalled."
    if not found:
        return "unknown_location", "The app was uninstalled, but no connection stands for this account."
    return "uninstalled", "The app was uninstalled; the login was dropped."


def _of_this_app(body: bytes) -> bool:
    """GHL signs the events of every app with one key, so a stranger's app could have been sent this one."""
    said = str(fact(json.loads(body), "appId") or "")
    own = settings.GHL_CLIENT_ID
    return not said or not own or said in (own, own.partition("-")[0], SANDBOX_CLIENT[0])


def _take_out(found: Found) -> None:
    for connection in Connection.objects.select_for_update().filter(pk__in=found):
        disconnect(connection)
        connection.set_status(ConnectionStatus.DISCONNECTED, TAKEN_OUT)
