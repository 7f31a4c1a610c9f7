"""Slack by an incoming webhook: one secret address per channel of a workspace."""

import json
from urllib.parse import urlsplit

from integration.alerts.channels.base import Address, Channel, post_json
from integration.alerts.guard import check_url
from integration.alerts.messages import Message

# Slack cuts texts beyond 40,000 characters; nobody reads so many.
LONGEST_TEXT = 3_000


def check(typed: str) -> Address:
    """Raises SetupError."""
    return {"url": check_url(typed)}


def describe(address: Address) -> str:
    return f"{urlsplit(address.get('url', '')).hostname or 'nowhere'}, an incoming webhook"


def send(address: Address, message: Message) -> str:
    text = f"*{_escape(message.title)}*\n{_escape(message.text)}"
    return post_json(address["url"], json.dumps({"text": text[:LONGEST_TEXT]}).encode(), {}, "Slack")


def _escape(text: str) -> str:
    """So that a link's name cannot mention a whole channel (https://api.slack.com/reference/surfaces/formatting)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


SLACK = Channel(
    "Address of the incoming webhook",
    "In Slack: Apps, Incoming Webhooks. It begins with https://hooks.slack.com/services/.",
    check,
    describe,
    send,
)
