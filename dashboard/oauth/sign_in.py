"""A sign-in at GoHighLevel under way: the application that it goes through, and what the session keeps of it."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from integration.errors import SetupError
from integration.models.connection import SANDBOX_OFF
from integration.models.fields import UndecryptableValue, decrypt_json, encrypt_text
from integration.oauth.app import OAuthApp, TokenAnswer, live_app, sandbox_app

REDIRECT_URI = f"{settings.PUBLIC_URL}/oauth/ghl/callback/"


def app_of(sandbox: bool) -> OAuthApp:
    """The OAuth application to sign in with. Raises SetupError when none is set up, or when the sandbox is off."""
    if sandbox and not settings.DEMO:
        # A real account must not end up in a connection that speaks to the sandbox.
        raise SetupError(SANDBOX_OFF)
    return sandbox_app() if sandbox else live_app()


def keep_secret(request: HttpRequest, name: str, value: Any) -> None:
    """Put a value into the session encrypted: sessions are stored, and codes and tokens are as good as passwords."""
    request.session[name] = encrypt_text(json.dumps(value))


def take_secret(request: HttpRequest, name: str, keep: bool = False) -> Any:
    """The value kept under `name`, None when there is none; gone from the session afterwards."""
    # Gone on first use, so that a page loaded twice cannot spend a code twice.
    sealed = request.session.get(name) if keep else request.session.pop(name, None)
    try:
        return decrypt_json(sealed) if sealed else None
    except UndecryptableValue:
        return None


def token_answer(kept: dict[str, Any]) -> TokenAnswer:
    return TokenAnswer(**kept)
