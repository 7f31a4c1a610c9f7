"""What a person leaves out of a plan, change by change, field by field or rule by rule."""

from collections.abc import Iterable

from django.db.models import Q

from integration.errors import SetupError
from integration.models import ChangeState, Run
from integration.sync.undo import why_not_taken_back

OPEN = (ChangeState.PLANNED, ChangeState.EXCLUDED)


def leave_out(plan: Run, changes: Iterable[int]) -> None:
    """Raises SetupError for a change that the plan does not hold; nothing is left out then."""
    wanted = set(changes)
    known = set(plan.changes.filter(pk__in=wanted, state__in=OPEN).values_list("pk", flat=True))
    if missing := sorted(wanted - known):
        raise SetupError(
            f"Plan {plan.pk} holds no change {missing[0]} that could be left out. "
            f"`manage.py changes {plan.pk}` lists them.",
            "--exclude",
        )
    choose(plan, Q(pk__in=wanted), take=False)


def choose(plan: Run, which: Q, *, take: bool) -> int:
    """Take or leave out these changes of a plan. Returns how many it was otherwise for."""
    before, after = OPEN if not take else reversed(OPEN)
    # What an undo lists as never to be taken back stays so.
    changes = plan.changes.filter(which, state=before)
    if take:
        changes = changes.exclude(pk__in=_never(plan))
    return changes.update(state=after)


def _never(plan: Run) -> list[int]:
    return [one.pk for one in plan.changes.filter(undoes__isnull=False) if why_not_taken_back(one)]
