"""Following a run to its end from a terminal, and working on it here when no worker does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integration.models import Run, RunStatus
from integration.outage import DATABASE_ERRORS, connection_is_lost, wait_for_database
from integration.queue import check_queue
from integration.runs.progress import progress_of
from integration.runs.recover import process_name, release_own_leases
from integration.runs.work import work_one_slice

POLL_SECONDS = 0.2
# A run without a sign of life for this long is taken over, although workers are alive.
SILENT_SECONDS = 10.0
# How long an answer to "are there workers" is believed.
WORKERS_SECONDS = 1.0
BAR = 24
# How long a database that went away is waited for.
OUTAGE_SECONDS = 600.0


def follow_run(run: Run, terminal: Any) -> None:
    """Until the run is finished or paused; `run` is fresh then. Progress goes to `terminal` when it is one.

    A database that is restarted meanwhile is waited for; raises DATABASE_ERRORS when it stays away.
    """
    crew = _Crew()
    with _show_progress(run.pk, terminal):
        while not _is_over(run):
            try:
                _follow_once(run, crew)
            except DATABASE_ERRORS:
                if not connection_is_lost():
                    raise
                terminal.write("The database does not answer; this goes on when it does.")
                if not wait_for_database(OUTAGE_SECONDS):
                    raise
                release_own_leases()


def _follow_once(run: Run, crew: "_Crew") -> None:
    needs_help = _is_due(run) and (not crew.is_there() or _silent_seconds(run) > SILENT_SECONDS)
    # A slice that ends at once found another writer at work, so the pause is due then, too.
    if not (needs_help and work_one_slice(run.pk, process_name(), settings.RUN_SLICE_SECONDS)):
        time.sleep(POLL_SECONDS)
    run.refresh_from_db()


class _Crew:
    """Whether workers are alive, asked now and then."""

    def __init__(self) -> None:
        self.asked_at, self.alive = 0.0, False

    def is_there(self) -> bool:
        if time.monotonic() - self.asked_at > WORKERS_SECONDS:
            self.asked_at, self.alive = time.monotonic(), check_queue().workers > 0
        return self.alive


def _is_over(run: Run) -> bool:
    return run.is_finished or run.status == RunStatus.PAUSED


def _is_due(run: Run) -> bool:
    """Whether there is anything to do now: a run may wait for a limit."""
    return run.wait_until is None or run.wait_until <= timezone.now()


def _silent_seconds(run: Run) -> float:
    return (timezone.now() - max(filter(None, (run.alive_at, run.wait_until, run.created_at)))).total_seconds()


# Progress -----------------------------------------------------------------------------------------------


@contextmanager
def _show_progress(run_id: int, terminal: Any) -> Iterator[None]:
    """Draw in a thread of its own, because this process may be the one that works."""
    if not terminal.isatty():
        yield
        return
    done = threading.Event()
    artist = threading.Thread(target=_draw_progress, args=(run_id, terminal, done), daemon=True)
    artist.start()
    try:
        yield
    finally:
        done.set()
        artist.join()


def _draw_progress(run_id: int, terminal: Any, done: threading.Event) -> None:
    try:
        while not done.wait(POLL_SECONDS):
            try:
                line = progress_line(Run.objects.get(pk=run_id))
            except DATABASE_ERRORS:
                # The thread that follows says so.
                connection.close()
                continue
            terminal.write(f"\r\x1b[K{line}", ending="")
            terminal.flush()
        terminal.write("\r\x1b[K", ending="")
    finally:
        # This thread has a connection of its own, which nobody else would close.
        connection.close()


def progress_line(run: Run) -> str:
    """`[=====     ] 400 of 1,000, 41/s, about 15 s left`, or what it waits for."""
    progress = progress_of(run)
    share = progress.done / progress.total if progress.total else 0.0
    of_total = f" of {progress.total:,}" if progress.total else ""
    words = [f"[{'=' * round(share * BAR):{BAR}}] {progress.done:,}{of_total}"]
    if run.status == RunStatus.WAITING and run.wait_until:
        left = max(0, round((run.wait_until - timezone.now()).total_seconds()))
        words.append(f"{run.wait_reason or 'waiting'}, goes on in {left} s")
    elif progress.per_second:
        words.append(f"{progress.per_second:.0f}/s")
        words += [f"about {progress.left:.0f} s left"] if progress.left else []
    return ", ".join(words)
