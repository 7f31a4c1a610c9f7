"""Who may sign in: whoever has an account; the demo's owner only while the demo is on."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from dashboard.models import User
from integration.demo import DEMO_EMAIL, DEMO_PASSWORD


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Asked at every sign-in and at every request of a session, so that what it refuses ends sessions, too.

    `manage.py up` switches the demo's owner off in the database besides; this holds however the server was started.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        # Also for whoever gave the demo's owner another address: this password is printed in the source.
        if not settings.DEMO and credentials.get("password") == DEMO_PASSWORD:
            return None
        user: User | None = super().authenticate(request, **credentials)
        return user

    def user_can_authenticate(self, user: User | None) -> bool:
        is_demo = user is not None and user.email == DEMO_EMAIL
        return bool(super().user_can_authenticate(user)) and (settings.DEMO or not is_demo)


class DemoPasswordValidator:
    """Refuses the password that the demo's sign-in page shows to everybody."""

    def validate(self, password: str, user: User | None = None) -> None:
        if password == DEMO_PASSWORD:
            raise ValidationError("This is the demo's password, which everybody knows. Choose another one.")

    def get_help_text(self) -> str:
        return "Your password can’t be the demo's."
