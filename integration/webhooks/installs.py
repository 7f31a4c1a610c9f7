"""The app put into a GHL location or taken out of it (docs/ghl-api.md#auth)."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from integration.models import Connection, ConnectionStatus, EventState, InboxEvent
from integration.models.fields import UndecryptableValue
from integration.oauth.app import SANDBOX_CLIENT
from integration.oauth.connect import disconnect
from integration.oauth.own_app import own_client_id
from integration.providers.ghl.webhooks import INSTALL, UNINSTALL, read_fact
from integration.webhooks.delivery import clean_text, read_object
from integration.webhooks.find_connections import Connections
from integration.webhooks.refusals import turned_away

# Reason code and sentence.
OUTCOMES = {
    INSTALL: ("installed", "The app was installed. Connect the location on the connections page to use it."),
    UNINSTALL: ("uninstalled", "The app was uninstalled; the login was dropped."),
}
TAKEN_OUT = "Uninstalled in GHL's marketplace. Install the app again and reconnect; mappings and history are kept."


def keep_install_event(event: InboxEvent, found: Connections, insert: Callable[[InboxEvent], bool]) -> bool:
    """Store the event as handled, or as turned away. An uninstall and what follows from it are one transaction."""
    app_id = clean_text(read_fact(read_object(bytes(event.body)), "appId"), 120)
    sandbox = _is_sandbox_app(app_id)
    if sandbox is None:
        return insert(turned_away(event, "other_app" if app_id else "no_app"))
    event.state, event.handled_at = EventState.DONE, event.received_at
    event.reason, event.message = OUTCOMES[event.topic]
    if event.topic == INSTALL:
        return insert(event)
    if not found:
        return insert(turned_away(event, "unknown_location"))
    with transaction.atomic():
        connections = Connection.objects.select_for_update().filter(pk__in=found, sandbox=sandbox)
        signed_in = [one for one in connections.order_by("pk") if _signs_in_by_app(one)]
        if not signed_in:
            return insert(turned_away(event, "other_login"))
        # A repeated uninstall must not take out an app that was installed again since.
        is_news = insert(event)
        for connection in signed_in if is_news else ():
            # Whether the tokens still work after an uninstall is unknown (docs/ghl-api.md#auth): dropped anyway.
            disconnect(connection)
            connection.set_status(ConnectionStatus.DISCONNECTED, TAKEN_OUT)
    return is_news


def _is_sandbox_app(app_id: str) -> bool | None:
    """Whether it is the sandbox's app, or our own; None for any other one.

    GHL signs the events of every app with one key, so a stranger's app could have been sent this one. An event that
    names no app is nobody's: to drop a login takes more than that.
    """
    if app_id == SANDBOX_CLIENT[0]:
        return True if settings.DEMO else None
    # The app id is the client id up to its first hyphen (docs/ghl-api.md#auth).
    own = own_client_id()
    return False if own and app_id in (own, own.partition("-")[0]) else None


def _signs_in_by_app(connection: Connection) -> bool:
    """A private token, and a login that was forgotten before, have nothing to do with the app."""
    try:
        return connection.uses_oauth
    except UndecryptableValue:
        return True
