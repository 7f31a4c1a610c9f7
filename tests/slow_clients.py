"""Clients that begin a request and do not end it."""

import itertools
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

BEGINNINGS = (
    b"",
    b"GET / HT",
    b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /webhooks/ghl/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
)


@contextmanager
def half_sent_requests(port: int, number: int) -> Iterator[list[socket.socket]]:
    """So many of them, of every kind in turn, held open."""
    with ExitStack() as stack:
        made = []
        for beginning in itertools.islice(itertools.cycle(BEGINNINGS), number):
            made.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)))
            made[-1].sendall(beginning)
        yield made
