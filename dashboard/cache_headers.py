"""What caches may keep of the pages: nothing."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PRIVATE = "private, no-store"


def forbid_caching(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. Pages hold people's data and tokens of forms: neither a proxy nor the browser of a shared machine
    keeps them. What says itself how long it may be kept is left alone; static files are answered before this.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response

    return answer
