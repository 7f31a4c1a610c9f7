"""One HTTP try of one call: auth, timeout, what the answer means, and a masked record of it.

No retry and no database here: `exchange.py` decides when to try again, so that an attempt may run in a thread.
`requests` is imported where it is used: commands that send nothing start without it, a tenth sooner.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from integration.errors import (
    Gone,
    LostAnswer,
    Malformed,
    MissingScope,
    NoAccess,
    ProviderError,
    RateLimited,
    Rejected,
    Retryable,
    ServerFault,
    TokenExpired,
    UnreadableAnswer,
)
from integration.providers.operations import Call, Json, describe_malformed
from integration.records import make_storable, read_json

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)
A = TypeVar("A", bound=BaseModel)

# What a status means, unless the provider's own rules say otherwise. 5xx: the work may have been done.
MEANINGS: dict[int, type[ProviderError]] = {
    400: Rejected,
    401: TokenExpired,
    403: MissingScope,
    404: Gone,
    408: ServerFault,
    410: Gone,
    422: Rejected,
    425: Retryable,
    429: RateLimited,
}

# A provider's own reading of (status, body, message); None leaves it to MEANINGS.
Refine = Callable[[int, Json, str], ProviderError | None]


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
    """An answer that came back at `at` (seconds since 1970): parsed body or the error it means."""

    attempt: Attempt
    limits: Limits
    value: Any = None
    error: ProviderError | None = None
    at: float = field(default_factory=time.time)


@dataclass
class Wire:
    """What calls to one account need: base address, headers, and how the provider's errors and limits are read."""

    provider: str
    base_url: str
    timeout: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    refine: Refine = lambda status, body, message: None
    read_limits: Callable[[Mapping[str, str]], Limits] = lambda headers: Limits()
    session: "requests.Session" = field(default_factory=lambda: new_session())
    account: str = ""
    """What the operator calls the account; begins every sentence about a refusal."""
    clock_ahead: float | None = None
    """Seconds by which our clock is ahead of the provider's, by its last answer; None before one said its time."""

    def try_once(self, call: Call[A], authorization: str, timeout: float | None = None) -> Answered:
        """Send `call` once, waiting `timeout` seconds where less is left. Never raises: the answer holds the error."""
        import requests

        operation = call.operation
        attempt = Attempt(operation.key, operation.method, call.path, request=redact_secrets(call.body))
        started = time.monotonic()
        try:
            response = self._send_request(call, authorization, timeout or self.timeout)
        except requests.RequestException as problem:
            attempt.error = type(problem).__name__
            return Answered(attempt, Limits(), error=self._transport_error(call, problem))
        finally:
            attempt.milliseconds = round((time.monotonic() - started) * 1000)
        attempt.status = response.status_code
        return self._read_response(call, response, attempt)

    def _send_request(self, call: Call[A], authorization: str, timeout: float) -> "requests.Response":
        import requests

        operation = call.operation
        headers = {**self.session.headers, "Accept": "application/json", **self.headers}
        if authorization:
            headers["Authorization"] = authorization
        if operation.version:
            headers["Version"] = operation.version
        # Prepared without the session, whose merging of settings that we do not use costs as much as the rest.
        request = requests.PreparedRequest()
        request.prepare(
            method=operation.method,
            url=self.base_url + call.path,
            params=call.query or None,
            headers=headers,
            **({"data": call.body} if operation.form else {"json": call.body}),
        )
        # A redirect that is followed turns a POST into a GET, whose answer would look like success.
        return self.session.send(request, timeout=timeout, allow_redirects=False, proxies=dict(self.session.proxies))

    def _transport_error(self, call: Call[A], problem: "requests.RequestException") -> ProviderError:
        import requests

        # Only without a connection is it certain that nothing arrived; any other failure may come after the work was
        # done.
        never_sent = isinstance(problem, requests.ConnectTimeout) or "Connection refused" in str(problem)
        kind = Retryable if never_sent else LostAnswer
        how = "did not answer in time" if isinstance(problem, requests.Timeout) else "could not be reached"
        return kind(f"{self.title} {how}.", provider=self.provider, operation=call.operation.key)

    def _read_response(self, call: Call[A], response: "requests.Response", attempt: Attempt) -> Answered:
        self.clock_ahead = _clock_ahead(response.headers.get("Date"), self.clock_ahead)
        limits = self.read_limits(response.headers)
        body = _read_body(response)
        attempt.response = redact_secrets(body if body is not None else make_storable(response.text[:500]))
        error: ProviderError | None
        if response.ok or response.status_code in call.operation.lenient:
            if not response.ok:
                # The refusal's own body does not have the shape of the answer that it stands for.
                body = dict(call.operation.lenient[response.status_code])
            try:
                return Answered(attempt, limits, value=call.operation.answer.model_validate(body))
            except ValidationError as problem:
                # The status was a success, so the call was carried out: as when no answer came, it is not simply sent
                # again. What a read brings in another form comes in that form the next time, too; nothing at all may
                # be something by then.
                kind = Malformed if call.operation.method == "GET" and body else UnreadableAnswer
                error = kind(
                    f"{self.name} answered {call} with something unreadable.",
                    provider=self.provider,
                    status=response.status_code,
                    operation=call.operation.key,
                    detail=describe_malformed(problem),
                )
                if isinstance(error, Malformed):
                    error.args = (f"{error} {error.detail}.",)
        else:
            error = self._read_error(call, response, body if isinstance(body, dict) else {})
        attempt.error = error.code
        return Answered(attempt, limits, error=error)

    def _read_error(self, call: Call[A], response: "requests.Response", body: Json) -> ProviderError:
        status, detail = response.status_code, message_of(body)
        words = as_sentence(detail)
        error = self.refine(status, body, words)
        if error is None:
            kind = MEANINGS.get(status, ServerFault if status >= 500 else Rejected)
            answered = f"{self.name} answered {status} to {call.operation.title.lower()}"
            error = kind(f"{answered}: {words}" if words else f"{answered}.")
        if isinstance(error, RateLimited) and error.wait is None:
            error.wait = _retry_after(response.headers.get("Retry-After"))
        # GHL does not say which scope is missing (docs/ghl-api.md#errors); the operation knows.
        if isinstance(error, MissingScope) and not isinstance(error, NoAccess) and call.operation.scope:
            error.args = (f"{error} The call “{call.operation.title}” needs {call.operation.scope}.",)
        if self.account:
            error.args = (f"{self.account}: {error}",)
        error.provider, error.status, error.operation, error.detail = (
            self.provider,
            status,
            call.operation.key,
            detail,
        )
        return error

    @property
    def name(self) -> str:
        return {"gist": "Gist", "ghl": "GHL"}[self.provider]

    @property
    def title(self) -> str:
        """How a sentence about it begins: with the operator's own name of the account."""
        return f"{self.account}: {self.name}" if self.account else self.name


def new_session() -> "requests.Session":
    """A session for many threads: pooled connections, no netrc or proxy from outside, no retries below us."""
    import requests

    session = requests.Session()
    session.trust_env = False
    # The login is the header alone: a cookie of one answer must not travel with the next call, perhaps of another
    # thread.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    mount_transport(session)
    return session


def mount_transport(session: "requests.Session") -> None:
    """Give a session the one transport that all calls to providers go through."""
    from requests.adapters import HTTPAdapter

    # Retries of the transport would send a call twice without the exchange knowing of it.
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
    # GHL's v3 token endpoint nests its message under `error` (docs/ghl-api.md#errors).
    if isinstance(message, dict):
        message = message.get("message", "")
    return "; ".join(map(str, message)) if isinstance(message, list) else str(message)


def as_sentence(words: str) -> str:
    """With a full stop, for what is said after it: the providers mostly leave theirs out. "" stays ""."""
    words = words.rstrip()
    return f"{words}." if words and words[-1] not in ".!?…" else words


SECRET_NAMES = ("token", "secret", "password", "authorization", "api_key", "apikey", "client_id", "code")


def redact_secrets(value: Any, limit: int = 4000) -> Any:
    """`value` with secrets masked, and cut when it is long: fit to be stored with a log entry."""
    # Masked first: text that was cut is no JSON any more, in which the names of secrets could be found.
    masked = _mask_secrets(value)
    text = json.dumps(masked, default=str)
    return masked if len(text) <= limit else text[:limit] + "…"


def _mask_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if isinstance(v, str) and _is_secret(k) else _mask_secrets(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_mask_secrets(item) for item in value]
    return value


@lru_cache(maxsize=4096)
def _is_secret(name: object) -> bool:
    """Remembered, because every call brings the same few names."""
    lowered = str(name).lower()
    # “code” counts only as the whole name: country codes and error codes are no secrets.
    return lowered == "code" or any(word in lowered for word in SECRET_NAMES[:-1])


def _read_body(response: "requests.Response") -> Any:
    """The body as JSON, None when it is none. GHL may send raw control characters (docs/ghl-api.md#errors)."""
    # What deletions answer is partly unknown (docs/gist-api.md#contacts); no body at all is read as an empty object.
    if response.status_code == 204 or not response.content:
        return {}
    body = read_json(response.content)
    return make_storable(body) if UNSTORABLE.search(response.content) else body


# NUL and halves of surrogate pairs, raw or escaped. Looked for in the bytes, because walking through every parsed value
# costs more, and hardly any answer holds one.
UNSTORABLE = re.compile(rb"\0|\xed[\xa0-\xbf]|\\u(?:0000|[dD][89a-fA-F])")


def _clock_ahead(date: str | None, known: float | None) -> float | None:
    """By the Date header of an answer that came now; what is known already where it has none or an unreadable one."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp() if date else known
    except ValueError:
        return known


def _retry_after(value: str | None) -> float | None:
    try:
        # The header may hold a date as well; then the exchange's own pauses count, as if it were missing.
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
