"""What a web process remembers between two webhooks, so that one delivery costs one INSERT."""

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)
# Of each reason so many refused webhooks are kept within a minute: anybody can send them, and each costs a write.
REFUSED_A_MINUTE = 300
# So long a database that did not answer is not asked again.
DOWN_SECONDS = 1.0


@dataclass
class Memory:
    """`locations`, `tokens`: GHL location id, digest of a Gist token → (good until, connection ids).

    `nobody_erased_until`: until then nobody is taken for erased here (forgetting.py). `down_until`: until then the
    database is taken for down without asking it, because asking takes seconds.
    Times are of the monotonic clock. `turn` is held by the thread that writes to SQLite, `waiting` are
    the tickets of the others (store.py). `refused`: reason → (minute, how many were kept in it); `not_kept`: reason →
    how many were not, since this process started. `answered`: provider and verdict → how many webhooks, since then.
    """

    locations: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)
    tokens: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)
    down_until: float = 0.0
    nobody_erased_until: float = 0.0
    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[Any] = field(default_factory=deque)
    refused: dict[str, tuple[int, int]] = field(default_factory=dict)
    not_kept: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def database_is_down(self) -> bool:
        return time.monotonic() < self.down_until

    def note_database(self, *, up: bool) -> None:
        self.down_until = 0.0 if up else time.monotonic() + DOWN_SECONDS

    def admit_refused(self, reason: str) -> bool:
        """Whether a webhook refused for `reason` is to be kept; it is counted where not."""
        minute = int(time.monotonic() // 60)
        with self.guard:
            known, kept = self.refused.get(reason, (minute, 0))
            kept = kept if known == minute else 0
            if kept < REFUSED_A_MINUTE:
                self.refused[reason] = (minute, kept + 1)
                return True
            if kept == REFUSED_A_MINUTE:
                self.refused[reason] = (minute, kept + 1)
                logger.warning(
                    "more than %d webhooks a minute are refused as %s; the rest is counted only", kept, reason
                )
            self.not_kept[reason] += 1
            return False

    def count_verdict(self, provider: str, verdict: str) -> None:
        with self.guard:
            self.answered[provider, verdict] += 1

    def forget_connections(self) -> None:
        self.locations.clear()
        self.tokens.clear()


def memory() -> Memory:
    return _memory_of(str(settings.DATA_DIR))


@lru_cache(maxsize=8)
def _memory_of(data_dir: str) -> Memory:
    """One per data folder, as there is one spool per data folder."""
    return Memory()
