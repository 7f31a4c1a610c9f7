"""Second factors: stored encrypted with the key ring, like every secret, and required where the setting says so."""

from collections.abc import Callable, Mapping
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.models import User
from dashboard.people.roles import end_sessions
from integration.models.fields import decrypt_text, encrypt_text, is_token


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth calls these for the key of an authenticator app and for the seed of recovery codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "unverified_email": "An address of yours still waits to be confirmed. Open the link that was sent there, or "
        "keep the old address, at E-mail address; then set up a second factor.",
    }

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Also what an earlier version stored in the clear, until a migration or `rotate_keys` has been over it.

        Raises UndecryptableValue when the key is gone.
        """
        return decrypt_text(encrypted_text) if is_token(encrypted_text) else encrypted_text

    # Passkeys -------------------------------------------------------------------------------------------

    def _get_site_name(self) -> str:
        """What a phone or a browser calls the place that a passkey is for."""
        return "Gistline"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 -- named by allauth
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"


# What a sign-in asks for. Recovery codes alone would never be.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
SET_UP_FIRST = "A second factor is required here. Set it up now; until then nothing else opens."


def must_set_up(request: HttpRequest) -> bool:
    """Whether whoever is signed in has no second factor, and one is required."""
    if not settings.REQUIRE_SECOND_FACTOR or not request.user.is_authenticated:
        return False
    known = vars(request)
    if "must_set_up" not in known:
        known["must_set_up"] = not get_adapter().is_mfa_enabled(request.user, types=FACTORS)
    return bool(known["must_set_up"])


def end_sessions_without_factor(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Those that began with the password alone, of somebody else perhaps, must not open because a factor is there."""
    if authenticator.type in FACTORS:
        end_sessions(user, but=request.session.session_key)


def connect_signals() -> None:
    """To be called once, when the app is ready."""
    authenticator_added.connect(end_sessions_without_factor, dispatch_uid="second-factor")


class RequireSecondFactor:
    """Middleware: leads whoever has no second factor to the page that sets one up, while one is required."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not must_set_up(request):
            return None
        name = request.resolver_match.url_name or "" if request.resolver_match else ""
        # The way to set one up, and the way out.
        if name.startswith(("mfa_", "account_")):
            return None
        messages.warning(request, SET_UP_FIRST)
        return redirect("mfa_index")
