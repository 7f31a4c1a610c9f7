"""Where Gist and GHL send their webhooks. No login, no session: a signature or a secret address."""

from collections.abc import Callable, Mapping
from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integration.webhooks.receive import LIMIT_BYTES, receive_ghl, receive_gist
from integration.webhooks.refusals import Answer


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def ghl(request: HttpRequest) -> HttpResponse:
    return _answered(request, receive_ghl)


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def gist(request: HttpRequest, token: str, topic: str) -> HttpResponse:
    return _answered(request, partial(receive_gist, token, topic))


def _answered(request: HttpRequest, receive: Callable[[bytes, Mapping[str, str], int], Answer]) -> HttpResponse:
    try:
        answer = receive(_body(request), request.headers, _length(request))
    except UnreadablePostError:
        answer = Answer(400, "The body was cut off.")
    return HttpResponse(f"{answer.text}\n", status=answer.status, content_type="text/plain")


def _length(request: HttpRequest) -> int:
    given = request.headers.get("Content-Length", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _body(request: HttpRequest) -> bytes:
    """The raw bytes, at most one more than are allowed; nothing of a body that says it is larger."""
    if _length(request) > LIMIT_BYTES:
        return b""
    if request.META.get("wsgi.input_terminated") and "Content-Length" not in request.headers:
        # Sent in chunks: Django would take it for empty, the server knows where it ends.
        body: bytes = request.META["wsgi.input"].read(LIMIT_BYTES + 1)
        return body
    return request.read(LIMIT_BYTES + 1)
