"""The company's OpenID provider, which OIDC_ISSUER names: the authorization code flow, with PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html. What it tells about somebody is believed only with its
signature; what to make of it is decided in company.py.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import urllib3
from django.conf import settings
from django.utils.crypto import constant_time_compare
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

TIMEOUT_SECONDS = 5
# Of the whole of an answer, which comes in pieces.
LARGEST_ANSWER, PIECE, ANSWER_SECONDS = 1024**2, 64 * 1024, 10
SCOPE = "openid email profile"
# By public key alone: with a shared secret, or with none, anybody could have signed.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
NEEDED = ["iss", "sub", "aud", "exp", "iat"]
CLOCK_SECONDS = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
# What the libraries and a walk through foreign JSON raise.
TROUBLES = (
    requests.RequestException, urllib3.exceptions.HTTPError, OSError, OAuth2Error, jwt.PyJWTError, ValueError, KeyError,
    TypeError, AttributeError, RecursionError,
)  # fmt: skip


class ProviderTrouble(Exception):
    """The provider cannot be reached, or what it said cannot be used. Holds no value of its answers."""


class _Unusable(ValueError):
    """What is wrong, in our own words."""


@dataclass(frozen=True)
class Attempt:
    """What one sign-in is known again by when the browser comes back: kept in the session, as JSON."""

    state: str
    nonce: str
    verifier: str
    asked_at: float | None = None
    """Of one in which the person is asked though signed in there, in seconds since 1970: not by an older sign-in."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says somebody is. `verified`: it says, too, that the address is theirs."""

    email: str
    verified: bool
    name: str


@contextmanager
def _told_as_trouble(place: str) -> Iterator[None]:
    try:
        yield
    except TROUBLES as problem:
        # What a library says may repeat what it was sent.
        what = str(problem) if isinstance(problem, _Unusable) else type(problem).__name__
        raise ProviderTrouble(f"{place}: {what}") from problem


def begin(callback: str, again: bool = False) -> tuple[str, Attempt]:
    """Where to send the browser, and what to keep. `again`: the person is to be asked even if signed in there.

    Raises ProviderTrouble.
    """
    client = WebApplicationClient(settings.OIDC_CLIENT_ID)
    attempt = Attempt(
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        client.create_code_verifier(64),
        time.time() if again else None,
    )
    with _told_as_trouble("its settings"):
        address: str = client.prepare_request_uri(
            _read_settings()["authorization_endpoint"],
            redirect_uri=callback,
            scope=SCOPE,
            state=attempt.state,
            code_challenge=client.create_code_challenge(attempt.verifier, "S256"),
            code_challenge_method="S256",
            nonce=attempt.nonce,
            **({"prompt": "login", "max_age": "0"} if again else {}),
        )
    return address, attempt


def finish(code: str, attempt: Attempt, callback: str) -> Identity:
    """Who signed in, for the code with which the browser came back. Raises ProviderTrouble."""
    with _told_as_trouble("its settings"):
        known = _read_settings()
    with _told_as_trouble("its answer to the code"):
        answer = _redeem(code, attempt, callback, known)
    with _told_as_trouble("its token"):
        claims = _read_token(answer["id_token"], attempt, known)
        # The address and whether it is verified are taken from one place.
        if not {"email", "email_verified"} <= claims.keys():
            claims = {**claims, **_read_person(answer["access_token"], claims["sub"], known)}
        return _identity(claims)


def _read_settings() -> dict[str, Any]:
    """The provider's own description of itself. Raises one of TROUBLES."""
    issuer = settings.OIDC_ISSUER.rstrip("/")
    known = _fetch(f"{issuer}/.well-known/openid-configuration")
    if known["issuer"].rstrip("/") != issuer:
        raise _Unusable("it names another issuer")
    scheme = urlsplit(issuer).scheme
    if any(urlsplit(known[name]).scheme not in ("https", scheme) for name in ENDPOINTS if name in known):
        raise _Unusable("an address without https")
    return known


def _redeem(code: str, attempt: Attempt, callback: str, known: Mapping[str, Any]) -> dict[str, Any]:
    client_id, secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": attempt.verifier,
        "client_id": client_id,
    }
    # In the body where that is taken: providers disagree on how a header spells what is no letter.
    in_body = "client_secret_post" in known.get("token_endpoint_auth_methods_supported", [])
    return _answer_of(
        requests.post(
            known["token_endpoint"],
            data={**form, "client_secret": secret} if in_body else form,
            auth=None if in_body else (client_id, secret),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        )
    )


def _read_token(token: str, attempt: Attempt, known: Mapping[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        _find_key(jwt.get_unverified_header(token).get("kid"), known["jwks_uri"]),
        algorithms=ALGORITHMS,
        audience=settings.OIDC_CLIENT_ID,
        issuer=known["issuer"],
        leeway=CLOCK_SECONDS,
        options={"require": NEEDED},
    )
    if not constant_time_compare(str(claims.get("nonce", "")), attempt.nonce):
        raise _Unusable("for another sign-in")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise _Unusable("for another program")
    # The address that asks for it passes through the browser, where it can be taken out.
    if attempt.asked_at is not None and claims.get("auth_time", 0) < attempt.asked_at - CLOCK_SECONDS:
        raise _Unusable("of a sign-in before the person was asked again")
    return claims


def _find_key(kid: str | None, address: str) -> Any:
    keys = jwt.PyJWKSet.from_dict(_fetch(address)).keys
    found = [one for one in keys if one.key_id == kid] if kid else keys
    if len(found) != 1:
        raise _Unusable("signed with a key that is not published")
    return found[0].key


def _read_person(access_token: str, subject: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider tells beside the token: address, whether it is verified, name."""
    person = _fetch(known["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"})
    if person["sub"] != subject:
        raise _Unusable("about somebody else")
    return {"email_verified": False, "email": "", **person}


def _identity(claims: Mapping[str, Any]) -> Identity:
    name = claims.get("name")
    # Some write it as text; "false" is one, too.
    verified = claims["email_verified"] is True or claims["email_verified"] == "true"
    return Identity(str(claims["email"]).strip(), verified, name.strip() if isinstance(name, str) else "")


def _fetch(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return _answer_of(
        requests.get(address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True)
    )


def _answer_of(response: requests.Response) -> dict[str, Any]:
    with response:
        if response.status_code != 200:
            raise _Unusable(f"status {response.status_code}")
        found = json.loads(_read_body(response))
    if not isinstance(found, dict):
        raise _Unusable("no JSON object")
    return found


def _read_body(response: requests.Response) -> bytes:
    body, deadline = b"", time.time() + ANSWER_SECONDS
    # Not by `iter_content`, which waits for a piece to be full, however slowly it comes.
    while piece := response.raw.read1(PIECE, decode_content=True):
        body += piece
        if len(body) > LARGEST_ANSWER or time.time() > deadline:
            raise _Unusable("an answer without end")
    return body
