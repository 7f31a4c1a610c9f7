"""Giving somebody an account: a one-time address, by mail or copied, where they choose their password.

It works without a mail server: the address is shown, and printed by `manage.py invite`, exactly once.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Invitation, Role, User
from dashboard.people.addresses import find_by_address
from dashboard.people.roles import access_of, change_access, has_account, usual_rights
from integration import audit
from integration.errors import SetupError
from integration.models import Link

LASTS = timedelta(days=7)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Invited:
    """What came of inviting somebody.

    `address` is the one-time address, or the sign-in page's for somebody whose account stands: `is_new` is False then,
    and only role and links were changed. `mailed`: a mail with it went out.
    """

    user: User
    address: str
    is_new: bool
    mailed: bool = False


def invite(
    email: str, role: str, links: Iterable[Link] | None, by: User | None = None, rights: Iterable[str] | None = None,
    *, sees_personal_data: bool | None = None,
) -> Invited:  # fmt: skip
    """Make the person, or change the role and links (None: all) of whoever has the address. Raises SetupError.

    `rights`: None for those that the role begins with; `sees_personal_data` gives or takes the one, whatever `rights`.

    An invitation that was not accepted yet is replaced: its address ends.
    """
    email = _checked_address(email)
    with transaction.atomic():
        user = find_by_address(User.objects.select_for_update(), email)
        if user is None:
            user = _make_person(email)
            rights = usual_rights(role) if rights is None else rights
        change_access(user, role, links, by, rights, sees_personal_data=sees_personal_data)
        if user.is_active:
            return Invited(user, f"{settings.PUBLIC_URL}{reverse('account_login')}", is_new=False)
        token = _renew_invitation(user, by)
        audit.record("person_invite", email, after=access_of(user))
    address = f"{settings.PUBLIC_URL}{reverse('invitation', args=[token])}"
    return Invited(user, address, is_new=True, mailed=_send_invitation(user, address))


def _checked_address(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise SetupError(f"“{text}” is no e-mail address. Write it as you@example.com.", "EMAIL") from None
    return email


def _make_person(email: str) -> User:
    """Without a password nobody can sign in, and an address that is not verified gets no mail to reset one."""
    user = User(email=email, is_active=False)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=False, primary=True)
    return user


def _renew_invitation(user: User, by: User | None) -> str:
    token, now = secrets.token_urlsafe(32), timezone.now()
    facts = {"digest": digest_of(token), "invited_by": by, "created_at": now, "ends_at": now + LASTS, "opened_at": None}
    Invitation.objects.update_or_create(user=user, defaults=facts)
    return token


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _send_invitation(user: User, address: str) -> bool:
    """Whether a mail went out. One that did not changes nothing: the address is shown all the same."""
    if not settings.SENDS_EMAIL:
        return False
    site = urlsplit(settings.PUBLIC_URL).netloc
    text = render_to_string("account/email/invitation_message.txt", {"user": user, "address": address, "site": site})
    try:
        send_mail("Gistline: you are invited", text, None, [user.email])
    except (SMTPException, OSError) as problem:
        # What a mail server says may name the person: only the kind of trouble is logged.
        logger.error("an invitation was not mailed: %s; EMAIL_URL says where mails go", type(problem).__name__)
        return False
    return True


def find_invitation(token: str) -> Invitation | None:
    """The invitation with this one-time address, while it can be accepted."""
    found = Invitation.objects.select_related("user").filter(digest=digest_of(token)).first()
    return None if found is None or found.has_ended else found


def mark_opened(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=timezone.now())


@transaction.atomic
def accept(token: str, password: str, name: str = "") -> User | None:
    """The person with their password, address verified; None when the address was used, withdrawn or has ended."""
    # Locked: of two who open the same address at once, one gets in.
    rows = Invitation.objects.select_for_update().select_related("user").filter(digest=digest_of(token))
    invitation = rows.filter(ends_at__gt=timezone.now()).first()
    if invitation is None:
        return None
    invitation.user.set_password(password)
    # Whoever opened the address has shown that it reaches them.
    return _let_in(invitation, name)


@transaction.atomic
def accept_by_company(invitation: Invitation, name: str) -> User | None:
    """The person without a password of ours: the company's sign-in vouches for the address. None when it has ended."""
    locked = Invitation.objects.select_for_update().select_related("user").filter(pk=invitation.pk)
    found = locked.filter(ends_at__gt=timezone.now()).first()
    return None if found is None else _let_in(found, "" if found.user.first_name else name)


def _let_in(invitation: Invitation, name: str) -> User:
    user = invitation.user
    first, _, last = " ".join(name.split()).partition(" ")
    user.first_name, user.last_name = (first[:150], last[:150]) if name.strip() else (user.first_name, user.last_name)
    user.is_active = True
    user.save()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    invitation.delete()
    with audit.acting(user.email, audit.BROWSER, audit.current().address):
        audit.record("invitation_accepted", user.email)
    return user


@transaction.atomic
def revoke(invitation: Invitation) -> None:
    """Its address ends. Whoever never had an account goes with it; who had one stays deactivated."""
    user = invitation.user
    invitation.delete()
    audit.record("invitation_revoke", user.email)
    if not has_account(user):
        user.delete()


def role_label(role: str) -> str:
    return str(Role(role).label).lower()
