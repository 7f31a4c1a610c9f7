"""Child processes that are kept running: each in its own process group, restarted when it dies, stopped together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Seconds before a child that died is started again; doubles each time.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
# A child that lived this many seconds starts again after the first pause.
LIVED_WELL = 30.0
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process of ours. `inherits` are file descriptors it gets; `folder` is where it is started, if not here."""

    name: str
    command: Sequence[str]
    print_line: Callable[[str], None]
    inherits: tuple[int, ...] = ()
    folder: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    due_at: float = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 -- our own command
            self.command,
            # Ctrl-C in a terminal then reaches this process alone, which stops its children in order, and all that a
            # child started can be killed with it.
            process_group=0,
            pass_fds=self.inherits,
            cwd=self.folder,
            preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,
        )

    def watch(self) -> None:
        """Start the child again when it died and its pause is over."""
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            self._note_death(self.process, now)
        if self.process is None and now >= self.due_at:
            self.start()

    def _note_death(self, process: "subprocess.Popen[bytes]", now: float) -> None:
        """Kill what the dead child started, which would go on taking work, and plan when to start the child again."""
        _signal_group(process.pid, signal.SIGKILL)
        if now - self.started_at > LIVED_WELL:
            self.pause = FIRST_PAUSE
        self.print_line(
            f"{self.name} stopped ({_death_cause(process.returncode)}); it starts again in {self.pause:g} s"
        )
        self.process, self.due_at = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End the child and all that it started."""
        if self.process:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop_all(children: Sequence[Child], seconds: float, hurry: Callable[[], bool]) -> list[str]:
    """Ask all to stop, and kill what still runs after `seconds`, or once `hurry` says so. Names of those killed."""
    deadline = time.monotonic() + seconds
    for child in children:
        child.ask_to_stop()
    while any(child.is_running() for child in children) and time.monotonic() < deadline and not hurry():
        time.sleep(0.05)
    # All are killed below, those too that ended by themselves: what they started may still run. Only these are news.
    killed = [child.name for child in children if child.is_running()]
    for child in children:
        child.kill()
    return killed


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _death_cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _die_with(parent: int) -> Callable[[], None]:
    """A function for the child to call before its program starts: the kernel sends it SIGTERM when the parent ends.

    Also when the parent ends by `kill -9`, which no handler in the parent could notice.
    """
    # Loaded before the fork, so that the child has as little to do as possible.
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # The parent may have died before prctl was called; no signal would come any more.
        if os.getppid() != parent:
            os._exit(1)

    return ask
