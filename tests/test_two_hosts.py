"""Two hosts on one PostgreSQL and one Redis: they start at once, and one of them is lost in the middle of a run."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.processes import SETUP, Up, Web, a_writer, apply, clear, database, emails, fill, kill

pytestmark = [
    pytest.mark.processes,
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not os.environ.get("REDIS_URL"), reason="needs DATABASE_URL=postgres://… and REDIS_URL: hosts share both"
    ),
]
PEOPLE = 300


@pytest.fixture
def twin(tmp_path):
    """Both APIs, on neither of the hosts."""
    web = Web(tmp_path / "twin").start()
    clear(web)
    fill(web, "gist", range(PEOPLE))
    yield web
    web.end()


@pytest.fixture
def hosts(tmp_path, twin):
    """Neither finds tables in the database."""
    with database(tmp_path, migrated=False) as address:
        shared = {
            "SECRET_KEY": secrets.token_hex(32),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "GIST_API_URL": f"{twin.url}/sandbox/gist",
            "GHL_API_URL": f"{twin.url}/sandbox/ghl",
        }
        made = [Up(tmp_path / name, address, settings=dict(shared), migrated=False) for name in ("first", "second")]
        yield made
        for host in made:
            host.end()


def test_the_run_of_a_lost_host_is_finished_by_the_other_with_nothing_twice_or_missing(hosts, twin):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda host: host.start(120), hosts))
    apply(hosts[0], with_real_connections())
    twin.control(
        "POST", "faults", {"faults": [{"side": "ghl", "kind": "latency", "seconds": 0.2, "rate": 1}], "seed": 1}
    )
    run = hosts[0].report("sync", "alder")["run"]
    twin.wait_for(lambda: len(emails(twin, "ghl")) > 20, 60, "the run writes")
    writer = a_writer(hosts[0], hosts[0])
    lost, left = hosts if writer in children_of(hosts[0].process.pid) else reversed(hosts)
    kill(lost.process)
    report = f"Run.objects.get(pk={run}).report()"
    left.wait_for(lambda: left.ask(report)["status"] == "succeeded", 240, "the run finishes")
    assert (left.ask(report)["examined"], left.ask(report)["failed"]) == (PEOPLE, 0)
    assert emails(twin, "ghl") == emails(twin, "gist")
    assert len(set(emails(twin, "ghl"))) == PEOPLE


def with_real_connections():
    """Of the twin by its address, as of the real APIs: a sandbox is each host's own."""
    setup = deepcopy(SETUP)
    for connection in setup["connections"]:
        connection["sandbox"] = False
    return setup


def children_of(pid: int) -> set[int]:
    direct = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return direct.union(*(children_of(child) for child in direct))
