"""The addresses Gist and GHL send their webhooks to (README.md, "HTTP")."""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction

from integration.models import Connection

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
    "meeting_scheduled",
    "meeting_rescheduled",
    "meeting_cancelled",
    "workflow",
)
"""`workflow` is for webhooks sent by Gist's own automations; the rest are Gist's topics."""


def addresses(connection: Connection) -> dict[str, dict[str, Any]]:
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
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        locked.credentials.setdefault("webhook_token", secrets.token_urlsafe(24))
        locked.save(update_fields=["credentials"])
    connection.credentials = locked.credentials
    return str(locked.credentials["webhook_token"])
