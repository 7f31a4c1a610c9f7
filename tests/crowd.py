"""What meets the webhook doors in a storm: genuine events after real edits, and everything that is not genuine."""

import base64
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.processes import ACCOUNTS, Up, contacts

MIX = {
    "edited in GHL": 18,
    "edited in Gist": 2,
    "echo": 2,
    "again": 10,
    "too_old": 4,
    "bad_signature": 4,
    "no_signature": 1,
    "unreadable": 3,
    "unknown_location": 3,
    "unknown_token": 3,
}
"""How many of fifty are what. Those that ANSWERS names are refused for that reason, the others are genuine."""
ANSWERS = {
    "too_old": {401},
    "bad_signature": {401},
    "no_signature": {401},
    "unreadable": {400},
    "unknown_location": {200},
    # While the database is away nobody can say whether a token is known: it is stored, and refused afterwards.
    "unknown_token": {404, 200},
}
PATIENCE = 60
GHL_DOOR, STRANGE_DOOR = "/webhooks/ghl/", "/webhooks/gist/a-stranger/note_added/"
LOGINS = {
    "gist": {"Authorization": "Bearer gist-demo-alder"},
    "ghl": {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"},
}
Sign = Callable[[bytes], str]


@dataclass(frozen=True)
class Message:
    """One webhook; `kind` as in MIX."""

    kind: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def side(self) -> str:
        return "ghl" if self.path == GHL_DOOR else "gist"

    @property
    def is_genuine(self) -> bool:
        return self.kind not in ANSWERS

    @property
    def answers(self) -> set[int]:
        return ANSWERS.get(self.kind, {200})


class Crowd:
    """Edits people on the twins and makes messages of it.

    `names`: what each was called last, by e-mail address; `edits`: the writes they call for, as side to be written,
    Gist's id, name; `calls`: writes of its own, by side.
    """

    def __init__(self, twin: Up, gist_door: str):
        self.twin, self.gist_door = twin, gist_door
        keys = twin.folder / "sandbox-webhook-keys"
        self.sign = signer(load_pem_private_key((keys / "ed25519.pem").read_bytes(), None))
        self.forge = signer(Ed25519PrivateKey.generate())
        self.session, self.chance, self.numbers = requests.Session(), random.Random(7), count()
        self.people = {
            side: sorted(contacts(twin, side), key=lambda one: str(one["email"])) for side in ("gist", "ghl")
        }
        self.gist_ids = {one["email"]: str(one["id"]) for one in self.people["gist"]}
        self.made: list[Message] = []
        self.late: list[Message] = []
        self.names: dict[str, str] = {}
        self.edits: set[tuple[str, str, str]] = set()
        self.calls: Counter[str] = Counter()

    def fifty(self) -> list[Message]:
        """The next ones, out of order; a fifth is late and comes among those of another time."""
        undecided = [self._make(kind) for kind, many in MIX.items() for _ in range(many)]
        self.chance.shuffle(undecided)
        self.late, now = undecided[:10], undecided[10:] + self.late
        self.chance.shuffle(now)
        return now

    def genuine(self, side: str) -> set[bytes]:
        return {one.body for one in self.made if one.is_genuine and one.side == side}

    def refused(self, reason: str) -> set[bytes]:
        return {one.body for one in self.made if one.kind == reason}

    # Messages -------------------------------------------------------------------------------------------

    def _make(self, kind: str) -> Message:
        made = self._again() if kind == "again" else getattr(self, f"_{kind.replace(' ', '_')}")(next(self.numbers))
        self.made.append(made)
        return made

    def _edited_in_GHL(self, number: int) -> Message:  # noqa: N802 -- named as in MIX
        who = self._somebody("ghl", number, lambda place: place % 5)
        edit = {"firstName": str(who["firstName"]), "lastName": f"Edit{number}"}
        self._call("PUT", "ghl", f"/contacts/{who['id']}", edit)
        self._note("gist", who, f"{edit['firstName']} {edit['lastName']}")
        return self._from_ghl("edited in GHL", id=who["id"], **edit)

    def _edited_in_Gist(self, number: int) -> Message:  # noqa: N802 -- named as in MIX
        """Every fifth person is edited in Gist and nowhere else, so that no edit is another one's rival."""
        who = self._somebody("gist", number, lambda place: not place % 5)
        name = f"{who['first_name']} Edit{number}"
        self._call("POST", "gist", "/contacts", {"id": who["id"], "email": who["email"], "name": name})
        self._note("ghl", who, name)
        return self._from_gist("edited in Gist", id=who["id"], name=name)

    def _echo(self, number: int) -> Message:
        """Gist tells of what Gistline wrote there, too."""
        return self._from_gist("echo", id=self.chance.choice(self.people["gist"])["id"], number=number)

    def _again(self) -> Message:
        return self.chance.choice([one for one in self.made if one.is_genuine])

    def _too_old(self, number: int) -> Message:
        return self._from_ghl("too_old", timestamp=stamp(days=2), id=self.people["ghl"][0]["id"])

    def _bad_signature(self, number: int) -> Message:
        return self._from_ghl("bad_signature", self.forge, id=self.people["ghl"][0]["id"])

    def _no_signature(self, number: int) -> Message:
        return self._from_ghl("no_signature", lambda body: "N/A", id=self.people["ghl"][0]["id"])

    def _unknown_location(self, number: int) -> Message:
        return self._from_ghl("unknown_location", locationId="elsewhere", id=self.people["ghl"][0]["id"])

    def _unknown_token(self, number: int) -> Message:
        return Message("unknown_token", STRANGE_DOOR, json.dumps({"contact": {"id": number}}).encode())

    def _unreadable(self, number: int) -> Message:
        body = f"no object {number}".encode()
        if number % 2:
            return Message("unreadable", self.gist_door, body)
        return Message("unreadable", GHL_DOOR, body, {"X-GHL-Signature": self.sign(body)})

    def _from_ghl(self, kind: str, sign: Sign | None = None, **facts: Any) -> Message:
        standard = {"type": "ContactUpdate", "locationId": ACCOUNTS["ghl"], "webhookId": str(uuid.uuid4())}
        body = json.dumps({**standard, "timestamp": stamp(), **facts}).encode()
        return Message(kind, GHL_DOOR, body, {"X-GHL-Signature": (sign or self.sign)(body)})

    def _from_gist(self, kind: str, **contact: Any) -> Message:
        return Message(kind, self.gist_door, json.dumps({"contact": contact}).encode())

    # Edits ----------------------------------------------------------------------------------------------

    def _somebody(self, side: str, number: int, fits: Callable[[int], Any]) -> dict[str, Any]:
        return self.chance.choice([one for place, one in enumerate(self.people[side]) if fits(place)])

    def _call(self, method: str, side: str, path: str, body: dict[str, Any]) -> None:
        self.calls[side] += 1
        url = f"{self.twin.url}/sandbox/{side}{path}"
        self.session.request(method, url, json=body, headers=LOGINS[side], timeout=20).raise_for_status()

    def _note(self, side: str, who: dict[str, Any], name: str) -> None:
        self.names[who["email"]] = name
        self.edits.add((side, self.gist_ids[who["email"]], name))


def signer(key: Any) -> Sign:
    return lambda body: base64.b64encode(key.sign(body)).decode()


def stamp(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat().replace("+00:00", "Z")


class Senders:
    """Send to `url`, again after 429 and after a connection that broke. `answers` counts what each kind was told."""

    def __init__(self, url: str, many: int):
        self.url, self.session = url, requests.Session()
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=many))
        self.answers: Counter[tuple[str, int]] = Counter()
        self.done: list[Message] = []
        self.broken: list[Message] = []
        self.wrong: list[tuple[str, int]] = []
        self.spooled = 0

    def send(self, message: Message) -> None:
        deadline = time.monotonic() + PATIENCE
        while (status := self._try(message)) in (0, 429):
            assert time.monotonic() < deadline, f"{message.kind}: no answer but {status}"
            time.sleep(0.2)
        if status not in message.answers:
            self.wrong.append((message.kind, status))
        self.done.append(message)

    def _try(self, message: Message) -> int:
        headers = {"Content-Type": "application/json", **message.headers}
        try:
            answer = self.session.post(self.url + message.path, message.body, headers=headers, timeout=20)
        except requests.RequestException:
            self.broken.append(message)
            return 0
        self.answers[message.kind, answer.status_code] += 1
        return answer.status_code
