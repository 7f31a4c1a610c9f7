"""Calls that were handed to threads: under way, queued for a thread, or answered and not taken in yet.

The calling thread is away now and then, because whoever asked for the results puts them on record. So it hands over
more calls than there are threads: as many as those get through meanwhile. Not more, because what is queued is sent
before a live event or a cancel has its turn. A queued call that no thread has begun can be withdrawn.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from integration.providers.http import Answered

T = TypeVar("T")

# At most so many times the number of threads is under way and queued together.
DEEPEST = 4
# What is left of the longest absence each time answers are looked for; one of some tens of absences is a long one.
FADING = 0.99


@dataclass
class CallThreads:
    """At most `concurrency` threads, started when they are needed, and how they did lately."""

    concurrency: int
    absence: float = 0.0
    """Seconds between two looks for answers, at the longest lately."""
    call_seconds: float = 0.0
    """What a call takes on average lately."""
    _pool: ThreadPoolExecutor | None = None

    @property
    def depth(self) -> int:
        """How many calls to have under way and queued, so that no thread is idle during an absence."""
        ahead = self.absence / self.call_seconds if self.call_seconds else 0.0
        return round(self.concurrency * min(1 + ahead, DEEPEST))

    def submit(self, send: Callable[[], Answered]) -> Future[Answered]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="call")
        return self._pool.submit(send)

    def note_absence(self, seconds: float) -> None:
        self.absence = max(seconds, self.absence * FADING)

    def note_call(self, seconds: float) -> None:
        # The first call sets the average. Later ones move it slowly, so that about one round of answers decides it.
        weight = 1 / self.concurrency if self.call_seconds else 1.0
        self.call_seconds += (seconds - self.call_seconds) * weight

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@dataclass
class InFlight(Generic[T]):
    """Calls in flight, each with the task it is sent for."""

    threads: CallThreads
    _tasks: dict[Future[Answered], T] = field(default_factory=dict)
    _answered: SimpleQueue[Future[Answered]] = field(default_factory=SimpleQueue)
    _left_at: float = field(default_factory=time.monotonic)

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def is_full(self) -> bool:
        return len(self._tasks) >= self.threads.depth

    def add(self, task: T, send: Callable[[], Answered]) -> Future[Answered]:
        future = self.threads.submit(send)
        self._tasks[future] = task
        future.add_done_callback(self._note_end)
        return future

    def _note_end(self, future: Future[Answered]) -> None:
        """Runs in the thread that sent the call, or that withdrew it."""
        if not future.cancelled():
            self._answered.put(future)

    def withdraw_queued(self, which: Callable[[T], bool] = lambda task: True) -> list[T]:
        """Tasks whose call no thread has begun, in their order. Their calls are certainly not sent."""
        # cancel() succeeds only while no thread has begun the call, so a call that may have been sent is never
        # withdrawn.
        withdrawn = [future for future, task in self._tasks.items() if which(task) and future.cancel()]
        return [self._tasks.pop(future) for future in withdrawn]

    def take_answers(self, pause: float) -> Iterator[tuple[T, Answered]]:
        """Answers that are there, a handful at most. Waits up to `pause` seconds for the first."""
        self.threads.note_absence(time.monotonic() - self._left_at)
        futures = self._wait_for_first(pause)
        self._left_at = time.monotonic()
        # Not everything that is there: while the caller records these, nothing new is handed to the threads.
        while len(futures) < self.threads.concurrency and not self._answered.empty():
            futures.append(self._answered.get())
        for future in futures:
            task, answered = self._tasks.pop(future), future.result()
            self.threads.note_call(answered.attempt.milliseconds / 1000)
            yield task, answered

    def _wait_for_first(self, pause: float) -> list[Future[Answered]]:
        if not self._tasks:
            # No call is under way that could end the wait early.
            time.sleep(pause)
            return []
        try:
            return [self._answered.get(timeout=pause)]
        except Empty:
            return []

    def wait_for_all(self) -> None:
        """Until every call in flight is answered."""
        wait(self._tasks)
