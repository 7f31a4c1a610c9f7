"""B11: what a backfill of 5,000 contacts costs in memory, over all worker processes together."""

import time
from pathlib import Path

import pytest

from tests.processes import Up, database, prepare

pytestmark = [pytest.mark.bench, pytest.mark.enable_socket]


def tree(pid: int) -> list[int]:
    """The process and everything it started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(child) for child in path.read_text().split()] if path.exists() else []
    return [pid, *(found for child in below for found in tree(child))]


def megabytes(pids: list[int]) -> float:
    """Memory in use, shared pages counted once per process that holds them only in part."""
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        lines = rollup.read_text().splitlines() if rollup.exists() else []
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def workers(up: Up) -> list[int]:
    """The job cluster: whatever of `up` is not the web server."""
    found = []
    for pid in tree(up.process.pid)[1:]:
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"web_server" not in command.read_bytes():
            found.append(pid)
    return found


@pytest.fixture
def up(tmp_path):
    """A server with its workers, alone on the machine."""
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address).start(90)
        yield running
        running.stop()
        running.end()


def test_b11_a_backfill_needs_little_memory(up, table):
    prepare(up, gist=5_000)
    time.sleep(2)
    idle = megabytes(workers(up))
    run = up.report("sync", "alder")["run"]
    peak, deadline = idle, time.monotonic() + 600
    while up.control("GET", "calls")["ghl"]["total"] < 5_000 and time.monotonic() < deadline:
        peak = max(peak, megabytes(workers(up)))
        time.sleep(0.3)
    up.wait_for(lambda: up.ask(f"Run.objects.get(pk={run}).status") == "succeeded", 120, "the run finishes")
    above = peak - idle
    table.add("B11 memory of the workers above idle, 5,000 contacts", f"{above:.0f} MB", "≤ 300 MB", above <= 300)
