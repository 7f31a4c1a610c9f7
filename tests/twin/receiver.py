"""The other end of the twins' webhooks, and hands to set them."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from integration.twin.words import split_words
from tests.twin.conftest import Api

TOPICS = split_words(
    "contact_created user_created lead_created user_deleted lead_deleted contact_tagged contact_untagged"
    " custom_property_value_updated contact_email_updated lead_submitted_email contact_unsubscribed_from_emails"
    " contact_initiated_conversation conversation_assigned conversation_opened conversation_closed"
    " new_message_received teammate_replied conversation_rating note_added contact_performed_event"
    " meeting_scheduled meeting_rescheduled meeting_cancelled workflow"
)


@dataclass
class Receiver:
    """Stands at the other end and answers with `statuses` in turn, then with 200."""

    control: Api
    statuses: list[int] = field(default_factory=list)
    got: list[requests.PreparedRequest] = field(default_factory=list)

    def listen(self, monkeypatch: pytest.MonkeyPatch) -> "Receiver":
        monkeypatch.setattr(HTTPAdapter, "send", lambda adapter, request, **options: self.send(request))
        return self

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        self.got.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise requests.ConnectionError("nobody there", request=request)
        answer = requests.Response()
        answer.status_code, answer.url = status, str(request.url)
        return answer

    def deliver(self, ahead: float = 0) -> int:
        return int(self.control.post("/deliver/", {"ahead": ahead}).json()["delivered"])

    def bodies(self) -> list[dict[str, Any]]:
        """Deliver what is due, and hand over what came."""
        self.deliver()
        bodies = [json.loads(request.body or b"") for request in self.got]
        self.got.clear()
        return bodies

    def types(self) -> list[str]:
        return [body["type"] for body in self.bodies()]

    def topics(self) -> list[str]:
        self.deliver()
        topics = [str(request.url).rpartition("/")[2] for request in self.got]
        self.got.clear()
        return topics

    def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control.get("/deliveries/").json()
        return found


def hook(control: Api, **options: Any) -> dict[str, Any]:
    answer = control.post("/hooks/", {"ghl": {"url": "http://localhost/ghl"}, "account": "alder", **options})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def gist_hook(control: Api, *topics: str, **options: Any) -> None:
    hooks = {topic: {"url": f"http://localhost/{topic}", "headers": {"X-Own": "yes"}} for topic in topics or TOPICS}
    answer = control.post("/hooks/", {"gist": hooks, "account": "48211", **options})
    assert answer.status_code == 200, answer.content
