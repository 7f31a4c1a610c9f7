"""A stored secret that this process has no key for: said as that, on whichever page it was needed.

While hosts are restarted with a new key, one that has it yet may answer: a proxy passes a 503 on to the next host.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from integration.models.fields import UndecryptableValue

logger = logging.getLogger(__name__)
SECONDS = 30


class UnknownKeyPage:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UndecryptableValue):
            return None
        logger.error("%s: %s", request.path_info, exception)
        page = render_to_string("503.html", {"sentence": str(exception)})
        return HttpResponse(page, status=503, headers={"Retry-After": str(SECONDS)})
