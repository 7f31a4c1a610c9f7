"""Letting the holder of an API key in: `Authorization: Bearer gl_…`, and nothing else. No cookie counts here."""

import hmac
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from dashboard.client_address import client_address
from dashboard.grants import send_with_key
from dashboard.keys.issue import SHOWN, digest_of
from dashboard.keys.limits import count_one
from dashboard.models import ApiKey, Scope

# Requests of one key, and wrong keys from one address, in a minute.
REQUESTS_A_MINUTE, WRONG_KEYS_A_MINUTE = 300, 20
USE_IS_NOTED_EVERY = timedelta(minutes=1)

NO_KEY = "Send an API key as “Authorization: Bearer gl_…”. An owner makes one under Settings, API keys."
WRONG_KEY = "This is no API key of this installation. Check that it was copied whole, or ask an owner for a new one."
REVOKED = "The API key “{}” was revoked. Ask an owner for a new one: Settings, API keys."
ENDED = "The API key “{}” ended on {:%d %B %Y}. Ask an owner for a new one: Settings, API keys."
TOO_MANY = "The API key “{}” was used more than {} times in a minute. Go on in {} seconds."
TOO_MANY_WRONG = "Too many wrong API keys came from this address. Try again in {} seconds."
SCOPE_NEEDED = "This needs an API key with the scope “{}”; “{}” has “{}”. Ask an owner: Settings, API keys."


class Refused(Exception):
    """A request of a program that is not carried out: HTTP status, a code for programs, and a sentence.

    `wait`: seconds until it may be sent again, 0 where waiting does not help.
    """

    def __init__(self, status: int, code: str, sentence: str, wait: int = 0):
        super().__init__(sentence)
        self.status, self.code, self.sentence, self.wait = status, code, sentence, wait


def admit(request: HttpRequest) -> ApiKey:
    """The key that the request was sent with, which from now on says what it sees. Raises Refused."""
    text = _read_header(request)
    address = client_address(request)
    key = _find_key(text)
    if key is None:
        # Only of wrong keys: who shares an address with whoever tries them, as behind a proxy, has a right one.
        if wait := count_one(f"wrong-keys:{address}", WRONG_KEYS_A_MINUTE):
            raise Refused(429, "too_many_wrong_keys", TOO_MANY_WRONG.format(wait), wait)
        raise Refused(401, "wrong_key", WRONG_KEY)
    if wait := count_one(f"key:{key.pk}", REQUESTS_A_MINUTE):
        raise Refused(429, "too_many_requests", TOO_MANY.format(key.name, REQUESTS_A_MINUTE, wait), wait)
    _refuse_invalid(key)
    _note_use(key, address)
    send_with_key(request, key)
    return key


def need_scope(key: ApiKey, scope: Scope) -> None:
    """Raises Refused for a key that may less."""
    if not key.may(scope):
        raise Refused(403, "scope_missing", SCOPE_NEEDED.format(scope.value, key.name, key.scope))


def _read_header(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Refused(401, "no_key", NO_KEY)
    return text.strip()


def _find_key(text: str) -> ApiKey | None:
    digest = digest_of(text)
    # By what is no secret; the digest itself is compared in constant time. A NUL breaks a statement on PostgreSQL.
    prefix = text[:SHOWN] if text.isascii() and text.isprintable() else ""
    fitting = [key for key in ApiKey.objects.filter(prefix=prefix) if hmac.compare_digest(key.digest, digest)]
    return fitting[0] if fitting else None


def _refuse_invalid(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise Refused(401, "key_revoked", REVOKED.format(key.name))
    if key.has_ended:
        raise Refused(401, "key_ended", ENDED.format(key.name, key.ends_at))


def _note_use(key: ApiKey, address: str) -> None:
    """At most once a minute: a write with every read would cost more than the read."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USE_IS_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_from=address[:80])
