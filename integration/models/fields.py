"""A column whose content is encrypted at rest with the key ring of `ENCRYPTION_KEYS`."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


class UndecryptableValue(Exception):
    """A stored secret fits none of the keys in ENCRYPTION_KEYS; restoring the old key cures it."""


def key_ring() -> MultiFernet:
    """The first key encrypts, all decrypt."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class Sealed(str):
    """A stored token that nobody has needed to read yet."""


def unseal(token: str) -> Any:
    """The JSON value in a token. Raises UndecryptableValue."""
    try:
        return json.loads(key_ring().decrypt(token.encode()))
    except InvalidToken as error:
        raise UndecryptableValue(
            "A stored secret cannot be read with the keys in ENCRYPTION_KEYS. "
            "Put the key back that was in use when it was saved, then run `manage.py rotate_keys`."
        ) from error


class Unsealing(DeferredAttribute):
    """Reads a token when it is first asked for: pages that show no secret stand without the key."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = unseal(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """Any JSON value, stored as one Fernet token. Raises UndecryptableValue rather than showing ciphertext."""

    descriptor_class = Unsealing

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return Sealed(value) if value else {}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What was never read is written back as it was."""
        return model_instance.__dict__.get(self.attname)

    def get_prep_value(self, value: Any) -> str | None:
        if not value:
            return ""
        return str(value) if isinstance(value, Sealed) else key_ring().encrypt(json.dumps(value).encode()).decode()
