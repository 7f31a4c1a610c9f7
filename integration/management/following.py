"""Following a run to its end from a terminal, lending a hand when no worker is there to do it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integration.models import Run, RunStatus
from integration.queue import health
from integration.sync import runs

POLL_SECONDS = 0.2
SILENT_SECONDS = 10.0
"""A run without a sign of life for this long is taken over, although workers are alive."""
WORKERS_SECONDS = 1.0
"""How long an answer to "are there workers" is believed."""
BAR = 24


def follow(run: Run, terminal: Any) -> None:
    """Until the run is finished or paused; `run` is fresh then. Progress goes to `terminal` when it is one."""
    crew = _Crew()
    with _progress(run.pk, terminal):
        while not _is_over(run):
            needs_help = _is_due(run) and (not crew.is_there() or _silence(run) > SILENT_SECONDS)
            # A slice that ends at once found another writer at work, so the pause is due then, too.
            if not (needs_help and runs.work(run.pk, runs.process_name(), settings.RUN_SLICE_SECONDS)):
                time.sleep(POLL_SECONDS)
            run.refresh_from_db()


class _Crew:
    """Whether workers are alive, asked now and then."""

    def __init__(self) -> None:
        self.asked_at, self.alive = 0.0, False

    def is_there(self) -> bool:
        if time.monotonic() - self.asked_at > WORKERS_SECONDS:
            self.asked_at, self.alive = time.monotonic(), health().workers > 0
        return self.alive


def _is_over(run: Run) -> bool:
    return run.is_finished or run.status == RunStatus.PAUSED


def _is_due(run: Run) -> bool:
    """Whether there is anything to do now: a run may wait for a limit."""
    return run.wait_until is None or run.wait_until <= timezone.now()


def _silence(run: Run) -> float:
    return (timezone.now() - max(filter(None, (run.alive_at, run.wait_until, run.created_at)))).total_seconds()


# Progress -----------------------------------------------------------------------------------------------


@contextmanager
def _progress(run_id: int, terminal: Any) -> Iterator[None]:
    """Draw in a thread of its own, because this process may be the one that works."""
    if not terminal.isatty():
        yield
        return
    done = threading.Event()
    artist = threading.Thread(target=_draw, args=(run_id, terminal, done), daemon=True)
    artist.start()
    try:
        yield
    finally:
        done.set()
        artist.join()


def _draw(run_id: int, terminal: Any, done: threading.Event) -> None:
    try:
        while not done.wait(POLL_SECONDS):
            terminal.write(f"\r\x1b[K{progress_line(Run.objects.get(pk=run_id))}", ending="")
            terminal.flush()
        terminal.write("\r\x1b[K", ending="")
    finally:
        connection.close()


def progress_line(run: Run) -> str:
    """`[=====     ] 400 of 1,000, 41/s, about 15 s left`, or what it waits for."""
    share = min(1.0, run.examined / run.total) if run.total else 0.0
    of_total = f" of {run.total:,}" if run.total else ""
    words = [f"[{'=' * round(share * BAR):{BAR}}] {run.examined:,}{of_total}"]
    speed = run.examined / run.seconds if run.seconds > 1 else 0.0
    if run.status == RunStatus.WAITING and run.wait_until:
        left = max(0, round((run.wait_until - timezone.now()).total_seconds()))
        words.append(f"{run.wait_reason or 'waiting'}, goes on in {left} s")
    elif speed:
        words.append(f"{speed:.0f}/s")
        words += [f"about {(run.total - run.examined) / speed:.0f} s left"] if run.total else []
    return ", ".join(words)
