"""Keys are rotated on two hosts that work all the while, in the order of docs/deploy.md: nothing is unreadable, nobody
has to reconnect, and afterwards the new key alone opens everything.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from cryptography.fernet import Fernet

from integration.providers.ghl.oauth import NEEDED_SCOPES
from tests import consent
from tests.processes import ROOT, SETUP, Web, apply, clear, database, emails

pytestmark = [
    pytest.mark.processes,
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not os.environ.get("REDIS_URL"), reason="needs DATABASE_URL=postgres://… and REDIS_URL: hosts share both"
    ),
]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class Host:
    def __init__(self, web, name):
        env = {**web.env, "LOG_LEVEL": "WARNING"}
        command = [
            sys.executable,
            "manage.py",
            "shell",
            "-v0",
            "-c",
            f"from tests import rotation_host as host; host.main({name!r})",
        ]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True)

    def ask(self, expression):
        print(expression, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def web(tmp_path):
    """The twins, and the link on which the hosts work; its login at GHL is refreshed as one of OAuth is."""
    with database(tmp_path) as address:
        running = Web(tmp_path / "data", address, settings={"ENCRYPTION_KEYS": OLD}).start()
        clear(running)
        setup = deepcopy(SETUP)
        ghl = setup["connections"][1]
        del ghl["private_token"]
        ghl["oauth"] = consent.login(f"{running.url}/sandbox", NEEDED_SCOPES)
        apply(running, setup)
        yield running
        running.end()


@pytest.fixture
def hosts(web):
    made = [Host(web, name) for name in ("a", "b")]
    yield made
    for host in made:
        host.process.kill()
        host.process.communicate()


def test_keys_are_rotated_under_live_traffic_and_nothing_is_unreadable(web, hosts):
    first, second = hosts
    ask_both(hosts, "worked()")
    for keys in ([OLD, NEW], [NEW, OLD]):
        # One after the other, and both work on while they have different keys.
        first.ask(f"restart(*{keys})")
        ask_both(hosts, "worked()")
        second.ask(f"restart(*{keys})")
    rotated = rotate(web)
    assert rotated["rotated"] > 1
    assert rotated["unreadable"] == 0
    first.ask(f"restart({NEW!r})")
    ask_both(hosts, "worked()")
    second.ask(f"restart({NEW!r})")
    counts = ask_both(hosts, "stop()")
    for count in counts:
        assert {name for name in count if name not in DONE} == set(), count
        assert all(count[name] > 10 for name in DONE), count
    assert first.ask("statuses()") == ["new", "new"]
    assert first.ask("finish_runs()") == "succeeded"
    assert emails(web, "ghl") == emails(web, "gist")
    assert len(emails(web, "gist")) == sum(count["rounds"] for count in counts)
    opened, closed = first.ask(f"opened_by({NEW!r})")
    assert (opened > 2, closed) == (True, 0)
    assert first.ask(f"opened_by({OLD!r})") == [0, opened]


DONE = {"rounds", "stored", "refreshed", "slices"}


def rotate(web):
    web.settings["ENCRYPTION_KEYS"] = f"{NEW},{OLD}"
    return web.report("rotate_keys")


def ask_both(hosts, expression):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda host: host.ask(expression), hosts))
