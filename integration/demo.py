"""People that `manage.py up` makes sure of: the owner of the environment, and the owner of the demo."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from integration.models import Connection, ConnectionStatus
from integration.models.connection import SANDBOX_OFF

HOW_TO_CREATE_AN_OWNER = "Set ADMIN_EMAIL and ADMIN_PASSWORD and start `manage.py up` once more: it creates that owner."
DEMO_EMAIL = "demo@gistline.example"
DEMO_PASSWORD = "demo-gistline"  # noqa: S105 -- printed for everybody; the demo speaks to the sandbox only


def ensure_admin() -> bool:
    """The owner named by ADMIN_EMAIL and ADMIN_PASSWORD. True when it was created now.

    A person who exists already keeps password and role.
    """
    return bool(settings.ADMIN_EMAIL and settings.ADMIN_PASSWORD) and ensure_owner(
        settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD
    )


def switch_on_demo() -> bool:
    """The demo's owner, made when nobody has an account yet. True when the demo login stands."""
    people = get_user_model().objects
    if not people.exists():
        ensure_owner(DEMO_EMAIL, DEMO_PASSWORD)
    for owner in people.filter(email=DEMO_EMAIL, is_active=False):
        # One that has a password was not switched off by us but by a person, which stands.
        if not owner.has_usable_password():
            owner.set_password(DEMO_PASSWORD)
            owner.is_active = True
            owner.save(update_fields=["password", "is_active"])
    off = Connection.objects.filter(sandbox=True, status=ConnectionStatus.RECONNECT, status_reason=SANDBOX_OFF)
    off.update(status=ConnectionStatus.NEW, status_reason="", status_since=timezone.now())
    return people.filter(email=DEMO_EMAIL, is_active=True).exists()


def switch_off_demo() -> None:
    """Nobody signs in as the demo's owner any more, and its sessions end; connections to the sandbox say why they rest.

    Without a usable password, sessions that were opened before stay ended when the demo comes on again: each holds a
    digest of the password it was opened with.
    """
    for owner in get_user_model().objects.filter(email=DEMO_EMAIL, is_active=True):
        owner.set_unusable_password()
        owner.is_active = False
        owner.save(update_fields=["password", "is_active"])
    for connection in Connection.objects.filter(sandbox=True).exclude(status=ConnectionStatus.DISCONNECTED):
        connection.set_status(ConnectionStatus.RECONNECT, SANDBOX_OFF)


def is_first_start() -> bool:
    """Whether nothing was ever set up here: not even a demo that somebody has deleted since."""
    return not _stamp().exists() and not Connection.objects.exists()


def note_demo_link() -> None:
    """Remember that the link of the demo was set up, so that it is not once more."""
    _stamp().write_text("set up\n")


def _stamp() -> Path:
    return Path(settings.DATA_DIR) / "demo.stamp"


def has_owner() -> bool:
    """Whether somebody may set up and give accounts."""
    return acting_owners().exists()


def acting_owners() -> "QuerySet[Any]":
    """Owners who can sign in; the demo's counts while the demo is on."""
    owners: QuerySet[Any] = get_user_model().objects.filter(role="owner", is_active=True)
    return owners if settings.DEMO else owners.exclude(email=DEMO_EMAIL)


def ensure_owner(email: str, password: str) -> bool:
    """An owner who can sign in at once. True when created now."""
    people = get_user_model().objects
    if people.filter(email__iexact=email).exists():
        return False
    people.create_user(email, password, role="owner")
    return True
