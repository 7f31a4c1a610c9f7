"""Sides that refuse what a test says, whatever the twin would do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

WRITES = ("POST", "PUT")


@dataclass(frozen=True)
class Refusal:
    """Answers `status` and `message` to writes on `side` of which `refuses`, given the body's text, says so.

    `message` may be made from the body.
    """

    side: str
    refuses: Callable[[str], bool]
    status: int
    message: Any

    def answer(self, request: Any) -> requests.Response | None:
        body = request.body if isinstance(request.body, str) else (request.body or b"").decode()
        is_write = request.method in WRITES and f"/{self.side}/" in request.url and "search" not in request.url
        if not is_write or not self.refuses(body):
            return None
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = self.status, request, request.url
        message = self.message(json.loads(body)) if callable(self.message) else self.message
        answer._content = json.dumps(message).encode()
        return answer


def refuse(monkeypatch: Any, *refusals: Refusal) -> list[Any]:
    """From now on these refuse; returns the bodies that were refused. Without any, nothing is refused any more."""
    forward, refused = getattr(HTTPAdapter.send, "forward", HTTPAdapter.send), []

    def send(self, request, **options):
        for refusal in refusals:
            # A response that is no success is false.
            if (answer := refusal.answer(request)) is not None:
                refused.append(json.loads(request.body))
                return answer
        return forward(self, request, **options)

    send.forward = forward
    monkeypatch.setattr(HTTPAdapter, "send", send)
    return refused
