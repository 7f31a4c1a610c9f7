"""Lets `requests` reach the twins without a socket: each call goes to Django in the calling thread."""

import io
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from requests.adapters import HTTPAdapter

from integration.providers.time_limit import limit_time

_handlers: list[WSGIHandler] = []


def _handler() -> WSGIHandler:
    if not _handlers:
        _handlers.append(WSGIHandler())
    return _handlers[0]


def send(self: HTTPAdapter, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any) -> requests.Response:
    """Stands in for HTTPAdapter.send. A view that breaks the connection, or takes too long, does so here too."""
    started = time.monotonic()
    try:
        answer = _handler().get_response(WSGIRequest(_environ(request)))
        content = answer.getvalue()
    except ConnectionError as broken:
        raise requests.ConnectionError(str(broken), request=request) from broken
    seconds = max(timeout) if isinstance(timeout, tuple) else timeout
    if seconds and time.monotonic() - started > seconds:
        raise requests.ReadTimeout(f"no answer within {seconds} s", request=request)
    raw = urllib3.HTTPResponse(
        body=io.BytesIO(content),
        headers=dict(answer.items()),
        status=answer.status_code,
        reason=answer.reason_phrase,
        preload_content=False,
    )
    return self.build_response(request, raw)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": requests.utils.unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        **headers,
    }


def submit(work: Callable[[], Any], limit: float) -> "Future[Any]":
    """Stands in for dashboard.live.threads.submit: the work is done at once."""
    done: Future[Any] = Future()
    try:
        with limit_time(limit):
            done.set_result(work())
    except Exception as problem:
        done.set_exception(problem)
    return done
