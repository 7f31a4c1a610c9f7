"""The web server of `manage.py up`: `python -m dashboard.web_server FD THREADS`, where FD is a bound socket.

Waitress reads each request whole before a thread gets it: clients that send slowly, or stop half-way, cost memory and
no thread. With servers whose threads read, as many idle connections as there are threads stop everything.

THREADS are for pages. Webhooks have threads of their own, and so have probes: whatever pages do, they find one.
"""

import logging
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any

from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from dashboard.wsgi import application
from integration.webhooks.drainer import start_draining

# Connections at once. Each needs a file descriptor, of which a process usually has 1,024.
MOST_CONNECTIONS = 800
# Seconds without a byte after which a connection ends, and how often that is looked for.
IDLE_SECONDS, LOOK_SECONDS = 60, 5
# What is larger is refused unread. A body above half a megabyte lies on disk until a thread takes it; only the form for
# files takes one of more than 64 MB (dashboard/request_guard.py).
LARGEST_HEADER, LARGEST_BODY = 64 * 1024, 210 * 1000**2
# Threads kept for what begins with these. Their number bounds the connections to PostgreSQL, too.
KEPT = {("/webhooks/",): 8, ("/healthz", "/readyz"): 2}
# What is under way at the end has so long.
LAST_SECONDS = 5


class DispatcherByPath:
    """Waitress' own dispatcher once for pages, and once for each of KEPT."""

    def __init__(self, threads: int):
        self.pages = _start_threads(threads)
        self.kept = {paths: _start_threads(number) for paths, number in KEPT.items()}

    def add_task(self, channel: Any) -> None:
        # The connection's next request; what could not be parsed has no path.
        path = str(getattr(channel.requests[0], "path", ""))
        found = (kept for paths, kept in self.kept.items() if path.startswith(paths))
        next(found, self.pages).add_task(channel)

    def shutdown(self) -> None:
        deadline = time.monotonic() + LAST_SECONDS
        pools = [*self.kept.values(), self.pages]
        for pool in pools:
            pool.set_thread_count(0)
        for pool in pools:
            pool.shutdown(timeout=max(0.0, deadline - time.monotonic()))


def _start_threads(number: int) -> ThreadedTaskDispatcher:
    pool = ThreadedTaskDispatcher()
    pool.set_thread_count(number)
    return pool


def serve(listener: socket.socket, threads: int) -> None:
    """Answer on a bound socket until SIGTERM or SIGINT; what is under way then is finished, for 5 s at most."""
    server = create_server(
        application,
        sockets=[listener],
        _dispatcher=DispatcherByPath(threads),
        ident=None,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=LOOK_SECONDS,
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_BODY,
        # select() knows no descriptor above 1,024.
        asyncore_use_poll=True,
        # Whose word is taken for the client's address is decided by TRUSTED_PROXIES (dashboard/client_address.py).
        clear_untrusted_proxy_headers=False,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    start_draining()
    server.run()


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends the loop of the server, which waits for its threads then."""
    raise SystemExit


if __name__ == "__main__":
    # It warns whenever a request waits for a thread, which the figures of /metrics and the pages' times say better.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    descriptor, number_of_threads = map(int, sys.argv[1:])
    serve(socket.socket(fileno=descriptor), number_of_threads)
