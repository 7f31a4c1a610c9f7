"""One slice of a run: reads, matches, decides and applies until its time is up, and leaves a checkpoint behind.

    prepare ─► read_ghl ─► read_gist ─► read_opted_out ─► match ─► compare ─► apply ─► close      full and sweep
    prepare ─► read_ghl ─► read_gist ─► read_opted_out ─► match ─► apply ─► close      incremental
    prepare ─► read_people ─────────────────────────────► match ─► apply ─► close      retry and single contact
    prepare ─► next_step ─► read_people ─► match ─► apply ─► check_step ─► next_step … ─► close      retry of many
    prepare ─► apply ─► close                                                          live
    prepare ─► check_file ─► import_rows ─► close                                      import
    prepare ─► planned ─► close                                                        plan applied and undo

A dry run goes from apply to plan_carried, one of everybody then to near_matches and lost_rules, and then to close.

The checkpoint says which phase the run is in and how far (checkpoint.py).
"""

import time
from collections.abc import Callable

from integration.models import FULL_READS, READING
from integration.runs.checkpoint import enter_phase
from integration.runs.context import RunContext, TurnOver, prepare_context
from integration.runs.finish import close_run, count_people, verify_unseen
from integration.runs.imports.phases import check_file, import_rows
from integration.runs.ladder import begin_next_step, check_step
from integration.runs.listen import anything_due, handle_due_work, verify_rivals
from integration.runs.match import match_next_page, match_step
from integration.runs.plan_carried import plan_carried
from integration.runs.plan_deletions import plan_deletions
from integration.runs.planned import carry_out_next
from integration.runs.read import read_opted_out, read_page, read_people
from integration.runs.read_related import read_related
from integration.runs.write import Tasks, write_tasks, writes_of
from integration.sync import undecided
from integration.sync.lost_rules import mark_lost_rules
from integration.sync.near import ask_about_near_matches
from integration.sync.one_by_one import all_or_each
from integration.sync.parity import compare_settled


def run_phases(context: RunContext) -> bool:
    """Work until the run is finished (True) or its time is up."""
    run = context.run
    prepare_context(context)
    while run.phase != "close":
        if context.is_over_time:
            return False
        # Reading everyone takes long: what webhooks report meanwhile is handled between two of its pages.
        if run.phase.startswith("read_g"):
            handle_due_work(context)
        try:
            next_phase = PHASES[run.phase](context)
        except TurnOver:
            return False
        if next_phase:
            _begin_phase(context, next_phase)
    close_run(context)
    context.is_closed = True
    return True


def _begin_phase(context: RunContext, phase: str) -> None:
    # The last page of a reading was saved with what follows it, and the end of a run is saved as it is closed.
    if phase == context.run.phase:
        return
    enter_phase(context, phase)
    if phase != "close":
        context.save()


def _read_ghl(context: RunContext) -> str:
    following = "read_gist"
    return following if read_page(context, "ghl", following) else ""


def _read_gist(context: RunContext) -> str:
    """One page of Gist's contacts; after the last one the tasks and appointments of GHL's."""
    if not read_page(context, "gist"):
        return ""
    read_related(context)
    return "read_opted_out"


def _read_opted_out(context: RunContext) -> str:
    following = "match"
    return following if read_opted_out(context, following) else ""


def _read_people(context: RunContext) -> str:
    following = "match"
    return following if read_people(context, following) else ""


def _match_people(context: RunContext) -> str:
    run = context.run
    if context.checkpoint.step:
        match_step(context)
    else:
        matched = match_next_page(context, context.checkpoint.cursor or 0)
        context.checkpoint.cursor = matched.after
        if matched.after is not None:
            context.save()
            context.tick()
            return ""
    if run.kind in FULL_READS:
        undecided.reopen_unpaired(run)
        if not run.dry_run:
            verify_unseen(run)
        return "compare"
    for page in undecided.unpaired_news(run, context.rules):
        # Who makes this fail is put on record when it is decided.
        all_or_each(page, lambda some: verify_rivals(run, context.rules, some))
    return "apply"


def _compare_settled(context: RunContext) -> str:
    after = compare_settled(context.run.link, context.rules, context.checkpoint.cursor or 0)
    return "" if _goes_on(context, after) else "apply"


def _goes_on(context: RunContext, after: int | None) -> bool:
    """Keep from where a phase that looks at all pairs, some at a time, goes on; False when those were all."""
    if after is None:
        return False
    context.checkpoint.cursor = after
    context.tick()
    return True


def _apply_decisions(context: RunContext) -> str:
    """Decide and write everyone who is left; "" when time ran out first."""
    handle_due_work(context)
    if context.run.dry_run and context.run.kind in READING:
        plan_deletions(context)
    while not context.stopping:
        # New tasks are begun only while nothing is due (see below), so this may take several rounds.
        context.broke_off = context.found_anyone = False
        write_tasks(context, _undecided_tasks(context))
        # With nobody on the list no time went by since it was asked what is due.
        if not context.found_anyone or not (context.broke_off or anything_due(context.run)):
            break
        handle_due_work(context)
    if context.stopping:
        return ""
    if context.run.dry_run and context.run.kind in READING:
        return "plan_carried"
    return "check_step" if context.run.target.ladder else "close"


def _undecided_tasks(context: RunContext) -> Tasks:
    """Everyone undecided, until something is reported meanwhile: that goes first."""
    for batch in undecided.entry_batches(context.run, context.rules):
        context.found_anyone = True
        _count_once(context)
        yield from writes_of(context, batch)
        context.tick()
        context.broke_off = anything_due(context.run)
        if context.stopping or context.broke_off:
            return


def _count_once(context: RunContext) -> None:
    """How many people there are, now that somebody is left to decide: a run without would end before it is seen. Saved
    with the next sign of life.
    """
    run = context.run
    if run.kind in READING and run.total is None:
        run.total = count_people(run.link)


def _plan_carried(context: RunContext) -> str:
    following = plan_carried(context)
    return "near_matches" if following == "close" and context.run.kind in FULL_READS else following


# What the match screen shows beside a plan. Only with a plan: a run that writes asks about nobody new.


def _ask_about_near_matches(context: RunContext) -> str:
    ask_about_near_matches(context.run.link, context.rules, context.tick)
    return "lost_rules"


def _mark_lost_rules(context: RunContext) -> str:
    after = mark_lost_rules(context.run.link, context.rules, context.checkpoint.cursor or 0)
    return "" if _goes_on(context, after) else "close"


def _carry_out_planned(context: RunContext) -> str:
    took = 0.0
    while not context.stopping:
        began = time.monotonic()
        if began + took > context.deadline:
            # Who was read and not written before the end would be read again by the next slice, which costs calls.
            context.stopping = True
        elif carry_out_next(context):
            return "close"
        took = time.monotonic() - began
    return ""


# Each gives the phase that follows, or "" while it is not done.
PHASES: dict[str, Callable[[RunContext], str]] = {
    "read_ghl": _read_ghl,
    "read_gist": _read_gist,
    "read_opted_out": _read_opted_out,
    "read_people": _read_people,
    "match": _match_people,
    "apply": _apply_decisions,
    "check_file": check_file,
    "import_rows": import_rows,
    "next_step": begin_next_step,
    "check_step": check_step,
    "compare": _compare_settled,
    "plan_carried": _plan_carried,
    "near_matches": _ask_about_near_matches,
    "lost_rules": _mark_lost_rules,
    "planned": _carry_out_planned,
}
