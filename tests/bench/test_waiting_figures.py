"""B14: what is left for probes, pages and webhooks beside eight pages that wait for hanging APIs, and slow clients."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import quantiles

import pytest
import requests

from tests.bench.test_page_figures import SIGN_IN
from tests.processes import Web, database
from tests.slow_clients import half_sent_requests

pytestmark = [pytest.mark.bench, pytest.mark.enable_socket]
WAITING, HALF_SENT, TIMES = 8, 60, 60
GOAL_SECONDS = 1.0
SEED = """
from integration.models import Connection, Link, Pair
gist = Connection.objects.create(key="g", name="G", provider="gist", credentials={"access_token": "k"}, status="ok")
ghl = Connection.objects.create(
    key="h", name="H", provider="ghl", account_id="L1", credentials={"private_token": "t"}, status="ok")
link = Link.objects.create(key="alder", name="Alder", gist=gist, ghl=ghl)
for number in range(8):
    Pair.objects.create(link=link, gist_id=str(number), ghl_id=f"h{number}", label=f"Person {number}")
"""


@contextmanager
def hanging_api():
    """Takes every connection and never answers; its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def web(tmp_path):
    with hanging_api() as address, database(tmp_path) as own:
        running = Web(tmp_path / "data", own)
        running.settings |= {"GHL_API_URL": address, "GIST_API_URL": address, "DEMO": "false"}
        running.start(90)
        running.manage("shell", "-v0", "-c", SEED)
        yield running
        running.end()


def waiting_page(web, cookie, number, over):
    """Somebody who reads one contact again and again."""
    while not over.is_set():
        requests.get(f"{web.url}/contacts/alder/gist/{number}/?read=now", cookies=cookie, timeout=120)


def p95(send):
    took = []
    for _ in range(TIMES):
        began = time.monotonic()
        assert send().status_code == 200
        took.append(time.monotonic() - began)
        time.sleep(0.05)
    return quantiles(took, n=20)[-1]


def test_b14_eight_pages_that_wait_leave_room_for_all_else(web, table):
    cookie = {"sessionid": web.manage("shell", "-v0", "-c", SIGN_IN).strip()}
    topic = web.report("webhooks", "g")["contact_created"]["url"].partition("/webhooks/")[2]
    event = {"id": "1", "email": "ann@example.test"}
    sends = {
        "/healthz": lambda: requests.get(f"{web.url}/healthz", timeout=120),
        "overview": lambda: requests.get(f"{web.url}/", cookies=cookie, timeout=120),
        "webhook intake": lambda: requests.post(f"{web.url}/webhooks/{topic}", json=event, timeout=120),
        "contact page": lambda: requests.get(f"{web.url}/contacts/alder/gist/1/", cookies=cookie, timeout=120),
    }
    over = threading.Event()
    with ThreadPoolExecutor(WAITING) as people, half_sent_requests(web.port, HALF_SENT):
        for number in range(WAITING):
            people.submit(waiting_page, web, cookie, number, over)
        time.sleep(1)
        try:
            measured = {name: p95(send) for name, send in sends.items()}
        finally:
            over.set()
    for name, seconds in measured.items():
        figure = f"B14 {name}, p95 beside {WAITING} pages that wait and {HALF_SENT} half-sent"
        table.add(figure, f"{seconds * 1000:.0f} ms", "≤ 1,000 ms", seconds <= GOAL_SECONDS)
