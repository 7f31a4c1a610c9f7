"""Many webhooks at the same moment, and a database that somebody else holds."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.processes import Web, database
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
        made.stop()


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
