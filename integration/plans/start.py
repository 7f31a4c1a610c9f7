"""Starting what carries out a plan, or takes earlier writes back."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from integration.errors import SetupError
from integration.models import Change, ChangeState, Link, Mode, Run, RunKind, RunTarget
from integration.plans.approvals import is_approved
from integration.plans.choose import leave_out
from integration.plans.digest import digest_of
from integration.plans.size import is_over_cap, people_in
from integration.plans.stored import check_applies
from integration.runs.start import check_ready, start_run
from integration.sync.undo import changes_to_undo, undoable_since


def apply_plan(
    plan: Run, *, exclude: Iterable[int] = (), digest: str = "", user: Any = None, trigger: str = "person",
    confirmed: bool = False, queued: bool = True,
) -> Run:  # fmt: skip
    """A run that writes exactly this plan. Raises SetupError, with nothing left out then: when the plan does not stand
    any more, when it is not the one that was read (`digest`), or when it is over the link's cap and nobody `confirmed`.
    """
    check_applies(plan)
    # A broken login is looked at again, which is a call: never inside the transaction.
    check_ready(plan.link)
    with transaction.atomic():
        leave_out(plan, exclude)
        stands = digest_of(plan)
        if digest and digest != stands:
            raise SetupError(
                f"Plan {plan.pk} is not the one that was read: its digest is {stands}, not {digest}. Read it again.",
                "--digest",
            )
        _check_cap(plan, confirmed or bool(digest))
        kind = RunKind.UNDO if plan.kind == RunKind.UNDO else RunKind.APPLY
        # Who reads the plan has seen how much it changes: the run need not ask again half-way.
        target = RunTarget(confirmed=str(user or "the plan"), undo=plan.target.undo)
        return start_run(
            plan.link, kind, user=user, trigger=trigger, target=target, queued=queued, plan=plan, undoes=plan.undoes
        )


def _check_cap(plan: Run, confirmed: bool) -> None:
    if plan.link.approvals > 1 and is_over_cap(plan) and not is_approved(plan):
        raise SetupError(
            f"Plan {plan.pk} changes {people_in(plan):,} people, and {plan.link.name} wants two persons to agree to "
            f"more than {plan.link.change_cap:,}. Both open the page of the plan and press its button."
        )
    if not confirmed and is_over_cap(plan):
        raise SetupError(
            f"Plan {plan.pk} changes {people_in(plan):,} people, and {plan.link.name} allows {plan.link.change_cap:,} "
            "before a person confirms. Read it, then repeat with --digest to say that it is this one.",
            "--digest",
        )


# Taking back ---------------------------------------------------------------------------------------------


def start_undo(
    link: Link, wanted: Mapping[str, Any], *, dry_run: bool = False, user: Any = None, trigger: str = "person",
    queued: bool = True,
) -> Run:  # fmt: skip
    """A run that takes back what is `wanted` (sync/undo.py). Raises SetupError when nothing of it stands."""
    if not changes_to_undo(link, wanted).exists():
        raise SetupError(_why_nothing_stands(link, wanted))
    if link.mode == Mode.WATCH and not dry_run:
        raise SetupError(f"{link.name} only watches, which writes nothing. Put it live first, then undo.")
    undone = Run.objects.filter(pk=wanted["run"]).first() if wanted.get("run") else None
    target = RunTarget(undo=dict(wanted), confirmed=str(user or "the undo"))
    return start_run(
        link, RunKind.UNDO, dry_run=dry_run, user=user, trigger=trigger, target=target, undoes=undone, queued=queued
    )


def _why_nothing_stands(link: Link, wanted: Mapping[str, Any]) -> str:
    if run := wanted.get("run"):
        changes = Change.objects.filter(run=run)
        if not changes.filter(applied_at__isnull=False).exists():
            return f"Run {run} wrote nothing: there is nothing to take back."
        undone = changes.filter(state=ChangeState.UNDONE).prefetch_related("undone_by").first()
        if not changes.filter(state=ChangeState.APPLIED).exists() and undone:
            by = undone.undone_by.filter(applied_at__isnull=False).order_by("-pk").first()
            name = f"run {by.run_id}" if by else "a later run"
            return f"Run {run} was taken back already, by {name}. To have it again, undo that one."
        return f"Run {run} wrote before {undoable_since():%d %B %Y}, and can be taken back no more."
    about = f"the rule “{wanted['rule']}”" if wanted.get("rule") else "this contact"
    return f"Nothing stands that {about} wrote since {undoable_since():%d %B %Y}: there is nothing to take back."
