"""What a run reports, with what a plan, or a run that applied one, adds."""

from typing import Any

from integration.models import ChangeState, Run
from integration.plans.digest import digest_of
from integration.plans.price import price_of


def report_of(run: Run) -> dict[str, Any]:
    report = run.report()
    if run.dry_run and run.is_finished:
        report |= {"plan": run.pk, "digest": digest_of(run), "estimated_calls": price_of(run).calls}
    elif run.plan_id:
        report |= {"plan": run.plan_id}
    if run.dry_run or run.plan_id or run.undoes_id or run.target.undo:
        report["held"] = run.changes.filter(state=ChangeState.HELD).count()
    return report
