"""Budgets under a simulated clock: workers that send as the exchange does, and a provider that counts what arrives."""

import heapq
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from unittest.mock import patch

from integration.providers.budgets import Budget, Rate, budget
from integration.providers.exchange import LONGEST_NAP, Exchange
from integration.providers.http import Limits


@dataclass
class Account:
    """One account of a provider, its shared document, and the calls that arrived, as (time, holder)."""

    rate: Rate
    now: float = 1_700_000_000.0
    stored: str = "{}"
    arrived: list[tuple[float, str]] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    @contextmanager
    def document(self, _account: str) -> Iterator[dict]:
        doc = json.loads(self.stored)
        yield doc
        self.stored = json.dumps(doc)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._number), do))

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        with patch.object(budget, "locked_document", self.document), patch("time.time", lambda: self.now):
            while self._due and self._due[0][0] <= end:
                self.now, _, do = heapq.heappop(self._due)
                do()
        self.now = end

    def busiest_window(self) -> int:
        """The most calls that arrived within one window, wherever it begins."""
        most, window = 0, deque()
        for at, _ in sorted(self.arrived):
            window.append(at)
            while window[0] <= at - self.rate.seconds:
                window.popleft()
            most = max(most, len(window))
        return most

    def sent(self, holder: str, since: float = 0.0) -> int:
        return sum(1 for at, who in self.arrived if who == holder and at > since)


@dataclass
class Worker:
    """A link's process for one purpose; asks, sends and naps as the exchange does."""

    account: Account
    holder: str
    purpose: str
    call_seconds: float = 0.2
    waited: list[float] = field(default_factory=list)
    """Seconds from the wish to the answer, per call."""
    _wanted: deque[float] = field(default_factory=deque)
    _permits: int = 0
    _flying: int = 0
    _napping: bool = False

    def __post_init__(self) -> None:
        self._budget = Budget("simulated", self.account.rate, self.holder, self.purpose)

    def want(self, calls: int = 1, after: float = 0.0) -> "Worker":
        self.account.after(after, lambda: self._want(calls))
        return self

    def _want(self, calls: int) -> None:
        self._wanted.extend([self.account.now] * calls)
        self._send()

    def _send(self) -> None:
        while self._wanted and not self._napping and self._flying < Exchange.concurrency and self._may_send():
            self._permits -= 1
            self._flying += 1
            wanted = self._wanted.popleft()
            self.account.after(self.call_seconds / 2, self._arrive)
            self.account.after(self.call_seconds, lambda wanted=wanted: self._answer(wanted))

    def _may_send(self) -> bool:
        if not self._permits:
            grant = self._budget.take_permits(min(len(self._wanted), Exchange.concurrency * 2))
            self._permits = grant.permits
            if not grant.permits:
                self._napping = True
                self.account.after(min(grant.wait, LONGEST_NAP), self._wake)
        return self._permits > 0

    def _wake(self) -> None:
        self._napping = False
        self._send()

    def _arrive(self) -> None:
        self.account.arrived.append((self.account.now, self.holder))

    def _answer(self, wanted: float) -> None:
        self._flying -= 1
        self._budget.note_answer(Limits())
        self.waited.append(self.account.now - wanted)
        if self._wanted:
            self._send()
        elif not self._flying:
            self._permits = 0
            self._budget.close()
