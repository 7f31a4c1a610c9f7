"""Every stored secret under the newest key of ENCRYPTION_KEYS, while everything else goes on."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from integration.encryption.columns import SecretColumn, secret_columns
from integration.models.fields import encrypt_text, is_token, key_ring

BATCH = 200


def rotate_all() -> Counter[str]:
    """How many secrets were "rotated", stood under the newest key already ("current"), or are "unreadable".

    May be stopped and started again: what is done is done.
    """
    counts: Counter[str] = Counter(rotated=0, current=0, unreadable=0)
    for column in secret_columns():
        counts.update(_rotate_column(column))
    return counts


@dataclass(frozen=True)
class KeyCounts:
    """How many secrets stand under each key, newest first, in the clear, and under none of them."""

    by_key: list[int]
    clear: int
    unreadable: int

    @property
    def all(self) -> int:
        return sum(self.by_key) + self.clear + self.unreadable

    @property
    def to_rotate(self) -> int:
        return sum(self.by_key[1:]) + self.clear


def count_by_key() -> KeyCounts:
    counts: Counter[int] = Counter()
    keys = [Fernet(key) for key in settings.ENCRYPTION_KEYS]

    def count(token: str) -> str:
        counts[_place_of(token, keys)] += 1
        return token

    for column in secret_columns():
        for stored in column.rows().values_list("stored", flat=True).iterator():
            column.replace(stored, count)
    return KeyCounts([counts[place] for place in range(len(keys))], counts[_CLEAR], counts[_UNREADABLE])


_CLEAR, _UNREADABLE = -1, -2


def _place_of(token: str, keys: list[Fernet]) -> int:
    if not is_token(token):
        return _CLEAR
    for place, key in enumerate(keys):
        try:
            key.decrypt(token.encode())
        except InvalidToken:
            continue
        return place
    return _UNREADABLE


def _rotate_column(column: SecretColumn) -> Counter[str]:
    """Row after row by key, a batch per transaction, so that a stop in between costs nothing."""
    counts: Counter[str] = Counter()
    last: Any = None
    while True:
        with transaction.atomic():
            batch = _next_batch(column, last)
            for pk, stored in batch:
                counts += _rotate_row(column, pk, stored)
        if not batch:
            return counts
        last = batch[-1][0]


def _next_batch(column: SecretColumn, after: Any) -> list[tuple[Any, Any]]:
    """Locked until the transaction ends: a worker that refreshes a token meanwhile writes after us, not before."""
    rows = column.rows().select_for_update()
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.values_list("pk", "stored")[:BATCH])


def _rotate_row(column: SecretColumn, pk: Any, stored: Any) -> Counter[str]:
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
