"""Deliveries of the twins' webhooks: where to, in what order, and what goes wrong on purpose."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from tests.twin.conftest import OTHER_LOCATION, Api
from tests.twin.receiver import Receiver, hook

REAL_SEND = HTTPAdapter.send


@pytest.fixture
def receiver(control: Api, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    return Receiver(control).listen(monkeypatch)


def test_accounts_have_their_own_hooks_or_share_one(ghl: Api, control: Api, receiver: Receiver) -> None:
    hook(control)
    other = {"Authorization": "Bearer pit-sandbox-bluefin"}
    ghl.send("post", "/contacts/", {"locationId": OTHER_LOCATION, "email": "bea@x.test"}, **other)
    assert receiver.types() == []
    control.post("/hooks/", {"ghl": {"url": "http://localhost/all"}})
    ghl.send("post", "/contacts/", {"locationId": OTHER_LOCATION, "email": "bob@x.test"}, **other)
    assert receiver.types() == ["ContactCreate"]


def test_hooks_are_taken_away_with_null_and_by_a_reset(
    ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver
) -> None:
    hook(control)
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    hook(control, ghl=None)
    ghl.put(f"/contacts/{ada['id']}", {"city": "Denver"})
    assert (receiver.deliver(), receiver.counts()["off"]) == (1, 1)
    hook(control)
    control.post("/reset/", {"world": "empty"})
    assert control.get("/hooks/").json()["ghl"] == {}
    assert receiver.counts()["off"] == 0


def test_people_filled_in_are_told_of_unless_it_is_unwanted(control: Api, receiver: Receiver) -> None:
    hook(control)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 3})
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 3, "start": 3, "events": False})
    assert receiver.types() == ["ContactCreate"] * 3


def test_events_may_be_dropped_and_doubled_the_same_way_each_time(control: Api, receiver: Receiver) -> None:
    counts = []
    for _ in range(2):
        control.post("/reset/", {"world": "empty"})
        hook(control, drop_rate=0.3, duplicate_rate=0.5, seed=4)
        control.post("/fill/", {"side": "ghl", "account": "alder", "count": 40})
        came = receiver.bodies()
        counts.append((len(came), len({one["webhookId"] for one in came}), receiver.counts()["dropped"]))
    came_in_all, different, dropped = counts[0]
    assert counts[0] == counts[1]
    assert 40 - dropped == different < came_in_all
    assert dropped > 0


def test_events_come_in_order_or_shuffled(control: Api, receiver: Receiver) -> None:
    hook(control)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 30})
    in_order = [one["email"] for one in receiver.bodies()]
    assert in_order == [f"person{number}@example.test" for number in range(30)]
    hook(control, shuffle=True)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 30, "start": 100})
    shuffled = [one["email"] for one in receiver.bodies()]
    assert sorted(shuffled) != shuffled
    assert len(set(shuffled)) == 30


def test_events_may_come_late(ghl: Api, ada: dict[str, Any], control: Api, receiver: Receiver) -> None:
    hook(control, delay_seconds=30)
    ghl.put(f"/contacts/{ada['id']}", {"city": "Austin"})
    assert [receiver.deliver(), receiver.deliver(29), receiver.deliver(31)] == [0, 0, 1]


def test_an_unknown_wish_is_refused(control: Api) -> None:
    assert control.post("/hooks/", {"shufle": True}).status_code == 400
    assert control.post("/hooks/", {"ghl": {"url": "http://localhost"}, "account": "nobody"}).status_code == 400
    assert control.post("/hooks/", {"ghl": {"address": "http://localhost"}}).status_code == 400


def test_two_who_deliver_at_once_deliver_nothing_twice(control: Api, receiver: Receiver) -> None:
    hook(control)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 60})
    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(lambda _: receiver.deliver(), range(4)))
    assert (sum(tried), len(receiver.got)) == (60, 60)


def test_what_a_dead_process_held_is_taken_up_again(control: Api, receiver: Receiver) -> None:
    from integration.twin.hooks import outbox
    from integration.twin.store import current_store

    hook(control)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 2})
    assert outbox.take_event(current_store(), outbox.new_round(current_store()))
    assert outbox.take_event(current_store(), outbox.new_round(current_store())) is None
    with current_store().transaction():
        current_store().run("UPDATE outbox SET held = ? WHERE status = 'sending'", (time.time() - 1,))
    assert receiver.deliver() == 2


def test_a_sandbox_from_before_the_outbox_keeps_its_people(ghl: Api, ada: dict[str, Any], control: Api) -> None:
    from integration.twin.store import current_store

    store = current_store()
    store.run("DROP TABLE outbox")
    store.run("PRAGMA user_version = 1")
    store.set_up()
    assert control.get("/deliveries/").json()["pending"] == 0
    assert ghl.get(f"/contacts/{ada['id']}").status_code == 200


@pytest.fixture
def server() -> Iterator[tuple[str, list[float]]]:
    """Address of a server that answers 200, and when it was called."""
    times: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            times.append(time.time())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}/", times
        made.shutdown()
        thread.join()


def _wait_for(times: list[float], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(times) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(times) == count


def test_a_thread_delivers_by_itself_when_it_is_let(
    control: Api, server: tuple[str, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HTTPAdapter, "send", REAL_SEND)
    url, times = server
    hook(control, ghl={"url": url}, thread=True)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 5})
    _wait_for(times, 5)
    hook(control, ghl={"url": url}, delay_seconds=0.3)
    control.post("/fill/", {"side": "ghl", "account": "alder", "count": 1, "start": 9})
    _wait_for(times, 6)
    control.post("/reset/", {"world": "empty"})
    _wait_until_no_courier_is_left()


def _wait_until_no_courier_is_left() -> None:
    from integration.twin.hooks import courier

    deadline = time.monotonic() + 10
    while courier._couriers and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not courier._couriers
