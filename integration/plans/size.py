"""How many people a plan writes to, and whether its link lets it do so without being asked."""

from integration.models import ChangeState, Run


def people_in(plan: Run) -> int:
    return plan.changes.filter(state=ChangeState.PLANNED).values("entry").distinct().count()


def is_over_cap(plan: Run) -> bool:
    cap = plan.link.change_cap
    return bool(cap) and people_in(plan) > cap
