"""Whom the company's sign-in lets in: people who have an account or an invitation for the address it vouches for.

Nobody gets an account by it, and nothing of the provider is kept: who holds the address holds the account, as with the
invitation that was sent there.
"""

from django.conf import settings
from django.utils.text import capfirst

from dashboard.accounts.backend import Backend
from dashboard.accounts.oidc import Identity
from dashboard.models import Invitation, User
from dashboard.people.addresses import find_by_address
from dashboard.people.invitations import accept_by_company

UNVERIFIED = (
    "{company} does not say that {email} is verified, so it does not sign you in here. Have the address verified "
    "there, or sign in another way."
)
STRANGER = "There is no account for {email}. Accounts are given by an owner: ask one to invite you."
DEACTIVATED = "The account of {email} is deactivated. Ask an owner to activate it again."
ENDED = "Your invitation has ended. Ask an owner to invite {email} again."


class NotLetIn(Exception):
    """The sentence for whoever wanted to sign in."""


def let_in(identity: Identity) -> User:
    """The person, whose invitation is accepted if they have one. Raises NotLetIn."""
    if not identity.email or not identity.verified:
        raise _refusal(UNVERIFIED, identity)
    user = find_by_address(User.objects.all(), identity.email)
    if user is None:
        raise _refusal(STRANGER, identity)
    if not user.is_active:
        user = _accept_invitation(user, identity)
    if not Backend().user_can_authenticate(user):
        raise _refusal(STRANGER, identity)
    return user


def _accept_invitation(user: User, identity: Identity) -> User:
    invitation = Invitation.objects.filter(user=user).first()
    if invitation is None:
        raise _refusal(DEACTIVATED, identity)
    accepted = accept_by_company(invitation, identity.name)
    if accepted is None:
        raise _refusal(ENDED, identity)
    return accepted


def _refusal(sentence: str, identity: Identity) -> NotLetIn:
    email = identity.email or "your address"
    return NotLetIn(sentence.format(company=capfirst(settings.OIDC_NAME), email=email[:254]))
