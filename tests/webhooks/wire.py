"""Requests as bytes on a wire: read as the web server reads them, and answered by the whole application."""

from collections.abc import Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from dashboard.web_server import LARGEST_BODY, LARGEST_HEADER

Headers = Iterable[tuple[bytes, bytes]]


def with_length(method: bytes, path: bytes, headers: Headers, body: bytes, length: int | None = None) -> bytes:
    """A request that says how long its body is, rightly unless `length` is given."""
    told = b"%d" % (len(body) if length is None else length)
    return _head(method, path, [*headers, (b"Content-Length", told)]) + body


def in_chunks(method: bytes, path: bytes, headers: Headers, body: bytes) -> bytes:
    """A request that does not say beforehand how long its body is."""
    size = max(7, len(body) // 20)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return _head(method, path, [*headers, (b"Transfer-Encoding", b"chunked")]) + sent


def _head(method: bytes, path: bytes, headers: Headers) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (method, path), b"Host: localhost", *(b"%s: %s" % pair for pair in headers)]
    return b"\r\n".join([*lines, b"", b""])


def answer_to(sent: bytes) -> HttpResponse | None:
    """None where the server answers by itself, or waits for the rest: the application never hears of it."""
    settings = Adjustments(max_request_header_size=LARGEST_HEADER, max_request_body_size=LARGEST_BODY)
    request = HTTPRequestParser(settings)
    try:
        while sent and not request.completed:
            sent = sent[request.received(sent) :]
        if not request.completed or request.error or request.empty:
            return None
        server = SimpleNamespace(adj=settings, effective_port=8000, server_name="localhost")
        channel: Any = SimpleNamespace(server=server, addr=("127.0.0.1", 4000), check_client_disconnected=lambda: False)
        return _application().get_response(WSGIRequest(WSGITask(channel, request).get_environment()))
    finally:
        request.close()


@cache
def _application() -> WSGIHandler:
    return WSGIHandler()
