"""Two hosts start at once on an empty PostgreSQL and a Redis. In the middle of a backfill both of these crash, Redis
with all that it held, one host is lost and the other is stopped.

Webhooks pour in all the while. Nobody is lost, doubled or left as they were, every run ends and balances, and both
hosts come back by themselves. The size is small by default; RESTARTS_PEOPLE=2000 makes more of it.
"""

import copy
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.fernet import Fernet

from tests.crowd import Crowd, Senders
from tests.processes import ROOT, SETUP, Up, Web, apply, clear, contacts, fill, kill, people
from tests.services import Postgres, Redis, need_programs
from tests.test_webhook_storm import INBOX, RESTING, stored

pytestmark = [
    pytest.mark.processes,
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not os.environ.get("REDIS_URL"), reason="needs DATABASE_URL=postgres://… and REDIS_URL: hosts share both"
    ),
]
KNOWN = 20
"""In step on both sides from the beginning: the webhooks are about them."""
NEW = int(os.environ.get("RESTARTS_PEOPLE", "240"))
"""Half of them in Gist only, half in GHL only."""
PATIENCE = 120
DOWN_SECONDS = 1.5
RUNS = "[{**run.report(), 'again': run.met_again} for run in Run.objects.order_by('pk')]"


@pytest.fixture
def twin(tmp_path):
    web = Web(tmp_path / "twin").start()
    clear(web)
    for side in ("gist", "ghl"):
        fill(web, side, range(KNOWN))
    yield web
    web.end()


@pytest.fixture
def postgres():
    need_programs()
    cluster = Postgres()
    try:
        yield cluster.create()
    finally:
        cluster.end()


@pytest.fixture
def redis():
    need_programs()
    server = Redis().start()
    yield server
    server.end()


@pytest.fixture
def hosts(tmp_path, twin, postgres, redis):
    shared = {
        "REDIS_URL": redis.url,
        "SECRET_KEY": secrets.token_hex(32),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "GIST_API_URL": f"{twin.url}/sandbox/gist",
        "GHL_API_URL": f"{twin.url}/sandbox/ghl",
        "GHL_WEBHOOK_PUBLIC_KEYS": twin.control("GET", "hooks")["public_keys"],
        "DEMO": "false",
    }
    made = [Up(tmp_path / name, postgres.url, settings=dict(shared), migrated=False) for name in ("first", "second")]
    yield made
    for host in made:
        host.end()


class Probe:
    """Asks each host five times a second whether it is ready, as a load balancer does."""

    def __init__(self, hosts):
        self.hosts, self.over = hosts, threading.Event()
        self.latest = {host.port: 0 for host in hosts}
        self.counts: dict[int, Counter[int]] = {host.port: Counter() for host in hosts}

    def ask(self, host):
        while not self.over.wait(0.2):
            try:
                status = requests.get(f"{host.url}/readyz", timeout=20).status_code
            except requests.RequestException:
                status = 0
            self.latest[host.port] = status
            self.counts[host.port][status] += 1

    def all_say(self, status, *hosts):
        return all(self.latest[host.port] == status for host in hosts or self.hosts)


@contextmanager
def probing(hosts):
    probe = Probe(hosts)
    with ThreadPoolExecutor(len(hosts)) as pool:
        for host in hosts:
            pool.submit(probe.ask, host)
        try:
            yield probe
        finally:
            probe.over.set()


@contextmanager
def pouring(hosts, crowd):
    """Genuine webhooks to both hosts in turn, each sent until it is taken; the senders."""
    senders, over = [Senders(host.url, 4) for host in hosts], threading.Event()

    def pour():
        while not over.is_set():
            genuine = [message for message in crowd.fifty() if message.is_genuine]
            for number, message in enumerate(genuine):
                pool.submit(senders[number % len(senders)].send, message).result()
                time.sleep(0.1)
        for message in crowd.late:
            if message.is_genuine:
                senders[0].send(message)

    with ThreadPoolExecutor(9) as pool:
        pourer = pool.submit(pour)
        try:
            yield senders
        finally:
            over.set()
        pourer.result()


def waiting_sync(host):
    """`manage.py sync alder --full --wait` in a process of its own."""
    command = [sys.executable, "manage.py", "sync", "alder", "--full", "--wait", "--json"]
    with (host.folder / "sync.log").open("w") as log:
        return subprocess.Popen(command, cwd=ROOT, env=host.env, stdout=subprocess.PIPE, stderr=log, text=True)


def with_real_connections():
    setup = copy.deepcopy(SETUP)
    for connection in setup["connections"]:
        connection["sandbox"] = False
    return setup


def start(hosts):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda host: host.start(120), hosts))


def bring_in_step(hosts, twin):
    start(hosts)
    apply(hosts[0], with_real_connections())
    assert hosts[0].report("sync", "alder", "--wait")["examined"] == KNOWN


def begin_backfill(hosts, twin):
    """There is somebody new on each side, and what makes them is slow enough to be interrupted. The waiting command."""
    fill(twin, "gist", range(KNOWN, KNOWN + NEW // 2))
    fill(twin, "ghl", range(KNOWN + NEW // 2, KNOWN + NEW))
    slow = {"method": "POST", "kind": "latency", "seconds": 0.5, "rate": 1}
    twin.control("POST", "faults", {"faults": [{**slow, "side": side} for side in ("gist", "ghl")], "seed": 1})
    sync = waiting_sync(hosts[0])
    hosts[0].wait_for(lambda: hosts[0].ask("Run.objects.filter(kind='full', finished_at=None).count()"), 60, "it began")
    # A shell with a connection of its own would not live through what follows.
    hosts[0].close_shell()
    return sync


def size(twin):
    return sum(len(contacts(twin, side)) for side in ("gist", "ghl"))


def written(twin, share):
    """How many contacts there are once so much of the backfill is done."""
    return lambda: size(twin) >= 2 * KNOWN + NEW + NEW * share


class Outages:
    """The troubles in their order, and the seconds until both hosts were ready again."""

    def __init__(self, hosts, twin, probe):
        self.hosts, self.twin, self.probe = hosts, twin, probe
        self.seconds: dict[str, float] = {}

    def during(self, name, end, begin, share):
        self.twin.wait_for(written(self.twin, share), PATIENCE, f"{share:.0%} of the backfill is written")
        end()
        self.twin.wait_for(lambda: self.probe.all_say(503), 30, f"neither host is ready without {name}")
        time.sleep(DOWN_SECONDS)
        begin()
        self._until_ready(name)

    def without_hosts(self, lost_share, stopped_share):
        """One is killed, later the other is asked to end; what is left meanwhile is `sync --wait` alone."""
        stopped, lost = self.hosts
        self.twin.wait_for(written(self.twin, lost_share), PATIENCE, f"{lost_share:.0%} of the backfill is written")
        kill(lost.process)
        self.twin.wait_for(written(self.twin, stopped_share), PATIENCE, f"{stopped_share:.0%} is written")
        assert stopped.stop() == 0
        said = stopped.log.read_text()
        assert said.rstrip().endswith("Stopped."), f"something had to be killed: {said[-500:]}"
        start(self.hosts)
        self._until_ready("both hosts")

    def _until_ready(self, name):
        began = time.monotonic()
        self.twin.wait_for(lambda: self.probe.all_say(200), PATIENCE, f"both hosts are ready after {name}")
        self.seconds[name] = round(time.monotonic() - began, 1)


def test_restarts_of_database_and_redis_and_a_lost_host_lose_nothing(hosts, twin, postgres, redis):
    bring_in_step(hosts, twin)
    crowd = Crowd(twin, urlsplit(hosts[0].report("webhooks", "g")["contact_email_updated"]["url"]).path)
    sync = begin_backfill(hosts, twin)
    with probing(hosts) as probe, pouring(hosts, crowd) as senders:
        outages = Outages(hosts, twin, probe)
        outages.during("the database", postgres.crash, postgres.start, 0.1)
        outages.during("Redis", redis.kill, redis.start, 0.3)
        outages.without_hosts(0.5, 0.65)
        said = sync.communicate(timeout=PATIENCE)[0]
    first = hosts[0]
    first.wait_for(lambda: not spooled(hosts) and first.ask(RESTING) == 0, PATIENCE, "nothing waits any more")
    inbox, runs = first.ask(INBOX), first.ask(RUNS)
    twin.control("POST", "faults", {"faults": [], "seed": 1})
    calm = first.report("sync", "alder", "--full", "--wait")
    after = people(twin)
    tell(crowd, senders, inbox, runs, outages, probe, after, twin)

    assert sync.returncode == 0, (hosts[0].folder / "sync.log").read_text()
    assert json.loads(said.strip().splitlines()[-1])["status"] == "succeeded"
    assert after["gist"] == after["ghl"]
    assert len(contacts(twin, "gist")) == len(contacts(twin, "ghl")) == len(after["gist"]) == KNOWN + NEW
    assert {email: after["gist"][email][0] for email in crowd.names} == crowd.names
    assert [one.wrong for one in senders] == [[], []]
    assert stored(inbox, "ghl") == Counter(crowd.genuine("ghl"))
    assert stored(inbox, "gist").keys() == crowd.genuine("gist")
    assert {state for _, state, _, _ in inbox} == {"done"}
    for one in runs:
        assert one["status"] == "succeeded", one
        assert one["examined"] == sum(one[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))
        assert one["failed"] == 0
    assert (calm["unchanged"], calm["created"], calm["updated"]) == (KNOWN + NEW, 0, 0)
    for counts in probe.counts.values():
        assert counts[503] > 0
        assert counts[500] == 0


def spooled(hosts):
    return [path for host in hosts for path in (host.folder / "spool").glob("*") if path.suffix in (".json", ".bad")]


def tell(crowd, senders, inbox, runs, outages, probe, after, twin):
    """The counts in one line."""
    genuine = {side: len(crowd.genuine(side)) for side in after}
    kept = {side: len(stored(inbox, side)) for side in after}
    twice = size(twin) - sum(map(len, after.values()))
    statuses = Counter()
    for one in senders:
        for (_, status), times in one.answers.items():
            statuses[status] += times
    kinds = Counter(f"{run['kind']} {run['status']}" for run in runs)
    print(
        f"\n{size(twin)} contacts, {twice} twice; {kept['ghl']} of {genuine['ghl']} webhooks of GHL stored and"
        f" {kept['gist']} of {genuine['gist']} of Gist, answers {dict(statuses)}, {sum(len(s.broken) for s in senders)}"
        f" broken off; runs: {dict(kinds)}; ready again after, in s: {outages.seconds};"
        f" /readyz said {[dict(counts) for counts in probe.counts.values()]}"
    )
