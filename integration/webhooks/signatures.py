"""Whether GHL itself sent a webhook: its two signatures over the raw bytes (docs/ghl-api.md#webhooks)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from integration.errors import SetupError

FIRST, SECOND = "x-ghl-signature", "x-wh-signature"
ABSENT = ("", "n/a")
PEM = re.compile(rb"-----BEGIN ((?:RSA )?PUBLIC KEY)-----.+?-----END \1-----", re.DOTALL)

PUBLISHED = b"""
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----
-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----
"""
"""The keys GHL publishes: Ed25519 for the first header, RSA for the second."""


@dataclass(frozen=True)
class Keys:
    """Any of them may have signed: an old and a new key stand side by side while GHL changes them."""

    ed25519: tuple[Ed25519PublicKey, ...]
    rsa: tuple[RSAPublicKey, ...]


def problem_with(body: bytes, headers: Mapping[str, str]) -> str:
    """An empty text for a genuine webhook, else `no_signature` or `bad_signature`. `headers` has lower-case names.

    The second header counts only when the first is absent: a wrong first signature is never made good by a second.
    Raises SetupError when the keys cannot be read.
    """
    first, second = (headers.get(name, "").strip() for name in (FIRST, SECOND))
    if first.lower() not in ABSENT:
        genuine = any(_signed_ed25519(key, first, body) for key in _keys().ed25519)
    elif second.lower() not in ABSENT:
        genuine = any(_signed_rsa(key, second, body) for key in _keys().rsa)
    else:
        return "no_signature"
    return "" if genuine else "bad_signature"


def _signed_ed25519(key: Ed25519PublicKey, signature: str, body: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _signed_rsa(key: RSAPublicKey, signature: str, body: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), body, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _keys() -> Keys:
    """The published keys, or those in the file that GHL_WEBHOOK_PUBLIC_KEYS names, read again when it changes."""
    path = str(settings.GHL_WEBHOOK_PUBLIC_KEYS)
    if not path:
        return _read_keys(PUBLISHED)
    try:
        return _keys_in(path, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise SetupError(f"The file cannot be read: {error.strerror}.", "GHL_WEBHOOK_PUBLIC_KEYS") from error


@lru_cache(maxsize=8)
def _keys_in(path: str, changed_at: int) -> Keys:
    return _read_keys(Path(path).read_bytes())


@lru_cache(maxsize=8)
def _read_keys(pem: bytes) -> Keys:
    try:
        found = [load_pem_public_key(block[0]) for block in PEM.finditer(pem)]
    except ValueError as error:
        raise SetupError("One of the keys in the file is damaged.", "GHL_WEBHOOK_PUBLIC_KEYS") from error
    keys = Keys(
        tuple(key for key in found if isinstance(key, Ed25519PublicKey)),
        tuple(key for key in found if isinstance(key, RSAPublicKey)),
    )
    if not keys.ed25519 and not keys.rsa:
        raise SetupError("The file holds no Ed25519 or RSA public key in PEM form.", "GHL_WEBHOOK_PUBLIC_KEYS")
    return keys
