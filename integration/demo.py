"""People that `manage.py up` makes sure of: the owner of the environment, and the owner of the demo."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

DEMO_EMAIL = "demo@gistline.example"
DEMO_PASSWORD = "demo-gistline"  # noqa: S105 -- printed for everybody; the demo speaks to the sandbox only


def ensure_admin() -> bool:
    """The owner named by ADMIN_EMAIL and ADMIN_PASSWORD. True when it was created now.

    A person who exists already keeps password and role.
    """
    return bool(settings.ADMIN_EMAIL and settings.ADMIN_PASSWORD) and ensure_owner(
        settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD
    )


def ensure_demo() -> bool:
    """The demo's owner, when nobody has an account yet. True when the demo login stands."""
    people = get_user_model().objects
    if not people.exists():
        ensure_owner(DEMO_EMAIL, DEMO_PASSWORD)
    return people.filter(email=DEMO_EMAIL, is_active=True).exists()


def ensure_owner(email: str, password: str) -> bool:
    """An owner who can sign in at once: the address counts as verified. True when created now."""
    people = get_user_model().objects
    if people.filter(email__iexact=email).exists():
        return False
    with transaction.atomic():
        owner = people.create_user(email.lower(), password, role="owner")
        EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    return True
