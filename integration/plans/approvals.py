"""Who agreed to a plan: over the link's cap two persons may have to, each to what they read."""

from typing import Any

from django.utils import timezone

from integration.errors import SetupError
from integration.models import Approval, Run
from integration.plans.digest import digest_of
from integration.plans.size import is_over_cap


def needed_approvals(plan: Run) -> int:
    return plan.link.approvals if is_over_cap(plan) else 1


def approvals_of(plan: Run, digest: str = "") -> list[Approval]:
    """Those that still hold: a changed tick needs them again."""
    return list(plan.approvals.filter(digest=digest or digest_of(plan)).select_related("user"))


def approve(plan: Run, user: Any, digest: str) -> bool:
    """Note the yes of this person to the plan as it was read. True when no other one is needed. Raises SetupError."""
    stands = digest_of(plan)
    if digest != stands:
        raise SetupError(f"Plan {plan.pk} has changed since you read it; nothing was written. Read it again.")
    Approval.objects.update_or_create(plan=plan, user=user, defaults={"digest": stands, "at": timezone.now()})
    return is_approved(plan, stands)


def is_approved(plan: Run, digest: str = "") -> bool:
    return len(approvals_of(plan, digest)) >= needed_approvals(plan)
