"""The commands an operator runs, with real processes: start, stop, and a worker killed in the middle of its work."""

import os
import signal

import pytest
import requests

from tests.processes import Up, a_writer, database, emails, prepare

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]


@pytest.fixture
def up(tmp_path):
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address)
        yield running
        running.end()


@pytest.fixture
def first_up(tmp_path):
    """Started for the first time, with a database that holds no tables."""
    with database(tmp_path, migrated=False) as address:
        running = Up(tmp_path / "data", address, migrated=False)
        yield running
        running.end()


def test_up_reaches_a_page_to_sign_in_to_and_stops_cleanly(first_up):
    up = first_up.start()
    assert requests.get(f"{up.url}/healthz", timeout=5).text == "ok"
    ready = requests.get(f"{up.url}/readyz", timeout=5)
    assert (ready.status_code, ready.json()["worker"]) == (200, True)
    login = requests.get(f"{up.url}/accounts/login/", timeout=5)
    assert "demo@gistline.example" in login.text
    assert "demo-gistline" in up.log.read_text()
    assert up.stop() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(up.url, timeout=2)


def test_a_second_run_of_a_thousand_contacts_costs_next_to_nothing(up):
    prepare(up.start(), gist=700, ghl=300)
    first = up.report("sync", "alder", "--wait")
    assert (first["status"], first["failed"]) == ("succeeded", 0)
    assert first["examined"] == sum(first[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))
    assert emails(up, "gist") == emails(up, "ghl")
    second = up.report("sync", "alder", "--wait")
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 0, first["examined"])
    assert sum(second["api_calls"].values()) <= 0.04 * sum(first["api_calls"].values())


def test_a_killed_worker_s_run_finishes_by_itself_with_nothing_twice_or_missing(up):
    prepare(up.start(), gist=400)
    up.control(
        "POST", "faults", {"faults": [{"side": "ghl", "kind": "latency", "seconds": 0.15, "rate": 1}], "seed": 1}
    )
    run = up.report("sync", "alder")["run"]
    up.wait_for(lambda: len(emails(up, "ghl")) > 20, 60, "the run writes")
    os.kill(a_writer(up, up), signal.SIGKILL)
    report = f"Run.objects.get(pk={run}).report()"
    up.wait_for(lambda: up.ask(report)["status"] == "succeeded", 120, "the run finishes")
    assert up.ask(report)["examined"] == 400
    assert up.ask(report)["failed"] == 0
    assert emails(up, "ghl") == emails(up, "gist")
    assert len(set(emails(up, "ghl"))) == 400
