"""What a web process remembers between two webhooks, so that one delivery costs one INSERT."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings

DOWN_SECONDS = 1.0


@dataclass
class Memory:
    """`locations`, `tokens`: GHL location id, digest of a Gist token → (good until, connection ids).

    `down_until`: until then the database is taken for down without asking it, because asking takes seconds.
    Times are of the monotonic clock. `turn` is held by the thread that writes to SQLite, `waiting` are
    the tickets of the others (store.py).
    """

    locations: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)
    tokens: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)
    down_until: float = 0.0
    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[Any] = field(default_factory=deque)

    @property
    def database_is_down(self) -> bool:
        return time.monotonic() < self.down_until

    def note_database(self, *, up: bool) -> None:
        self.down_until = 0.0 if up else time.monotonic() + DOWN_SECONDS

    def forget_connections(self) -> None:
        self.locations.clear()
        self.tokens.clear()


def memory() -> Memory:
    return _memory_of(str(settings.DATA_DIR))


@lru_cache(maxsize=8)
def _memory_of(data_dir: str) -> Memory:
    """One per data folder, as there is one spool per data folder."""
    return Memory()
