"""Poison for one record among many: calls about it fail, what the API says of it is broken, or our own code crashes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from integration.mapping.rules import Row
from integration.records import Contact
from integration.sync import match, observe, person
from integration.sync.record import Recorder

REFUSALS = {
    "500": (500, '{"message": "Internal error"}'),
    "400": (400, '{"message": "Bad request"}'),
    "404": (404, '{"message": "Not found"}'),
    "422": (422, '{"message": ["firstName must be shorter"]}'),
    "broken JSON": (200, '{"contact": {"id": "'),
}
# The call is carried out, and its answer cannot be read.
CARRIED_OUT = "broken JSON"


class Crash(Exception):
    """A fault of our own code."""


@dataclass
class Poison:
    """What is wrong with whom, by e-mail address. `ids` are ids on either side of people whose calls are refused."""

    real: Callable[..., requests.Response] = HTTPAdapter.send
    refused: dict[str, str] = field(default_factory=dict)
    damaged: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def refuse(self, email: str, kind: str, *ids: str) -> None:
        """Writes of this person are answered with one of REFUSALS, or never ("timeout"); `ids` are ids that she has."""
        self.refused[email] = kind
        self.ids |= dict.fromkeys(ids, email)

    def damage(self, side: str, email: str, /, **fields: Any) -> None:
        """From now on `side` gives these fields of the person so."""
        self.damaged[side, email] = fields

    def cure(self) -> None:
        self.refused, self.damaged, self.ids = {}, {}, {}

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        kind = self._refusal_of(request)
        if kind == "timeout":
            raise requests.ReadTimeout("no answer", request=request)
        if kind and kind != CARRIED_OUT:
            return self._refusal(kind, requests.Response())
        answer = self.real(adapter, request, **options)
        if kind:
            return self._refusal(kind, answer)
        if self.damaged and "control" not in str(request.url):
            self._damage_answer("gist" if "/gist/" in str(request.url) else "ghl", answer)
        return answer

    @staticmethod
    def _refusal(kind: str, answer: requests.Response) -> requests.Response:
        answer.status_code, text = REFUSALS[kind]
        answer._content = text.encode()
        return answer

    def _refusal_of(self, request: requests.PreparedRequest) -> str:
        if request.method not in ("POST", "PUT") or "/search" in str(request.url) or "control" in str(request.url):
            return ""
        body = (request.body or b"").decode() if isinstance(request.body, bytes) else str(request.body)
        named = next((email for email in self.refused if f'"{email}"' in body), "")
        named = named or next((email for one, email in self.ids.items() if f"/{one}" in str(request.url)), "")
        return self.refused.get(named, "")

    def _damage_answer(self, side: str, answer: requests.Response) -> None:
        try:
            body = answer.json()
        except ValueError:
            return
        found = [*body.get("contacts", ()), body.get("contact")] if isinstance(body, dict) else []
        for one in found:
            if isinstance(one, dict) and (fields := self.damaged.get((side, str(one.get("email"))))):
                one |= fields
        answer._content = json.dumps(body).encode()


def crash_for(monkeypatch, **emails: str) -> None:
    """Our own code fails at these people: `decide`, `translate`, `match`, `observe` or `record`."""

    def patch(owner: Any, name: str, email: str, of: Callable[..., Any]) -> None:
        real = getattr(owner, name)

        def crashes(*args: Any, **options: Any) -> Any:
            if email in str(of(*args)):
                raise Crash(name)
            return real(*args, **options)

        monkeypatch.setattr(owner, name, crashes)

    def both(rules: Any, gist: Contact | None, ghl: Contact | None, *bases: Any) -> list[str]:
        return [one.email for one in (gist, ghl) if one]

    places: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        "decide": (person, "decide", both),
        "translate": (Row, "translate", lambda row, value, *rest: value),
        "match": (match.Candidates, "find_for", lambda candidates, snapshot: snapshot.email),
        "observe": (observe, "take_in", lambda snapshot, contact, *rest: contact.email),
        "record": (Recorder, "_move_snapshot", lambda recorder, snapshot, *rest: snapshot.email),
    }
    for place, email in emails.items():
        owner, name, of = places[place]
        patch(owner, name, email, of)
