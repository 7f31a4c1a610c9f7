"""Every request has a trace: what it brings about carries it on, and an error page and the log name it."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from integration.trace import follow, new_trace

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
READS = ("GET", "HEAD", "OPTIONS")
# Webhooks have lines of their own, and the sandbox is somebody else's system.
UNSAID = ("/webhooks/", "/sandbox/")


class RequestTrace:
    """Middleware, the outermost: whatever answers, also with an error, is part of the trace.

    An id that the sender brings along is not taken: anybody could have theirs found among somebody else's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace, began = new_trace(), time.monotonic()
        with follow(trace):
            response = self.get_response(request)
            _log_answer(request, response, round((time.monotonic() - began) * 1000))
        response.headers[HEADER] = trace
        return response


def _log_answer(request: HttpRequest, response: HttpResponse, milliseconds: int) -> None:
    """One line for what changes something or was refused, by the name of the page: addresses hold people's ids."""
    status = response.status_code
    if (request.method in READS and status < 400) or (request.path_info.startswith(UNSAID) and status < 500):
        return
    page = request.resolver_match.view_name if request.resolver_match else "no page"
    facts = {"page": page, "status": status, "milliseconds": milliseconds}
    logger.info("%s %s: %s", request.method, page, status, extra={"facts": facts})
