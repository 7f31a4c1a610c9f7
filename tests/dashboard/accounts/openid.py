"""An OpenID provider that says whatever a test has it say, without a socket."""

import io
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "https://id.harbourpine.example"
CLIENT, SECRET = "gistline-client", "a-secret-of-the-client-of-32-bytes-or-more"
KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


class Body(io.BytesIO):
    """What is read of a connection, piece by piece."""

    def __init__(self, text: str = ""):
        super().__init__(text.encode())

    def read1(self, size: int | None = -1, decode_content: bool = False) -> bytes:
        return super().read1(size)


@dataclass
class Provider:
    """`claims` stand in the token, `person` is told beside it. `answers` takes the place of what an address says:
    a body, a status, or an error to raise.
    """

    claims: dict[str, Any]
    person: dict[str, Any] = field(default_factory=dict)
    key: Any = KEY
    headers: dict[str, Any] = field(default_factory=lambda: {"kid": "first"})
    settings: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    """What the browser was last sent here with."""
    redeemed: list[dict[str, str]] = field(default_factory=list)

    def visit(self, address: str) -> str:
        """Signs the person in, and gives the query that the browser comes back with."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return f"code=the-code&state={self.asked['state']}"

    def send(self, adapter: Any, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Stands in for HTTPAdapter.send."""
        assert kwargs["timeout"]
        assert kwargs["stream"], "an answer is not read whole"
        path = urlsplit(request.url or "").path
        said = self.answers.get(path) if path in self.answers else self._say(path, request)
        if isinstance(said, Exception):
            raise said
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = (said if isinstance(said, int) else 200), request, request.url
        answer.raw = said if isinstance(said, Body) else Body(said if isinstance(said, str) else json.dumps(said))
        return answer

    def _say(self, path: str, request: requests.PreparedRequest) -> Any:
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "userinfo")
            endpoints = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in names}
            return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **endpoints, **self.settings}
        if path == "/keys":
            return {"keys": [{**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())), "kid": "first"}]}
        if path == "/token":
            return self._redeem(request)
        assert request.headers["Authorization"] == "Bearer the-access-token"
        return self.person

    def _redeem(self, request: requests.PreparedRequest) -> dict[str, Any]:
        form = dict(parse_qsl(str(request.body)))
        self.redeemed.append(form)
        digest = sha256(form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).rstrip(b"=").decode() == self.asked["code_challenge"]
        assert (form["code"], form["redirect_uri"]) == ("the-code", self.asked["redirect_uri"])
        now = int(time.time())
        own = {"iss": ISSUER, "aud": CLIENT, "sub": "4711", "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        if "max_age" in self.asked:
            own["auth_time"] = now
        claims = {name: value for name, value in {**own, **self.claims}.items() if value is not None}
        algorithm = "HS256" if isinstance(self.key, str) else "none" if self.key is None else "ES256"
        token = jwt.encode(claims, self.key, algorithm=algorithm, headers=self.headers)
        return {"access_token": "the-access-token", "token_type": "Bearer", "id_token": token}
