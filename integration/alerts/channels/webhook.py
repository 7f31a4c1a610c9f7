"""A webhook that is signed: docs/alerts.md tells receivers how to check it."""

import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlsplit

from integration.alerts.channels.base import Address, Channel, post_json
from integration.alerts.guard import check_url
from integration.alerts.messages import Message


def check(typed: str) -> Address:
    """A new address has a new secret. Raises SetupError."""
    return {"url": check_url(typed), "secret": secrets.token_urlsafe(32)}


def describe(address: Address) -> str:
    return f"{urlsplit(address.get('url', '')).hostname or 'nowhere'}, signed"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256, in hex, over the timestamp, a dot and the body as it is sent."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(address: Address, message: Message) -> str:
    body = json.dumps(
        {"id": message.id, "title": message.title, "text": message.text, "alerts": message.alerts}
    ).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Gistline-Id": message.id,
        "Gistline-Timestamp": timestamp,
        "Gistline-Signature": f"v1={sign(address['secret'], timestamp, body)}",
    }
    return post_json(address["url"], body, headers, urlsplit(address["url"]).hostname or "The webhook")


WEBHOOK = Channel(
    "Address that takes the webhook",
    "It begins with https://. Its secret is made here and shown once.",
    check,
    describe,
    send,
)
