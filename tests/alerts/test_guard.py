"""No alert leaves for this machine, its network or a cloud's metadata, whatever name leads there."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integration.alerts import guard
from integration.alerts.channels import CHANNELS
from integration.alerts.channels.base import NotDelivered, post_json
from integration.errors import SetupError

pytestmark = pytest.mark.one_engine
INNER = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0", "::1",
    "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "224.0.0.1",
    "168.63.129.16", "192.0.0.192", "::", "fec0::1",
]  # fmt: skip


def answers(monkeypatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)


@pytest.fixture(autouse=True)
def _on_a_public_address(settings) -> None:
    settings.DEMO = False


@pytest.mark.parametrize("address", INNER)
def test_a_name_that_leads_inside_is_refused(address, monkeypatch):
    answers(monkeypatch, address)
    with pytest.raises(guard.AddressRefused, match="public addresses only"):
        guard.pinned_address("innocent.example", 443)


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    answers(monkeypatch, "93.184.215.14", "10.0.0.1")
    with pytest.raises(guard.AddressRefused):
        guard.pinned_address("both.example", 443)


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/x", "https://[::1]/", "http://hooks.example.com/", "https://u:p@hooks.example.com/",
            "ftp://hooks.example.com/", "https://", "https://a b/", "https://x:99999/", "https://[", "file:///etc/passwd"]
)  # fmt: skip
@pytest.mark.parametrize("kind", ["slack", "webhook"])
def test_an_address_that_may_not_be_sent_to_is_refused_when_it_is_typed(kind, url):
    with pytest.raises(SetupError):
        CHANNELS[kind].check(url)


def test_a_channel_says_in_words_that_a_name_leads_inside(monkeypatch):
    answers(monkeypatch, "169.254.169.254")
    with pytest.raises(NotDelivered, match=r"169\.254\.169\.254"):
        post_json("https://innocent.example/x", b"{}", {}, "Slack")


# The connection -------------------------------------------------------------------------------------------


class Recorder(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.seen.append((self.path, self.headers["Host"]))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(settings):
    settings.DEMO = True
    made = HTTPServer(("127.0.0.1", 0), Recorder)
    made.seen = []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(server, monkeypatch):
    """A name that answers otherwise the second time leads nowhere else: it is asked once."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, *args, **options):
        if host != "localhost":
            return real(host, *args, **options)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = server.server_address[1]
    assert guard.post(f"http://localhost:{port}/hook", b"{}", {})[0] == 200
    assert (asked, server.seen) == (["localhost"], [("/hook", f"localhost:{port}")])


def test_a_redirect_is_not_followed_and_is_said(server):
    with pytest.raises(NotDelivered, match="answers 302 and points elsewhere"):
        post_json(f"http://127.0.0.1:{server.server_address[1]}/moved", b"{}", {}, "The webhook")
    assert len(server.seen) == 1


def test_nobody_at_the_address_is_said_in_words(settings):
    settings.DEMO = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotDelivered, match="could not be reached"):
        post_json(f"http://127.0.0.1:{port}/", b"{}", {}, "Slack")
