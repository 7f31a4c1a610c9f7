"""The web server of `manage.py up`: `python -m dashboard.web_server FD THREADS`, where FD is a bound socket.

Waitress reads each request whole before a thread gets it: clients that send slowly, or stop half-way, cost memory and
no thread. With servers whose threads read, as many idle connections as there are threads stop everything.
"""

import logging
import signal
import socket
import sys
from types import FrameType

from waitress.server import create_server

from dashboard.wsgi import application

# Connections at once. Each needs a file descriptor, of which a process usually has 1,024.
MOST_CONNECTIONS = 800
# Seconds without a byte after which a connection ends, and how often that is looked for.
IDLE_SECONDS, LOOK_SECONDS = 60, 5
# What is larger is refused unread. A body above half a megabyte lies on disk until a thread takes it; only the form for
# files takes one of more than 64 MB (dashboard/request_guard.py).
LARGEST_HEADER, LARGEST_BODY = 64 * 1024, 210 * 1000**2


def serve(listener: socket.socket, threads: int) -> None:
    """Answer on a bound socket until SIGTERM or SIGINT; what is under way then is finished, for 5 s at most."""
    server = create_server(
        application,
        sockets=[listener],
        threads=threads,
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
    server.run()


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends the loop of the server, which waits for its threads then."""
    raise SystemExit


if __name__ == "__main__":
    # It warns whenever a request waits for a thread, which the figures of /metrics and the pages' times say better.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    descriptor, number_of_threads = map(int, sys.argv[1:])
    serve(socket.socket(fileno=descriptor), number_of_threads)
