"""A finished dry run as a plan: whether it can still be applied, and why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from integration.errors import SetupError
from integration.models import ASKED_FOR, ChangeState, Mode, Run, RunKind, RunStatus

PLAN_HOURS = 24
# Plans of these kinds are about what a webhook or a retry named, and take nothing from one about everybody.
OF_THE_MOMENT = (RunKind.LIVE, RunKind.RETRY, RunKind.SINGLE)
DONE = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


@dataclass(frozen=True)
class Standing:
    """`code` is ready, empty, unfinished, no_plan, applying, applied, expired or replaced; `sentence` says it in words
    that tell what to do, "" where it is ready. `by` is the run that applied or replaced it.
    """

    code: str
    sentence: str = ""
    by: Run | None = None


def expires_at(plan: Run) -> datetime | None:
    return plan.finished_at + timedelta(hours=PLAN_HOURS) if plan.finished_at else None


def standing_of(plan: Run) -> Standing:
    if not plan.dry_run:
        return Standing("no_plan", f"Run {plan.pk} is no plan: it wrote what it decided. Make one with a dry run.")
    if not plan.is_finished:
        return Standing("unfinished", f"Plan {plan.pk} is still being made. Wait until it is finished.")
    if plan.status not in DONE:
        return Standing(
            "unfinished", f"Plan {plan.pk} did not come to its end ({plan.get_status_display().lower()}). Plan again."
        )
    if applied := _applied_by(plan):
        return applied
    expires = expires_at(plan)
    if expires and expires <= timezone.now():
        return Standing("expired", f"Plan {plan.pk} is older than {PLAN_HOURS} hours and has expired. Plan again.")
    if newer := _newer_plan(plan):
        return Standing(
            "replaced", f"Plan {plan.pk} was replaced by plan {newer.pk} of the same link. Apply that one.", newer
        )
    if not plan.changes.filter(state=ChangeState.PLANNED).exists():
        return Standing("empty", f"Plan {plan.pk} holds nothing to write.")
    return Standing("ready")


def _applied_by(plan: Run) -> Standing | None:
    """Of one that was cancelled or could not finish, what is left may be applied still."""
    runs = list(plan.applied_by.order_by("-pk"))
    if running := next((run for run in runs if run.is_active), None):
        return Standing("applying", f"Plan {plan.pk} is being applied by run {running.pk}.", running)
    if done := next((run for run in runs if run.status in DONE), None):
        return Standing(
            "applied", f"Plan {plan.pk} was applied by run {done.pk}; nothing is written twice. Plan again.", done
        )
    return None


def _newer_plan(plan: Run) -> Run | None:
    newer = Run.objects.filter(link=plan.link_id, dry_run=True, pk__gt=plan.pk, status__in=DONE)
    newer = newer.exclude(kind__in=OF_THE_MOMENT)
    if plan.is_asked_for:
        # While a link only watches, its schedule plans every quarter of an hour; nobody's reading is cut short by that.
        newer = newer.filter(trigger__in=ASKED_FOR)
    return newer.order_by("-pk").first()


def check_applies(plan: Run) -> None:
    """Raises SetupError when nothing of it may be written."""
    standing = standing_of(plan)
    if standing.code != "ready":
        raise SetupError(standing.sentence)
    if plan.link.mode == Mode.WATCH:
        raise SetupError(
            f"{plan.link.name} only watches, which writes nothing. Put it live first, then apply the plan."
        )
