"""The addresses Gist and GHL send their webhooks to (README.md, "HTTP")."""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction

from integration.errors import SetupError
from integration.models import Connection
from integration.webhooks.memory import memory

# Each topic has an address of its own, because bodies do not name theirs reliably (docs/gist-api.md#webhooks).
# `workflow` is for webhooks sent by Gist's own automations; the rest are Gist's topics.
GIST_TOPICS = (
    "contact_created",
    "user_created",
    "lead_created",
    "user_deleted",
    "lead_deleted",
    "contact_tagged",
    "contact_untagged",
    "custom_property_value_updated",
    "contact_email_updated",
    "lead_submitted_email",
    "contact_unsubscribed_from_emails",
    "contact_initiated_conversation",
    "conversation_assigned",
    "conversation_opened",
    "conversation_closed",
    "new_message_received",
    "teammate_replied",
    "conversation_rating",
    "note_added",
    "contact_performed_event",
    "contact_submitted_form",
    "contact_subscribed_to_campaign",
    "contact_unsubscribed_from_campaign",
    "new_page_visit",
    "meeting_scheduled",
    "meeting_rescheduled",
    "meeting_cancelled",
    "workflow",
)


def webhook_addresses(connection: Connection) -> dict[str, dict[str, Any]]:
    """`{topic: {"url": …, "headers": {}}}` for Gist, `{"ghl": {"url": …}}` for GHL, whose app has one for all."""
    if connection.provider == "ghl":
        return {"ghl": {"url": f"{settings.PUBLIC_URL}/webhooks/ghl/"}}
    base = f"{settings.PUBLIC_URL}/webhooks/gist/{webhook_token(connection)}"
    return {topic: {"url": f"{base}/{topic}/", "headers": {}} for topic in GIST_TOPICS}


def webhook_token(connection: Connection) -> str:
    """The secret part of a Gist connection's addresses, made on first use. Whoever has it can send events."""
    if token := connection.credentials.get("webhook_token"):
        return str(token)
    with transaction.atomic():
        # Two processes may show the addresses for the first time at once, and both must show the same token.
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        locked.credentials.setdefault("webhook_token", _new_token())
        locked.save(update_fields=["credentials"])
    connection.credentials = locked.credentials
    return str(locked.credentials["webhook_token"])


def renew_addresses(connection: Connection) -> None:
    """Give a Gist connection new addresses. The old ones end at once, in other processes within ten seconds.

    Raises SetupError for a GHL connection, whose one address is no secret.
    """
    if connection.provider == "ghl":
        raise SetupError("GHL's address is the same for everybody and no secret; its events are signed.", "connection")
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        locked.credentials = {**locked.credentials, "webhook_token": _new_token()}
        locked.save(update_fields=["credentials"])
    connection.credentials = locked.credentials
    memory().forget_connections()


def _new_token() -> str:
    return secrets.token_urlsafe(24)
