"""Everything a GHL webhook means: whether GHL sent it, when, for which location, and which record it is about.

Signatures stand over the raw bytes (docs/ghl-api.md#webhooks). Of a body only ids are believed; the record is read
afterwards.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from integration.errors import SetupError
from integration.moments import moment_of
from integration.providers.base import EventSubject, id_from
from integration.records import make_storable

FIRST, SECOND = "x-ghl-signature", "x-wh-signature"
# A header may read N/A, which is none (docs/ghl-api.md#webhooks).
ABSENT = ("", "n/a")
PEM = re.compile(rb"-----BEGIN ((?:RSA )?PUBLIC KEY)-----.+?-----END \1-----", re.DOTALL)

# The keys GHL publishes: Ed25519 for the first header, RSA for the second.
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


@dataclass(frozen=True)
class Keys:
    """Any of them may have signed: an old and a new key stand side by side while GHL changes them."""

    ed25519: tuple[Ed25519PublicKey, ...]
    rsa: tuple[RSAPublicKey, ...]


def has_signature(headers: Mapping[str, str]) -> bool:
    """Whether there is one, right or wrong. `headers` has lower-case names."""
    return any(headers.get(name, "").strip().lower() not in ABSENT for name in (FIRST, SECOND))


def problem_with(body: bytes, headers: Mapping[str, str]) -> str:
    """An empty text for a genuine webhook, else `no_signature` or `bad_signature`. `headers` has lower-case names.

    The second header counts only when the first is absent: a wrong first signature is never made good by a second.
    Raises SetupError when the keys cannot be read.
    """
    first, second = (headers.get(name, "").strip() for name in (FIRST, SECOND))
    if first.lower() not in ABSENT:
        genuine = any(_signed_ed25519(key, first, body) for key in _current_keys().ed25519)
    elif second.lower() not in ABSENT:
        genuine = any(_signed_rsa(key, second, body) for key in _current_keys().rsa)
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


def _current_keys() -> Keys:
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


# What an event is about ----------------------------------------------------------------------------------

# The app was put into a location or taken out of it. Of an agency, these name the agency in place of a location.
INSTALL, UNINSTALL = "INSTALL", "UNINSTALL"
INSTALL_TOPICS = (INSTALL, UNINSTALL)
DELETES = ("ContactDelete", "TaskDelete", "NoteDelete", "AppointmentDelete")
CREATES = ("ContactCreate",)
# How the types of events begin that are about what belongs to a contact.
RELATED_PREFIXES = ("Task", "Note", "Appointment")
# In a new record the time of change may be a little later than the time of creation.
JUST_MADE = timedelta(seconds=10)


def subject_of(topic: str, body: dict[str, Any]) -> EventSubject | None:
    """The record an event is about; None when it names nothing that can be read."""
    body = body["data"] if isinstance(body.get("data"), dict) else body
    prefix = next((prefix for prefix in RELATED_PREFIXES if topic.startswith(prefix)), "")
    if prefix:
        return _related_subject(topic, prefix, body)
    contact_id = id_from(body.get("id") if topic.startswith("Contact") else body.get("contactId"))
    if not contact_id:
        return None
    return EventSubject("ghl", contact_id, topic in DELETES, reported_created=topic in CREATES)


def _related_subject(topic: str, prefix: str, body: dict[str, Any]) -> EventSubject | None:
    """Of a task's, note's or appointment's event. TaskCreate may lack the contact (docs/ghl-api.md#webhooks)."""
    nested = body.get("appointment")
    facts = nested if isinstance(nested, dict) else body
    record_id, contact_id = id_from(facts.get("id")), id_from(facts.get("contactId"))
    lacks_contact = prefix == "Task" and not facts.get("contactId")
    if not record_id or not (contact_id or lacks_contact or topic in DELETES):
        return EventSubject("ghl", contact_id) if contact_id else None
    title = facts.get("title") if isinstance(facts.get("title"), str) else ""
    return EventSubject(
        "ghl",
        record_id,
        topic in DELETES,
        prefix.lower(),
        contact_id,
        # As long as the column of a pending read is.
        make_storable(title)[:200],
        reported_created=topic.endswith("Create") and not _was_changed(facts),
    )


def _was_changed(facts: dict[str, Any]) -> bool:
    """Whether it was changed since it was made: GHL calls every appointment's event AppointmentCreate."""
    made, changed = moment_of(facts.get("dateAdded")), moment_of(facts.get("dateUpdated"))
    return bool(made and changed and changed - made > JUST_MADE)


# Where and when ------------------------------------------------------------------------------------------


def read_fact(payload: Mapping[str, Any], name: str) -> Any:
    """A fact of an event: live ones are flat, the guide's sample has them under `data`."""
    nested = payload.get("data")
    return payload.get(name) or (nested.get(name) if isinstance(nested, dict) else None)


def sent_at(payload: Mapping[str, Any]) -> datetime | None:
    """The signed time of an event: ISO 8601, or seconds or milliseconds since 1970; None when it says none."""
    return moment_of(read_fact(payload, "timestamp"))
