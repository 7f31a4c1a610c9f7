"""What the pages of Settings → People show."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet
from django.template.defaultfilters import pluralize
from django.utils import timezone

from dashboard.models import ApiKey, Invitation, User
from integration.models import ConnectLink, Link

# What a role may do, in the order of the table: the right, the roles that have it, and those of whom only the persons
# that it is ticked for.
RIGHTS = (
    ("See overview, runs, log, contacts and problems of the links it sees", "viewer operator owner"),
    ("See personal data: names, addresses, numbers and values", "viewer operator owner", "viewer operator"),
    ("Retry, answer questions, sync now, make a plan", "operator owner", "operator"),
    ("Change connections, mappings, rules and workflows", "operator owner", "operator"),
    ("Write to live accounts by hand: apply, undo, go live, import, a contact", "operator owner", "operator"),
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


def _may(role: str, roles: str, ticked: str = "") -> str:
    return ("if ticked" if role in ticked.split() else "yes") if role in roles.split() else "no"


def people_context() -> dict[str, Any]:
    people, invitations = list(people_rows()), list(invitation_rows())
    return {
        "settings_page": "people",
        "people": people,
        "invitations": invitations,
        "link_count": Link.objects.count(),
        "rights": [(right, [_may(role, *roles) for role in ROLES]) for right, *roles in RIGHTS],
        "active_count": sum(person.is_active for person in people),
    }


def made_ways_in(person: User) -> str:
    """How many keys and addresses the person made that still let somebody in, in words; empty where there are none."""
    now = timezone.now()
    opens = {
        "API key": ApiKey.objects.filter(made_by=person, revoked_at=None, ends_at__gt=now),
        "connect link": ConnectLink.objects.filter(made_by=person, used_at=None, revoked_at=None, ends_at__gt=now),
        "invitation": Invitation.objects.filter(invited_by=person, ends_at__gt=now),
    }
    counts = {name: rows.count() for name, rows in opens.items()}
    return ", ".join(f"{count} {name}{pluralize(count)}" for name, count in counts.items() if count)
