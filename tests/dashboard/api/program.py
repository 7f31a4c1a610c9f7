"""A program with an API key: asks, acts, and knows nothing but what it is answered."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

import dashboard.urls  # noqa: F401 -- read while the demo is on, as in tests/dashboard/browser.py
from dashboard.keys.issue import make_key


class Program:
    """`links`: None for all."""

    def __init__(self, scope: str = "read", links: Any = None, name: str = "Grafana", **options: Any):
        self.key, self.text = make_key(name, scope, links, 30, sees_personal_data=True)
        self.client = Client(headers={"Authorization": f"Bearer {self.text}"}, **options)

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None) -> HttpResponse:
        return self.client.post(f"/api/v1/{path}", {} if body is None else body, content_type="application/json")

    def patch(self, path: str, body: Any = None) -> HttpResponse:
        body = {"state": "", "setup": {}} if body is None else body
        return self.client.patch(f"/api/v1/{path}", body, content_type="application/json")

    def items(self, path: str, **query: Any) -> list[Any]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["items"]


def code_of(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of an error, which always says a sentence."""
    error = answer.json()["error"]
    assert error["message"].endswith("."), error
    return answer.status_code, error["code"]
