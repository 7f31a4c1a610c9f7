"""One HTTP try of one call: auth, timeout, what the answer means, and a masked record of it.

No retry and no database here: `exchange.py` decides when to try again, so that an attempt may run in a thread.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter

from integration.errors import (
    Gone,
    LostAnswer,
    MissingScope,
    ProviderError,
    RateLimited,
    Rejected,
    Retryable,
    TokenExpired,
)
from integration.providers.operations import Call, Json
from integration.records import read_json, storable

log = logging.getLogger(__name__)
A = TypeVar("A", bound=BaseModel)

MEANINGS: dict[int, type[ProviderError]] = {
    400: Rejected,
    401: TokenExpired,
    403: MissingScope,
    404: Gone,
    408: LostAnswer,
    410: Gone,
    422: Rejected,
    425: Retryable,
    429: RateLimited,
}
"""What a status means, unless the provider's own rules say otherwise. 5xx: the work may have been done."""

Refine = Callable[[int, Json, str], ProviderError | None]
"""A provider's own reading of (status, body, message); None leaves it to MEANINGS."""


@dataclass
class Limits:
    """What the answer's headers say about the account's allowance; None where they say nothing."""

    maximum: int | None = None
    remaining: int | None = None
    daily_remaining: int | None = None


@dataclass
class Attempt:
    """A masked record of one try, kept with the log entry it belongs to."""

    operation: str
    method: str
    path: str
    status: int = 0
    milliseconds: int = 0
    request: Json | None = None
    response: Any = None
    error: str = ""

    def as_json(self) -> Json:
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


@dataclass
class Answered:
    """An answer that came back: parsed body or the error it means."""

    attempt: Attempt
    limits: Limits
    value: Any = None
    error: ProviderError | None = None


@dataclass
class Wire:
    """How one provider is spoken to: addresses, headers, and its own reading of errors."""

    provider: str
    base_url: str
    timeout: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    refine: Refine = lambda status, body, message: None
    read_limits: Callable[[Mapping[str, str]], Limits] = lambda headers: Limits()
    session: requests.Session = field(default_factory=lambda: new_session())
    account: str = ""
    """What the operator calls the account; begins every sentence about a refusal."""

    def try_once(self, call: Call[A], authorization: str) -> Answered:
        """Send `call` once. Never raises: the error comes back in the answer."""
        operation = call.operation
        attempt = Attempt(operation.key, operation.method, call.path, request=redact(call.body))
        started = time.monotonic()
        try:
            response = self._send(call, authorization)
        except requests.RequestException as problem:
            attempt.error = type(problem).__name__
            return Answered(attempt, Limits(), error=self._transport_error(call, problem))
        finally:
            attempt.milliseconds = round((time.monotonic() - started) * 1000)
        attempt.status = response.status_code
        return self._read(call, response, attempt)

    def _send(self, call: Call[A], authorization: str) -> requests.Response:
        operation = call.operation
        headers = {"Accept": "application/json", **self.headers}
        if authorization:
            headers["Authorization"] = authorization
        if operation.version:
            headers["Version"] = operation.version
        return self.session.request(
            operation.method,
            self.base_url + call.path,
            params=call.query or None,
            headers=headers,
            timeout=self.timeout,
            allow_redirects=False,
            **({"data": call.body} if operation.form else {"json": call.body}),  # type: ignore[arg-type]
        )

    def _transport_error(self, call: Call[A], problem: requests.RequestException) -> ProviderError:
        never_sent = isinstance(problem, requests.ConnectTimeout) or "Connection refused" in str(problem)
        kind = Retryable if never_sent else LostAnswer
        how = "did not answer in time" if isinstance(problem, requests.Timeout) else "could not be reached"
        who = f"{self.account}: {self.name}" if self.account else self.name
        return kind(f"{who} {how}.", provider=self.provider, operation=call.operation.key)

    def _read(self, call: Call[A], response: requests.Response, attempt: Attempt) -> Answered:
        limits = self.read_limits(response.headers)
        body = _json(response)
        attempt.response = redact(body if body is not None else storable(response.text[:500]))
        error: ProviderError | None
        if response.ok or response.status_code in call.operation.lenient:
            if not response.ok:
                body = dict(call.operation.lenient[response.status_code])
            try:
                return Answered(attempt, limits, value=call.operation.answer.model_validate(body))
            except ValidationError as problem:
                error = LostAnswer(
                    f"{self.name} answered {call} with something unreadable.",
                    provider=self.provider,
                    status=response.status_code,
                    operation=call.operation.key,
                    detail=str(problem.errors(include_input=False)[:2]),
                )
        else:
            error = self._meaning(call, response, body if isinstance(body, dict) else {})
        attempt.error = error.code
        return Answered(attempt, limits, error=error)

    def _meaning(self, call: Call[A], response: requests.Response, body: Json) -> ProviderError:
        status, said = response.status_code, message_of(body)
        error = self.refine(status, body, said)
        if error is None:
            kind = MEANINGS.get(status, LostAnswer if status >= 500 else Rejected)
            sentence = f"{self.name} answered {status} to {call.operation.title.lower()}" + (
                f": {said}" if said else "."
            )
            error = kind(sentence)
        if isinstance(error, RateLimited) and error.wait is None:
            error.wait = _retry_after(response.headers.get("Retry-After"))
        if isinstance(error, MissingScope) and call.operation.scope:
            error.args = (f"{error} The call “{call.operation.title}” needs {call.operation.scope}.",)
        if self.account:
            error.args = (f"{self.account}: {error}",)
        error.provider, error.status, error.operation, error.detail = (
            self.provider,
            status,
            call.operation.key,
            said,
        )
        return error

    @property
    def name(self) -> str:
        return {"gist": "Gist", "ghl": "GHL"}[self.provider]


def new_session() -> requests.Session:
    """A session for many threads: pooled connections, no netrc or proxy from outside, no retries below us."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    mount(session)
    return session


def mount(session: requests.Session) -> None:
    """Give a session the one transport that all calls to providers go through."""
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=32, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)


def message_of(body: Json) -> str:
    """The provider's own words: GHL `message` (text or list), Gist `errors[0].message`, OAuth fields."""
    message = body.get("message") or body.get("error_description")
    if not message and isinstance(body.get("errors"), list) and body["errors"]:
        first = body["errors"][0]
        message = first.get("message") if isinstance(first, dict) else first
    if not message:
        message = body.get("error") or ""
    if isinstance(message, dict):
        message = message.get("message", "")
    return "; ".join(map(str, message)) if isinstance(message, list) else str(message)


SECRET_NAMES = ("token", "secret", "password", "authorization", "api_key", "apikey", "client_id", "code")


def redact(value: Any, limit: int = 4000) -> Any:
    """`value` with secrets masked, and cut when it is long: fit to be stored with a log entry."""
    masked = _mask(value)
    text = json.dumps(masked, default=str)
    return masked if len(text) <= limit else text[:limit] + "…"


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if _is_secret(k) and isinstance(v, str) else _mask(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_mask(item) for item in value]
    return value


def _is_secret(name: object) -> bool:
    lowered = str(name).lower()
    return lowered == "code" or any(word in lowered for word in SECRET_NAMES[:-1])


def _json(response: requests.Response) -> Any:
    """The body as JSON, None when it is none. GHL may send raw control characters (docs/ghl-api.md#errors)."""
    if response.status_code == 204 or not response.content:
        return {}
    body = read_json(response.content)
    return storable(body) if UNSTORABLE.search(response.content) else body


UNSTORABLE = re.compile(rb"\0|\xed[\xa0-\xbf]|\\u(?:0000|[dD][89a-fA-F])")


def _retry_after(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
