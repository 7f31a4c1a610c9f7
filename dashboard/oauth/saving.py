"""A sign-in at GoHighLevel that came back becomes a connection."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from dashboard.connections.logins import announce_connected, check_and_name
from dashboard.live.threads import wait_for_reading
from dashboard.oauth.sign_in import REDIRECT_URI, app_of
from integration.errors import Retryable
from integration.models import Connection
from integration.oauth import connect
from integration.oauth.app import TokenAnswer


def save_and_announce(request: HttpRequest, answer: TokenAnswer, sign_in: dict[str, Any]) -> Connection:
    """Stored and checked, with what came of it for the next page. Raises SetupError and ProviderError where it is not
    stored.
    """
    known = Connection.objects.filter(key=sign_in["reconnect"]).first() if sign_in["reconnect"] else None
    connection = connect.save_ghl(app_of(sign_in["sandbox"]), answer, known, came_back_to=REDIRECT_URI)
    try:
        wait_for_reading(lambda: check_and_name(connection))
        announce_connected(request, connection)
    except Retryable as problem:
        # The login works and is stored; only the look at what it may do has no answer yet.
        messages.warning(request, f"“{connection.name}” is connected, and not checked: {problem} Check it here.")
    return connection
