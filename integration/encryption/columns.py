"""Every place in the database where secrets stand encrypted: columns of ours, JSON of allauth with tokens in it, and
sessions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models.functions import Cast

from integration.models.fields import EncryptedJSONField, is_token

# What allauth hands to its adapter's `encrypt`: the key of an authenticator app, the seed of recovery codes, and codes
# that came from another library.
SECOND_FACTOR_SECRETS = ("secret", "seed", "migrated_codes")


class SecretColumn(Protocol):
    def rows(self) -> "models.QuerySet[Any]":
        """By key, each with what is stored as `stored`: reading it as its own type could decrypt it."""

    def replace(self, stored: Any, replacement: Callable[[str], str]) -> Any:
        """`stored` with each token in it replaced."""

    def save(self, pk: Any, stored: Any) -> None: ...


@dataclass(frozen=True)
class TokenColumn:
    """A column that holds one token."""

    model: type[models.Model]
    name: str

    def rows(self) -> "models.QuerySet[Any]":
        stored = self.model._default_manager.annotate(stored=Cast(self.name, models.TextField()))
        rows: models.QuerySet[Any] = stored.exclude(stored="").order_by("pk")
        return rows

    def replace(self, stored: str, replacement: Callable[[str], str]) -> str:
        return replacement(stored)

    def save(self, pk: int, stored: str) -> None:
        # Written as text, because the field's own type would encrypt it once more.
        column = models.Value(stored, output_field=models.TextField())
        self.model._default_manager.filter(pk=pk).update(**{self.name: column})


class SecondFactorColumn:
    """allauth's authenticators: JSON with tokens in it, in the clear where an older version stored them."""

    def rows(self) -> "models.QuerySet[Any]":
        rows: models.QuerySet[Any] = Authenticator.objects.annotate(stored=models.F("data")).order_by("pk")
        return rows

    def replace(self, stored: dict[str, Any], replacement: Callable[[str], str]) -> dict[str, Any]:
        found = {name: stored[name] for name in SECOND_FACTOR_SECRETS if name in stored}
        return stored | {
            name: [replacement(one) for one in value] if isinstance(value, list) else replacement(value)
            for name, value in found.items()
        }

    def save(self, pk: int, stored: dict[str, Any]) -> None:
        Authenticator.objects.filter(pk=pk).update(data=stored)


class SessionColumn:
    """Sessions in which a sign-in at GHL is under way: its codes and tokens stand there encrypted
    (dashboard/oauth/sign_in.py).
    """

    def rows(self) -> "models.QuerySet[Any]":
        rows: models.QuerySet[Any] = Session.objects.annotate(stored=models.F("session_data")).order_by("pk")
        return rows

    def replace(self, stored: str, replacement: Callable[[str], str]) -> str:
        kept = SessionStore().decode(stored)
        found = {name: value for name, value in kept.items() if isinstance(value, str) and is_token(value)}
        replaced = {name: replacement(value) for name, value in found.items()}
        # Encoded anew only where something changed: an encoded session holds the time.
        return stored if replaced == found else SessionStore().encode(kept | replaced)

    def save(self, pk: str, stored: str) -> None:
        Session.objects.filter(pk=pk).update(session_data=stored)


def secret_columns() -> Iterator[SecretColumn]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedJSONField):
                yield TokenColumn(model, field.name)
    yield SecondFactorColumn()
    yield SessionColumn()
