"""Gist and GHL as senders: bodies as they send them, and keys of our own in place of GHL's."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.http import HttpResponse
from django.test import Client

PRIVATE_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JSON = "application/json"


def pem(key: Any) -> bytes:
    """The public half of a key, as a file holds it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


@dataclass
class Ghl:
    """GHL's marketplace, with keys of its own."""

    location: str
    first: ed25519.Ed25519PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    second: rsa.RSAPrivateKey = PRIVATE_RSA
    # As from outside: with the CSRF check on, and nobody signed in.
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def event(self, **facts: Any) -> bytes:
        standard = {"type": "ContactUpdate", "locationId": self.location, "id": "c1", "webhookId": "w1"}
        return json.dumps({**standard, **facts}).encode()

    def signed(self, body: bytes) -> dict[str, str]:
        return {"X-GHL-Signature": base64.b64encode(self.first.sign(body)).decode()}

    def signed_rsa(self, body: bytes) -> dict[str, str]:
        signature = self.second.sign(body, padding.PKCS1v15(), SHA256())
        return {"X-WH-Signature": base64.b64encode(signature).decode()}

    def post(self, body: bytes, headers: dict[str, str]) -> HttpResponse:
        return self.client.post("/webhooks/ghl/", body, content_type=JSON, headers=headers)

    def send(self, **facts: Any) -> HttpResponse:
        """A genuine event."""
        body = self.event(**facts)
        return self.post(body, self.signed(body))


@dataclass
class Gist:
    """A workspace whose operator pasted the addresses of one connection."""

    token: str
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def post(self, topic: str, body: bytes, token: str = "", **headers: str) -> HttpResponse:
        address = f"/webhooks/gist/{token or self.token}/{topic}/"
        return self.client.post(address, body, content_type=JSON, headers=headers)

    def send(self, topic: str = "contact_created", **facts: Any) -> HttpResponse:
        body = {"contact": {"id": 1001, "email": "ann@example.test", "tags": [{"name": "vip"}], **facts}}
        return self.post(topic, json.dumps(body).encode())
