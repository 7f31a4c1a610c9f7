"""Columns of our own: encrypted at rest with the key ring of `ENCRYPTION_KEYS`, or a dataclass kept as JSON."""

import dataclasses
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from integration.errors import Retryable

UNKNOWN_KEY = (
    "A stored secret cannot be read with the keys in ENCRYPTION_KEYS of this process. Restart the host with the newest "
    "key, or put the key back that was taken out."
)


class UndecryptableValue(Retryable):
    """A stored secret fits none of the keys in this process's ENCRYPTION_KEYS. The login itself is as good as before:
    nobody has to reconnect, the process needs the key. Another host may have it, or this one after a restart.
    """

    code = "unknown_key"


def key_ring() -> MultiFernet:
    """The first key encrypts, all decrypt."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class Sealed(str):
    """A stored token that nobody has needed to read yet."""


def encrypt_text(text: str) -> str:
    """A token that decrypt_text reads with any key of the ring."""
    return key_ring().encrypt(text.encode()).decode()


def is_token(text: str) -> bool:
    """Whether it is a Fernet token: they begin with a version of 0x80 and, until 2106, with a zero of the time.

    Nothing that allauth stores in the clear does: it uses capitals, digits, and a to f.
    """
    return text.startswith("gAAAAA")


def decrypt_json(token: str) -> Any:
    """The JSON value in a token. Raises UndecryptableValue."""
    return json.loads(decrypt_text(token))


def decrypt_text(token: str) -> str:
    """What stands in a token. Raises UndecryptableValue."""
    try:
        return key_ring().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UndecryptableValue(UNKNOWN_KEY) from error


def _with_newest_key(token: str) -> str:
    """It may have been rotated since it was read from the database: it must not come back under the old key. One that
    this process has no key for stays as it is.
    """
    try:
        return key_ring().rotate(token.encode()).decode()
    except InvalidToken:
        return str(token)


class Unsealing(DeferredAttribute):
    """Reads a token when it is first asked for: pages that show no secret stand without the key."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = decrypt_json(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """Any JSON value, stored as one Fernet token. Raises UndecryptableValue rather than showing ciphertext."""

    descriptor_class = Unsealing

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return Sealed(value) if value else {}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What was never read is written back unread."""
        return model_instance.__dict__.get(self.attname)

    def get_prep_value(self, value: Any) -> str | None:
        if not value:
            return ""
        return _with_newest_key(value) if isinstance(value, Sealed) else encrypt_text(json.dumps(value))


class DataclassField(models.JSONField):
    """A dataclass of plain values, stored as a JSON object. Members that a later version dropped are left out."""

    def __init__(self, dataclass: type[Any] | None = None, **options: Any):
        self.dataclass = dataclass
        options.setdefault("default", dataclass or dict)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """For migrations it is a JSON column whose default is an empty object."""
        # Old migrations must run when the dataclass is long gone or has changed.
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, {**options, "default": dict}

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return self.to_python(super().from_db_value(value, expression, connection))

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, dict) or self.dataclass is None:
            return value
        known = {member.name for member in dataclasses.fields(self.dataclass)}
        return self.dataclass(**{name: one for name, one in value.items() if name in known})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(self._as_json(value), model_instance)

    def value_to_string(self, obj: models.Model) -> Any:
        return self._as_json(self.value_from_object(obj))

    @staticmethod
    def _as_json(value: Any) -> Any:
        # Not asdict, which copies all of it: it is put into JSON at once.
        return dict(vars(value)) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(self._as_json(value), connection, prepared)


class TraceField(models.CharField):  # type: ignore[type-arg]
    """A trace (integration/trace.py), blank for what was stored before there were any."""

    def __init__(self, verbose_name: str | None = None, **options: Any):
        # The database knows the default too: a process of the version before, which runs on while a host after the
        # other is upgraded, stores rows without naming the column.
        super().__init__(verbose_name, max_length=16, blank=True, default="", db_default="")

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options
