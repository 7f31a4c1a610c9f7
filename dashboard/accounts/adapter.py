"""Who may have an account, and what is written to people about theirs."""

import logging
from smtplib import SMTPException
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from dashboard.client_address import client_address
from dashboard.models import User
from dashboard.people.roles import end_sessions

logger = logging.getLogger(__name__)

# What somebody may show once more before a change of how they sign in, by allauth's name of it.
SHOWN_AGAIN = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves; owners invite."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # Says of neither which one is wrong, so that nobody learns who has an account.
        "email_password_mismatch": "This e-mail address and this password do not belong together.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The address in use goes only when a confirmed one takes its place."""
        is_in_use = email_address.email.lower() == email_address.user.email.lower()
        return not is_in_use and bool(super().can_delete_email(email_address))

    def set_password(self, user: User, password: str) -> None:
        """Whoever had the old one keeps nothing: no session, no sign-in half-way, no change of address that waits."""
        super().set_password(user, password)
        for one in EmailAddress.objects.filter(user=user, verified=False):
            if one.email.lower() != user.email.lower():
                one.delete()
        end_sessions(user, but=self.request.session.session_key)

    # Clients --------------------------------------------------------------------------------------------

    def get_client_ip(self, request: HttpRequest) -> str:
        """For allauth's rate limits, and for the mails about changes of an account."""
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted per account and client: counted per account alone, anybody could lock it.

        allauth counts per Host header instead, with which a client could begin anew as often as there are ports.
        """
        return f"{credentials.get('email', '').lower()}:{get_ip(request)}"

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Each in the words of our pages."""
        methods = super().get_reauthentication_methods(user)
        return [{**one, "description": SHOWN_AGAIN.get(one["id"], one["description"])} for one in methods]

    # Mails ----------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing without a mail server: the pages say so, and a log is no place for what stands in these mails.

        A mail server that fails does not undo what the mail is about, a changed password say, so the page goes on.
        """
        if not settings.SENDS_EMAIL:
            return
        site = SimpleNamespace(name="Gistline", domain=urlsplit(settings.PUBLIC_URL).netloc)
        try:
            super().send_mail(template_prefix, email, {**context, "current_site": site})
        except (SMTPException, OSError) as problem:
            # What a mail server says may name the person: only the kind of trouble is logged.
            logger.error(
                "a mail about an account was not sent: %s; EMAIL_URL says where mails go", type(problem).__name__
            )
            messages.error(self.request, "The mail server does not take mails at the moment, so none was sent.")

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """To confirmed addresses only: whoever typed another one has not shown that it is theirs."""
        if EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists():
            super().send_password_reset_mail(user, email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return at_public_url(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return at_public_url(super().get_email_confirmation_url(request, emailconfirmation))


def at_public_url(address: str) -> str:
    """The same page at PUBLIC_URL: allauth builds addresses from the Host header, which anybody can send."""
    return f"{settings.PUBLIC_URL}{urlsplit(address).path}"
