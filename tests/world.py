"""The world of the tests: the twins behind their control, and hands to act in them as people would."""

import time
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from integration.models import Link, Run
from integration.runs.recover import process_name
from integration.runs.start import start_run
from integration.runs.work import work_one_slice


@dataclass
class Api:
    """A person's own access to one twin, beside Gistline."""

    base: str
    headers: dict[str, str]

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(method, self.base + path, headers=self.headers, timeout=30, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@dataclass
class World:
    """Both twins of one link, empty at first, without limits."""

    location: str
    workspace: str
    api_key: str
    private_token: str
    base: str = field(default_factory=lambda: settings.SANDBOX_URL)

    @property
    def gist(self) -> Api:
        return Api(f"{self.base}/gist", {"Authorization": f"Bearer {self.api_key}"})

    @property
    def ghl(self) -> Api:
        return Api(f"{self.base}/ghl", {"Authorization": f"Bearer {self.private_token}", "Version": "2021-07-28"})

    def control(self, method: str, name: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {settings.SANDBOX_CONTROL_KEY}"}
        answer = requests.request(method, f"{self.base}/control/{name}/", json=body, headers=headers, timeout=120)
        assert answer.ok, f"{name}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def fault(self, *rules: dict[str, Any]) -> None:
        self.control("POST", "faults", {"faults": list(rules), "seed": 7})

    def calls(self) -> dict[str, int]:
        counted = self.control("GET", "calls")
        return {side: counted[side]["total"] for side in ("gist", "ghl")}

    def forget_calls(self) -> None:
        self.control("DELETE", "calls")

    def gist_contact(self, **fields: Any) -> dict[str, Any]:
        contact: dict[str, Any] = self.gist("POST", "/contacts", json=fields)["contact"]
        return contact

    def ghl_contact(self, **fields: Any) -> dict[str, Any]:
        body = {"locationId": self.location, **fields}
        contact: dict[str, Any] = self.ghl("POST", "/contacts/", json=body)["contact"]
        return contact

    def everyone(self, side: str) -> list[dict[str, Any]]:
        """All contacts as the twin stores them."""
        account = self.location if side == "ghl" else self.workspace
        documents: list[dict[str, Any]] = self.control("GET", f"contacts/{side}/{account}")["contacts"]
        return documents

    def emails(self, side: str) -> list[str]:
        return sorted((one.get("email") or "").lower() for one in self.everyone(side))


def sync(link: Link, kind: str = "full", **options: Any) -> Run:
    """Start a run and work on it here until it is finished."""
    link.refresh_from_db(from_queryset=Link.objects.select_related("gist", "ghl"))
    return finish(start_run(link, kind, **options))


def finish(run: Run, seconds: float = 60) -> Run:
    deadline = time.monotonic() + seconds
    while not work_one_slice(run.pk, process_name(), 20):
        assert time.monotonic() < deadline, f"run {run.pk} does not end: {run.wait_reason}"
        Run.objects.filter(pk=run.pk).update(wait_until=None)
    run.refresh_from_db()
    assert run.examined == run.created + run.updated + run.unchanged + run.skipped + run.failed
    return run
