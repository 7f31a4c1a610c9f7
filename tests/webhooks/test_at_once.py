"""Many webhooks at the same moment, and a database that somebody else holds."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.processes import SQLITE, Web, database, locked
from tests.slow_clients import half_sent_requests
from tests.webhooks.senders import JSON, Ghl, pem

pytestmark = pytest.mark.processes
LOCATION = "A1derDenta1Group0001"


class Door(Web):
    """A web server that knows the keys of `sender`."""

    sender: Ghl

    def send(self, body: bytes) -> int:
        headers = {"Content-Type": JSON, **self.sender.signed(body)}
        return requests.post(f"{self.url}/webhooks/ghl/", body, headers=headers, timeout=60).status_code

    def send_all(self, bodies: list[bytes]) -> list[int]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(self.send, bodies))

    def stored(self) -> list[list[Any]]:
        return self.ask("list(InboxEvent.objects.order_by('id').values_list('dedupe', 'state'))")

    def spooled(self) -> int:
        return len(list((self.folder / "spool").glob("*.json")))


@pytest.fixture
def door(tmp_path: Path):
    sender = Ghl(LOCATION)
    (tmp_path / "keys.pem").write_bytes(pem(sender.first))
    with database(tmp_path) as url:
        made = Door(tmp_path / "data", url, {"GHL_WEBHOOK_PUBLIC_KEYS": str(tmp_path / "keys.pem")})
        made.sender = sender
        made.start()
        yield made
        made.end()


def test_parallel_duplicates_are_stored_once_and_nothing_is_lost(door):
    bodies = [door.sender.event(webhookId=f"w{number % 40}") for number in range(200)]
    assert door.send_all(bodies) == [200] * 200
    assert sorted(dedupe for dedupe, _ in door.stored()) == sorted(f"ghl:w{number}" for number in range(40))
    print(f"200 sent at once with 40 ids: {len(door.stored())} stored")


def test_a_locked_database_costs_no_event(door):
    file = door.folder / "gistline.sqlite3"
    if not file.exists():
        pytest.skip("only SQLite is locked as a whole")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert door.send_all([door.sender.event(webhookId=f"w{number}") for number in range(60)]) == [200] * 60
    assert door.spooled() == 60
    other.execute("ROLLBACK")
    other.close()
    door.wait_for(lambda: door.send(door.sender.event(webhookId="last")) == 200 and not door.spooled(), 20, "drained")
    assert len(door.stored()) == 61


def expire_cache(file: Path) -> None:
    """Entries that Django's own cache would delete on reading, and wait for that."""
    stale = "INSERT INTO cache (cache_key, value, expires) VALUES (?, '1', '2000-01-01 00:00:00')"
    with closing(sqlite3.connect(file)) as other, other:
        other.executemany(stale, [(f"json:1:stale{number}",) for number in range(3)])


def test_a_probe_does_not_wait_for_a_locked_database(door):
    if not door.database_url:
        expire_cache(door.folder / SQLITE)
    with locked(door, "django_q_ormq", "django_migrations"):
        for _ in range(3):
            facts = requests.get(f"{door.url}/readyz", timeout=10).json()
            assert facts["worker"] is False
    assert requests.get(f"{door.url}/readyz", timeout=10).json()["broker"] is True


def test_no_thread_keeps_a_connection_to_the_database(door):
    if not door.database_url:
        pytest.skip("SQLite has no server whose connections could run out")
    assert door.send_all([door.sender.event(webhookId=f"w{number}") for number in range(64)]) == [200] * 64
    with psycopg.connect(door.database_url) as other:
        (held,) = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert held <= 2


def test_sixty_half_sent_requests_keep_nobody_out(door):
    with half_sent_requests(door.port, 60) as held:
        for number in range(5):
            assert requests.get(f"{door.url}/healthz", timeout=10).text == "ok"
            assert requests.get(f"{door.url}/accounts/login/", timeout=10).status_code == 200
            assert door.send(door.sender.event(webhookId=f"w{number}")) == 200
        # They are still under way: nothing of them was answered or closed to make room.
        for client in held:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
    assert len(door.stored()) == 5


def test_a_body_sent_in_chunks_is_read_to_its_end(door):
    body = door.sender.event()
    headers = {"Content-Type": JSON, **door.sender.signed(body)}
    pieces = (body[at : at + 10] for at in range(0, len(body), 10))
    assert requests.post(f"{door.url}/webhooks/ghl/", pieces, headers=headers, timeout=20).status_code == 200
    assert [dedupe for dedupe, _ in door.stored()] == ["ghl:w1"]


def test_a_process_killed_in_the_middle_loses_nothing_it_answered(door):
    answered: list[str] = []

    def send(number: int) -> None:
        name = f"w{number}"
        try:
            if door.send(door.sender.event(webhookId=name)) == 200:
                answered.append(f"ghl:{name}")
        except requests.RequestException:
            return

    with ThreadPoolExecutor(16) as pool:
        sending = [pool.submit(send, number) for number in range(300)]
        door.wait_for(lambda: len(answered) > 50, 30, "some are answered")
        door.process.kill()
        door.process.wait(10)
    assert len(sending) == 300
    lost = set(answered) - {dedupe for dedupe, _ in door.stored()}
    print(f"{len(answered)} answered before the kill, {len(lost)} of them lost")
    assert lost == set()
