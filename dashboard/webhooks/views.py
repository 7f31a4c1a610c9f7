"""Where Gist and GHL send their webhooks. No login, no session: a signature or a secret address."""

from collections.abc import Callable, Mapping
from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from integration.webhooks.receive import largest_body, receive_ghl, receive_gist
from integration.webhooks.refusals import REFUSED_BYTES, Answer


@csrf_exempt
@login_not_required
@never_cache
def receive_ghl_webhook(request: HttpRequest) -> HttpResponse:
    return _answer_webhook(request, receive_ghl, largest_body("ghl", request.headers))


@csrf_exempt
@login_not_required
@never_cache
def receive_gist_webhook(request: HttpRequest, token: str, topic: str) -> HttpResponse:
    return _answer_webhook(request, partial(receive_gist, token, topic), largest_body("gist", request.headers))


Receive = Callable[[bytes, Mapping[str, str], int], Answer]


def _answer_webhook(request: HttpRequest, receive: Receive, limit: int) -> HttpResponse:
    try:
        answer = receive(_read_body(request, limit), request.headers, _announced_length(request))
    # The sender hung up. It is not taken for an empty body, which would be refused as unreadable and listed as a
    # problem.
    except UnreadablePostError:
        answer = Answer(400, "The body was cut off.")
    return HttpResponse(f"{answer.text}\n", status=answer.status, content_type="text/plain")


def _announced_length(request: HttpRequest) -> int:
    given = request.headers.get("Content-Length", "")
    # `isdigit` alone lets digits through that `int` cannot read, such as superscripts.
    return int(given) if given.isascii() and given.isdigit() else 0


def _read_body(request: HttpRequest, limit: int) -> bytes:
    """The raw bytes, at most one more than are allowed; of a body that says it is larger, what is shown of it."""
    # `receive` refuses it by its length; reading it first would let anybody fill the memory.
    if _announced_length(request) > limit:
        return request.read(REFUSED_BYTES)
    if request.META.get("wsgi.input_terminated") and "Content-Length" not in request.headers:
        # Sent in chunks: Django would take it for empty, the server knows where it ends.
        body: bytes = request.META["wsgi.input"].read(limit + 1)
        return body
    return request.read(limit + 1)
