"""Sign-ins, failed ones, and changes of how somebody signs in."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from dashboard.client_address import client_address
from integration import audit


def _record(what: str, actor: str, request: HttpRequest | None, subject: str = "") -> None:
    address = client_address(request) if request is not None else ""
    with audit.acting(actor, audit.BROWSER if request is not None else audit.SYSTEM, address):
        audit.record(what, subject)


def connect_signals() -> None:
    """To be called once, when the app is ready."""
    for signal, what in (
        (user_logged_out, "signed_out"),
        (account.password_changed, "password_changed"),
        (account.password_reset, "password_changed"),
        (account.email_changed, "email_changed"),
        (mfa.authenticator_added, "factor_added"),
        (mfa.authenticator_removed, "factor_removed"),
    ):
        signal.connect(_receiver(what), weak=False, dispatch_uid=f"audit:{what}:{id(signal)}")
    user_logged_in.connect(_signed_in, weak=False, dispatch_uid="audit:signed_in")
    user_login_failed.connect(_failed, weak=False, dispatch_uid="audit:sign_in_failed")


def _receiver(what: str) -> Any:
    def receiver(sender: Any, user: Any = None, request: HttpRequest | None = None, **kwargs: Any) -> None:
        if user is not None:
            _record(what, str(user.email), request)

    return receiver


def _signed_in(sender: Any, user: Any, request: HttpRequest, **kwargs: Any) -> None:
    _record(_way_in(request, user), str(user.email), request)


def _way_in(request: HttpRequest, user: Any) -> str:
    """How somebody signed in, by what allauth noted of each step."""
    steps = get_authentication_records(request, user) if hasattr(request, "session") else []
    if any(step.get("passwordless") for step in steps):
        return "signed_in_by_passkey"
    return "signed_in_by_company" if any(step["method"] == "company" for step in steps) else "signed_in"


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    # Whatever was typed as the address: it may be nobody's, and the password is in none of these names.
    typed = credentials.get("email") or credentials.get("username") or ""
    _record("sign_in_failed", "Somebody", request, str(typed))
