"""People who were erased: nothing of them but digests by which no sync, webhook or import takes them in again."""

import secrets
from contextlib import suppress

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.fields import EncryptedJSONField, UndecryptableValue
from integration.models.link import Link


class InstallationKey(models.Model):
    """A key that this installation made for one purpose: "erasure" or "audit", for digests that nobody else can make.

    Encrypted like every secret: whoever has a copy of the database alone cannot try addresses against the digests, and
    whoever can write to it alone cannot make lines of the audit trail.
    """

    purpose = models.CharField(max_length=20, unique=True)
    key = EncryptedJSONField(default=str)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.purpose

    @classmethod
    def make(cls, purpose: str) -> str:
        """The key of this purpose, made with its first use."""
        row, _ = cls.objects.get_or_create(purpose=purpose, defaults={"key": secrets.token_hex(32)})
        return str(row.key)

    @classmethod
    def replace(cls, purpose: str) -> str:
        """A new key, where the present one cannot be read. That one is kept: it counts again as soon as
        ENCRYPTION_KEYS has its key back.
        """
        lost = cls.objects.get(purpose=purpose)
        cls.objects.filter(pk=lost.pk).update(purpose=f"{purpose}-{lost.pk}")
        return cls.make(purpose)

    @classmethod
    def readable(cls, purpose: str) -> list[str]:
        """The present key and those before it, oldest first, without those that cannot be read."""
        found = []
        for row in cls.objects.filter(purpose__startswith=purpose).order_by("pk"):
            with suppress(UndecryptableValue):
                found.append(str(row.key))
        return found


class Erasure(models.Model):
    """That somebody was erased: when, by whom and how much. `counts` is what went, by kind."""

    link = models.ForeignKey(Link, models.SET_NULL, null=True, blank=True, related_name="erasures")
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField(default=timezone.now)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Erasure {self.pk}"

    @property
    def row_count(self) -> int:
        return sum(self.counts.values())


class ErasedDigest(models.Model):
    """An address, a number or an id that nobody is taken in by again (integration/erased.py makes the digest)."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="digests")
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.digest[:8]
