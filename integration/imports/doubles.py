"""Rows of a file that are about somebody of an earlier row, known by hashes of addresses and numbers."""

from hashlib import blake2b
from typing import Protocol

from integration.imports.faults import Fault


class KnownKeys(Protocol):
    """Where the hashes of rows that were taken are kept: in memory, or where a million of them need none."""

    def get(self, kind: str, key: int) -> int | None:
        """The number of the first row with this key."""

    def add(self, kind: str, key: int, number: int) -> None:
        """Remember the key, unless an earlier row has it."""


class KeysInMemory:
    """For files of some hundred thousand rows."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, int]] = {}

    def get(self, kind: str, key: int) -> int | None:
        return self._known.get(kind, {}).get(key)

    def add(self, kind: str, key: int, number: int) -> None:
        self._known.setdefault(kind, {}).setdefault(key, number)


class Doubles:
    """Rows that are taken, by hashes of what they are known by: the number of the first row of each."""

    def __init__(self, known: KnownKeys):
        self._known = known

    def find(self, email_address: str, phone_number: str, number: int) -> Fault | None:
        """The fault of a row that is a double; else the row is remembered.

        Two people whose addresses differ are two, whatever phone they share (as in sync/match.py).
        """
        email, phone = _hash(email_address), _hash(phone_number)
        by_phone = "bare_phone" if email else "phone"
        for key, kind, words in ((email, "email", "e-mail address"), (phone, by_phone, "phone number")):
            if key and (first := self._known.get(kind, key)):
                return Fault("double", f"Row {first} of the file has the same {words}. Join the two rows into one.")
        kinds = {"email": email, "phone": phone, "bare_phone": 0 if email else phone}
        for kind, key in kinds.items():
            if key:
                self._known.add(kind, key, number)
        return None


def _hash(text: str) -> int:
    """64 bits; 0 for blank. Among a million rows two are alike by chance once in thirty million files."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) if text else 0
