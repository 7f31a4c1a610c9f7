"""How many people a plan writes to, and whether its link lets it do so without being asked."""

from integration.models import ChangeState, Run


def people_in(plan: Run) -> int:
    """Each person once, also one of whom tasks or what Gist shows of them are entries of their own."""
    planned = plan.changes.filter(state=ChangeState.PLANNED).order_by()
    nameless = planned.filter(entry__gist_id="", entry__ghl_id="")
    people = planned.exclude(entry__gist_id="", entry__ghl_id="")
    return (
        people.values("entry__gist_id", "entry__ghl_id").distinct().count()
        + nameless.values("entry").distinct().count()
    )


def is_over_cap(plan: Run) -> bool:
    cap = plan.link.change_cap
    return bool(cap) and people_in(plan) > cap
