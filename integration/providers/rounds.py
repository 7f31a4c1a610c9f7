"""What an exchange has in hand while it carries out one set of tasks."""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from integration.errors import ProviderError
from integration.providers.in_flight import InFlight
from integration.providers.operations import Call, Json

Steps = Generator[Call[Any], Any, Any]


@dataclass
class Task:
    """Steps under way. `tries` counts the tries of the present call."""

    key: Any
    steps: Steps
    call: Call[Any] | None = None
    tries: int = 0
    not_before: float = 0.0
    renewals: int = 0
    sent_with: str = ""
    calls: list[Json] = field(default_factory=list)


@dataclass
class Round:
    """The tasks of one `run`: not begun, waiting for their turn, under way. `broken` is what ends it early."""

    source: Iterator[tuple[Any, Steps]]
    flying: InFlight[Task]
    waiting: deque[Task] = field(default_factory=deque)
    exhausted: bool = False
    broken: ProviderError | None = None

    @property
    def is_over(self) -> bool:
        return self.exhausted and not self.waiting and not self.flying
