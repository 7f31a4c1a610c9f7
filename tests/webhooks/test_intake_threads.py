"""Webhooks and probes have threads of their own: whatever pages do, they are answered, and what was said is kept."""

import queue
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dashboard.web_server import KEPT, DispatcherByPath
from tests.processes import Web, database
from tests.slow_clients import half_sent_requests
from tests.webhooks.senders import JSON, Ghl, pem

LOCATION = "A1derDenta1Group0001"
PAGES = 24
"""Asked for at once; the web server has 16 threads for them."""
HANGING = (
    b"GET /sandbox/ghl/contacts/?locationId=A1derDenta1Group0001 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Authorization: Bearer pit-sandbox-alder\r\nVersion: 2021-07-28\r\n\r\n"
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Web, Ghl]]:
    sender = Ghl(LOCATION)
    (tmp_path / "keys.pem").write_bytes(pem(sender.first))
    with database(tmp_path) as url:
        running = Web(tmp_path / "data", url, {"GHL_WEBHOOK_PUBLIC_KEYS": str(tmp_path / "keys.pem")})
        yield running.start(), sender
        running.end()


@contextmanager
def page_threads_taken(web: Web) -> Iterator[None]:
    """The sandbox answers in threads of pages, and now hangs for a minute: nothing is left for any other page."""
    web.control("POST", "limits", {"ghl": None, "gist": None})
    web.control("POST", "faults", {"faults": [{"side": "ghl", "kind": "hang", "rate": 1, "seconds": 60}], "seed": 1})
    asked = []
    for _ in range(PAGES):
        asked.append(socket.create_connection(("127.0.0.1", web.port)))
        asked[-1].sendall(HANGING)
    try:
        yield
        for one in asked:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)
    finally:
        for one in asked:
            one.close()


@pytest.mark.processes
@pytest.mark.enable_socket
def test_intake_and_probes_answer_while_every_page_thread_is_taken(web):
    door, sender = web

    def send(number: int) -> int:
        body = sender.event(webhookId=f"w{number}")
        headers = {"Content-Type": JSON, **sender.signed(body)}
        return requests.post(f"{door.url}/webhooks/ghl/", body, headers=headers, timeout=20).status_code

    with ThreadPoolExecutor(9) as clients:
        with page_threads_taken(door), half_sent_requests(door.port, 60):
            page = clients.submit(requests.get, f"{door.url}/accounts/login/", timeout=90)
            assert list(clients.map(send, range(100))) == [200] * 100
            assert requests.get(f"{door.url}/healthz", timeout=20).text == "ok"
            assert requests.get(f"{door.url}/readyz", timeout=20).json()["database"] is True
            assert not wait([page], timeout=0).done, "a page found a thread, so that not all were taken"
        assert page.result().status_code == 200
    assert door.ask("InboxEvent.objects.count()") == 100


class Channel:
    """As a connection of Waitress: one request that waits."""

    def __init__(self, path: str, served: "queue.Queue[str]"):
        self.requests, self.served = [type("Request", (), {"path": path})()], served

    def service(self) -> None:
        self.served.put(self.requests[0].path)

    def cancel(self) -> None:
        self.served.put("cancelled")


def test_each_request_goes_to_the_threads_kept_for_its_address():
    dispatcher = DispatcherByPath(0)
    served: queue.Queue[str] = queue.Queue()
    kept = ["/webhooks/ghl/", "/webhooks/gist/token/note_added/", "/healthz", "/readyz"]
    for path in [*kept, "/", "/settings/webhooks/", "/links/webhooks/", ""]:
        dispatcher.add_task(Channel(path, served))
    assert len(dispatcher.pages.queue) == 4
    assert sorted(served.get(timeout=10) for _ in kept) == sorted(kept)
    dispatcher.shutdown()
    assert [served.get(timeout=10) for _ in range(4)] == ["cancelled"] * 4
    assert sum(KEPT.values()) == 10
