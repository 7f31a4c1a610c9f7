"""What the pages of Settings → People show."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from dashboard.models import Invitation, User
from integration.models import Link

# What a role may do, in the order of the table: the right, and the roles that have it.
RIGHTS = (
    ("See overview, runs, log, contacts and problems of the links it sees", "viewer operator owner"),
    ("Retry, decide, sync now, change a contact", "operator owner"),
    ("Change connections, mappings, rules and workflows", "operator owner"),
    ("Delete links, connections, workflows and contacts", "owner"),
    ("Invite people, change roles, erase a person, read the audit trail", "owner"),
    ("See a stored login or key", ""),
)
ROLES = ("viewer", "operator", "owner")


def people_rows() -> QuerySet[User]:
    """Those who accepted, with `has_factor`; owners first."""
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    rows = User.objects.filter(invitation=None).annotate(has_factor=Exists(factors)).prefetch_related("links")
    return rows.order_by("-is_active", "first_name", "email")


def invitation_rows() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("user", "invited_by").prefetch_related("user__links").order_by("-pk")


def people_context() -> dict[str, Any]:
    people, invitations = list(people_rows()), list(invitation_rows())
    return {
        "settings_page": "people",
        "people": people,
        "invitations": invitations,
        "link_count": Link.objects.count(),
        "rights": [(right, [role in roles.split() for role in ROLES]) for right, roles in RIGHTS],
        "active_count": sum(person.is_active for person in people),
    }
