"""`manage.py rotate_keys`: every stored secret under the newest key of ENCRYPTION_KEYS."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Cast

from integration.management.reporting import ReportingCommand
from integration.models.fields import EncryptedJSONField, key_ring

BATCH = 200


class Command(ReportingCommand):
    help = "Re-encrypts every stored secret with the newest key; may be stopped and started again."

    def run(self, **options: Any) -> None:
        counts: Counter[str] = Counter(rotated=0, current=0, unreadable=0)
        for model, name in encrypted_columns():
            counts += rotate_column(model, name)
        data = {name: counts[name] for name in ("rotated", "current", "unreadable")}
        summary = f"{counts['rotated']} re-encrypted, {counts['current']} stood under the newest key already"
        if counts["unreadable"]:
            self.fail(
                f"{summary}, {counts['unreadable']} cannot be read with any key in ENCRYPTION_KEYS. Put the key back "
                "that was in use when they were saved (the newest key first) and run this again.",
                **data,
            )
        self.report([f"{summary}. Older keys may be taken out of ENCRYPTION_KEYS."], data)


def encrypted_columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field.name


def rotate_column(model: type[models.Model], name: str) -> Counter[str]:
    """Row after row by key, a batch per transaction, so that a stop in between costs nothing."""
    counts: Counter[str] = Counter()
    last = 0
    while True:
        with transaction.atomic():
            batch = _batch(model, name, last)
            for pk, token in batch:
                counts[_rotate(model, pk, name, token)] += 1
        if not batch:
            return counts
        last = batch[-1][0]


def stored(model: type[models.Model], name: str) -> models.QuerySet[Any]:
    """The column as it is stored, as `stored`: reading it as its own type would decrypt it."""
    rows = model._default_manager.annotate(stored=Cast(name, models.TextField())).exclude(stored="")
    return rows.order_by("pk")


def _batch(model: type[models.Model], name: str, after: int) -> list[tuple[int, str]]:
    """Locked until the transaction ends: a worker that refreshes a token meanwhile writes after us, not before."""
    rows = stored(model, name).select_for_update().filter(pk__gt=after)
    return list(rows.values_list("pk", "stored")[:BATCH])


def _rotate(model: type[models.Model], pk: int, name: str, token: str) -> str:
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token.encode())
        return "current"
    except InvalidToken:
        pass
    try:
        fresh = key_ring().rotate(token.encode()).decode()
    except InvalidToken:
        return "unreadable"
    column = models.Value(fresh, output_field=models.TextField())
    model._default_manager.filter(pk=pk).update(**{name: column})
    return "rotated"
