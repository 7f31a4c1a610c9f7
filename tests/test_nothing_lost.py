"""Nothing lost, with real processes: every fault at once, workers killed, and both sides end equal, each person once.

The size is small by default; NOTHING_LOST_PEOPLE=2000 runs the full one.
"""

import os
import signal

import pytest

from tests.processes import Up, database, emails, prepare

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
PEOPLE = int(os.environ.get("NOTHING_LOST_PEOPLE", "300"))
KILLS = 5 if PEOPLE >= 2_000 else 2

STORM = [
    {"side": None, "kind": "500", "rate": 0.05},
    {"side": None, "kind": "hang", "rate": 0.01, "seconds": 3},
    {"side": None, "kind": "reset_before", "rate": 0.01},
    {"side": None, "kind": "reset_after", "rate": 0.01},
    {"side": None, "kind": "429", "rate": 0.05, "retry_after": 0.2},
    {"side": None, "kind": "broken_json", "rate": 0.01},
    {"side": "ghl", "kind": "latency", "rate": 1, "seconds": 0.05},
]


@pytest.fixture
def up(tmp_path):
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address)
        running.settings["HTTP_TIMEOUT_SECONDS"] = "2"
        yield running
        if running.process and running.process.poll() is None:
            running.stop()


def test_a_backfill_survives_every_fault_and_killed_workers(up):
    prepare(up.start(), gist=PEOPLE)
    up.control("POST", "faults", {"faults": STORM, "seed": 11})
    run = up.report("sync", "alder")["run"]
    report = f"Run.objects.get(pk={run}).report()"
    for kill in range(KILLS):
        wanted = PEOPLE * (kill + 1) // (KILLS + 2)
        up.wait_for(lambda wanted=wanted: len(emails(up, "ghl")) > wanted, 240, "the run writes")
        if writer := up.writer():
            os.kill(writer, signal.SIGKILL)
    finished = ("succeeded", "partial", "failed")
    up.wait_for(lambda: up.ask(report)["status"] in finished, 400, "the run finishes")
    up.control("POST", "faults", {"faults": [], "seed": 11})
    told = up.ask(report)
    assert told["examined"] == sum(told[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))
    if told["failed"]:
        assert up.report("sync", "alder", "--full", "--wait")["failed"] == 0
    gist, ghl = emails(up, "gist"), emails(up, "ghl")
    print(f"{PEOPLE} people, {KILLS} kills: {len(ghl)} in GHL, {len(ghl) - len(set(ghl))} twice; {told}")
    assert ghl == gist
    assert len(set(ghl)) == PEOPLE
