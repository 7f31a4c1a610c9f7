"""A column whose content is encrypted at rest with the key ring of `ENCRYPTION_KEYS`."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UndecryptableValue(Exception):
    """A stored secret fits none of the keys in ENCRYPTION_KEYS; restoring the old key cures it."""


def key_ring() -> MultiFernet:
    """The first key encrypts, all decrypt."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """Any JSON value, stored as one Fernet token. Raises UndecryptableValue rather than showing ciphertext."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        if not value:
            return {}
        try:
            return json.loads(key_ring().decrypt(value.encode()))
        except InvalidToken as error:
            raise UndecryptableValue(
                "A stored secret cannot be read with the keys in ENCRYPTION_KEYS. "
                "Put the key back that was in use when it was saved, then run `manage.py rotate_keys`."
            ) from error

    def get_prep_value(self, value: Any) -> str | None:
        if not value:
            return ""
        return key_ring().encrypt(json.dumps(value).encode()).decode()
