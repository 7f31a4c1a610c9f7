"""Forms of passkeys. What a browser sends of one is JSON that anybody can write, so none of it is trusted."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from fido2.utils import websafe_decode

NAME_LENGTH = 60
NOT_ACCEPTED = "This passkey was not accepted. It may have been removed here, or it took too long: try again."
# What the libraries raise for what no passkey ever sent.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, struct.error)


@contextmanager
def _refusing_what_is_none() -> Iterator[None]:
    """Raises ValidationError, with a sentence about passkeys, where one was not accepted and for what is none."""
    try:
        yield
    except ValidationError as problem:
        # Any other says that too many were tried, for one.
        if problem.code != "incorrect_code":
            raise
        raise ValidationError(NOT_ACCEPTED, code=problem.code) from problem
    except BROKEN as problem:
        raise ValidationError(NOT_ACCEPTED, code="incorrect_code") from problem


def _refuse_foreign(credential: Any) -> None:
    """Raises ValidationError, or one of BROKEN, for what was signed on another page than ours.

    The library takes every port, and every name below ours: a page there may be somebody else's, and browsers let it
    ask for our passkeys.
    """
    if not settings.HTTPS:
        return
    signed = json.loads(websafe_decode(credential["response"]["clientDataJSON"]))
    ours = [urlsplit(settings.PUBLIC_URL).netloc, *settings.ALLOWED_HOSTS]
    if signed["origin"] not in [f"https://{one}" for one in ours]:
        raise ValidationError(NOT_ACCEPTED, code="incorrect_code")


class PasskeyJSON(forms.JSONField):
    """What the browser's script writes into a hidden field."""

    def to_python(self, value: Any) -> Any:
        with _refusing_what_is_none():
            credential = super().to_python(value)
            if credential is not None:
                _refuse_foreign(credential)
            return credential


def _credential() -> PasskeyJSON:
    return PasskeyJSON(widget=forms.HiddenInput, error_messages=dict.fromkeys(("required", "invalid"), NOT_ACCEPTED))


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(
        label="Name",
        required=False,
        max_length=NAME_LENGTH,
        help_text="By which you know it among yours, as “MacBook” or “blue key”.",
    )
    credential = _credential()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        passwordless = self.fields["passwordless"]
        passwordless.label, passwordless.initial = "It signs me in alone, without e-mail address and password", True
        passwordless.help_text = ""

    def clean(self) -> dict[str, Any]:
        with _refusing_what_is_none():
            data: dict[str, Any] = super().clean()
        return data


class RenamePasskey(EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label="Name", max_length=NAME_LENGTH)


class _Shown(AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = _credential()

    def clean_credential(self) -> Authenticator:
        with _refusing_what_is_none():
            return super().clean_credential()


class ShowPasskey(_Shown):
    """As the second factor, after the password."""


class ShowPasskeyAgain(_Shown, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Before a change of how one signs in."""


class SignInByPasskey(_Shown, LoginWebAuthnForm):  # type: ignore[misc]
    """In place of e-mail address and password."""
