"""`manage.py rotate_keys`: every stored secret under the newest key of ENCRYPTION_KEYS."""

from collections import Counter
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from integration.management.reporting import ReportingCommand
from integration.management.secret_columns import SecretColumn, secret_columns
from integration.models.fields import encrypt_text, is_token, key_ring

BATCH = 200


class Command(ReportingCommand):
    help = "Re-encrypts every stored secret with the newest key; may be stopped and started again."
    changes = True

    def run(self, **options: Any) -> None:
        counts: Counter[str] = Counter(rotated=0, current=0, unreadable=0)
        for column in secret_columns():
            counts += rotate_column(column)
        data = {name: counts[name] for name in ("rotated", "current", "unreadable")}
        summary = f"{counts['rotated']} re-encrypted, {counts['current']} stood under the newest key already"
        if counts["unreadable"]:
            self.fail(
                f"{summary}, {counts['unreadable']} cannot be read with any key in ENCRYPTION_KEYS. Put the key back "
                "that was in use when they were saved (the newest key first) and run this again.",
                **data,
            )
        self.report([f"{summary}. Older keys may be taken out of ENCRYPTION_KEYS."], data)


def rotate_column(column: SecretColumn) -> Counter[str]:
    """Row after row by key, a batch per transaction, so that a stop in between costs nothing."""
    counts: Counter[str] = Counter()
    last = 0
    while True:
        with transaction.atomic():
            batch = _next_batch(column, last)
            for pk, stored in batch:
                counts += _rotate_row(column, pk, stored)
        if not batch:
            return counts
        last = batch[-1][0]


def _next_batch(column: SecretColumn, after: int) -> list[tuple[int, Any]]:
    """Locked until the transaction ends: a worker that refreshes a token meanwhile writes after us, not before."""
    rows = column.rows().select_for_update().filter(pk__gt=after)
    return list(rows.values_list("pk", "stored")[:BATCH])


def _rotate_row(column: SecretColumn, pk: int, stored: Any) -> Counter[str]:
    counts: Counter[str] = Counter()

    def rotate(token: str) -> str:
        outcome, rotated = _rotate_token(token)
        counts[outcome] += 1
        return rotated

    replaced = column.replace(stored, rotate)
    if counts["rotated"]:
        column.save(pk, replaced)
    return counts


def _rotate_token(token: str) -> tuple[str, str]:
    """ "rotated", "current" or "unreadable", and what is to stand there from now on."""
    if not is_token(token):
        return "rotated", encrypt_text(token)
    try:
        # The newest key alone: with the whole ring a secret under an older key would pass for current.
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token.encode())
        return "current", token
    except InvalidToken:
        pass
    try:
        return "rotated", key_ring().rotate(token.encode()).decode()
    except InvalidToken:
        return "unreadable", token
