"""A sandbox of its own for every test, with the demo world in it, and clients that speak to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.sandboxes import Sandboxes

LOCATION = "A1derDenta1Group0001"
OTHER_LOCATION = "B1uefinP1umbing00001"
COMPANY = "Nw7aGencYc0mpanyId01"


@dataclass
class Api:
    """Speaks JSON to one part of the sandbox."""

    root: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str | None) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**self.headers, **named}.items() if value is not None}
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(Client(headers=sent), method)(f"/sandbox/{self.root}{path}", **data)

    def get(self, path: str, **headers: str | None) -> Any:
        return self.send("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str | None) -> Any:
        return self.send("post", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any = None) -> Any:
        return self.send("put", path, body)

    def patch(self, path: str, body: Any = None) -> Any:
        return self.send("patch", path, body)

    def delete(self, path: str, body: Any = None) -> Any:
        return self.send("delete", path, body)


@pytest.fixture(autouse=True)
def sandbox(settings: Any, tmp_path: Path, sandboxes: Sandboxes) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    sandboxes.copy("demo", tmp_path)
    settings.ALLOWED_HOSTS = ["testserver"]
    yield
    from integration.twin.store import current_store

    current_store().close()


@pytest.fixture
def ghl() -> Api:
    return Api("ghl", {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"})


@pytest.fixture
def gist() -> Api:
    return Api("gist", {"Authorization": "Bearer gist-demo-alder"})


@pytest.fixture
def control(settings: Any) -> Api:
    return Api("control", {"Authorization": f"Bearer {settings.SANDBOX_CONTROL_KEY}"})


@pytest.fixture
def ada(ghl: Api) -> dict[str, Any]:
    """A contact of Alder in GHL."""
    body = {"locationId": LOCATION, "firstName": "Ada", "lastName": "Marsh", "email": "ada@marsh.test"}
    return ghl.post("/contacts/", body).json()["contact"]
