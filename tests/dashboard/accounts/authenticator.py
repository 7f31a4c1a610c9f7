"""A passkey in software, which signs whatever a test has it sign."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.utils import websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Passkey:
    """`origin` is the page that the browser stands on, `rp_id` the name that the key is for."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    user: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, challenge: str) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor.encode(public)
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(self.flags | ATTESTED) + attested}
        response = {"attestationObject": websafe_encode(cbor.encode(told))}
        made = self._answer(self._client_data("webauthn.create", challenge), response)
        return made | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def sign(self, challenge: str) -> dict[str, Any]:
        client_data, data = self._client_data("webauthn.get", challenge), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": data, "signature": signature, "userHandle": self.user.encode()}
        made = self._answer(client_data, {name: websafe_encode(value) for name, value in response.items()})
        return made | {"clientExtensionResults": {}}

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, client_data: bytes, response: dict[str, str]) -> dict[str, Any]:
        own = websafe_encode(self.id)
        response = {"clientDataJSON": websafe_encode(client_data), **response}
        return {"id": own, "rawId": own, "type": "public-key", "response": response}
