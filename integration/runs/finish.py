"""The end of a run: who was missing, who is unchanged, how it went; always with counts that balance."""

import logging

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import COUNTS, FULL_READS, READING, Link, Outcome, Pair, PendingRead, Run, RunStatus, Snapshot
from integration.queue import enqueue
from integration.runs.checkpoint import note_settled
from integration.runs.context import SAVED, RunContext
from integration.sync.pending_reads import verify_missing
from integration.sync.questions import close_questions_of_missing
from integration.workflows import executions

logger = logging.getLogger(__name__)

# Where a link's cursors say when all of a kind were read last; blank while no workflow waits for them.
RELATED_CURSORS = {"task": "related_task", "appointment": "related_appointment"}


def count_people(link: Link) -> int:
    """Everyone the link knows: pairs, and records without a counterpart. Who was deleted on both sides is nobody."""
    return _pairs_of(link).count() + Snapshot.objects.filter(link=link, pair=None).count()


def _pairs_of(link: Link) -> QuerySet[Pair]:
    return Pair.objects.filter(link=link).exclude(state=Pair.State.DELETED)


def forget_unseen(run: Run, side: str) -> None:
    """After reading all of a side: records without a counterpart that are no longer there need no keeping."""
    Snapshot.objects.filter(link=run.link, side=side, pair=None).exclude(seen_run=run.pk).delete()


def verify_unseen(run: Run) -> None:
    """Pairs of which a full read did not find one side: each is asked for by id before anything is believed."""
    unseen = Snapshot.objects.filter(link=run.link, pair__isnull=False).exclude(seen_run=run.pk)
    for side in ("gist", "ghl"):
        verify_missing(run.link, side, unseen.filter(side=side).values_list("external_id", flat=True)[:10_000])


@transaction.atomic
def close_run(context: RunContext) -> None:
    """Count everyone nothing was decided for, and move the link's marks on.

    What was decided is counted as it is recorded, who is there by the rows of the link: `Run.is_balanced` compares.
    """
    run = context.run
    run.refresh_from_db(fields=[*COUNTS, "met_again", "quiet"])
    people = _count_the_rest(run) if run.kind in READING else 0
    if not run.dry_run and run.kind in READING:
        _move_marks(run, context.rules)
    close_questions_of_missing(run.link)
    run.total = people + run.met_again if run.kind in READING else run.examined
    # Actions of workflows that failed are entries of the run as well, though only people are counted in its balance.
    whole = not run.error and not run.entries.filter(outcome=Outcome.FAILED).exists() and not run.failed
    context.note_work()
    finish_run(run, RunStatus.SUCCEEDED if whole else RunStatus.PARTIAL, counts=True)
    if PendingRead.objects.filter(link=run.link).exists() or executions.next_due(run.link):
        enqueue("live", run.link_id)


def _count_the_rest(run: Run) -> int:
    """Gives how many people there are, as `count_people`."""
    mine = Snapshot.objects.filter(link=run.link)
    # The sign only says that a record was read again after its decision; the person was decided all the same.
    decided = mine.filter(decided_run__in=(run.pk, -run.pk), pair__isnull=False).values("pair_id")
    # Those who wait for another try, or for a person, are not unchanged.
    waiting = mine.filter(undecided__isnull=False, pair__isnull=False).exclude(pair__in=decided)
    waits = waiting.values("pair_id").distinct().count()
    pairs = _pairs_of(run.link).count()
    decided_alone = Count("pk", filter=Q(decided_run__in=(run.pk, -run.pk)))
    alone = mine.filter(pair=None).aggregate(all=Count("pk"), decided=decided_alone)
    unchanged = pairs - decided.distinct().count() - waits
    skipped = waits + alone["all"] - alone["decided"]
    run.unchanged += unchanged
    run.skipped += skipped
    run.quiet += unchanged + skipped
    return pairs + int(alone["all"])


def _move_marks(run: Run, rules: Rules) -> None:
    marks = run.checkpoint.marks
    link = Link.objects.select_for_update().get(pk=run.link_id)
    settled = {key: value for side in ("gist", "ghl") for key, value in note_settled(run, link.cursors, side).items()}
    link.cursors = {**link.cursors, **settled, "rules": rules.digest} | {
        name: marks[name] for name in ("gist", "ghl", *RELATED_CURSORS.values()) if name in marks
    }
    if run.kind in FULL_READS:
        link.full_run_at, link.sweep = timezone.now(), {}
    link.save(update_fields=["cursors", "full_run_at", "sweep"])


ENDED = ["status", "finished_at", "wait_until", "wait_reason", "error_code", "error", "alive_at", "checkpoint", "total"]


def finish_run(run: Run, status: RunStatus, code: str = "", sentence: str = "", *, counts: bool = False) -> None:
    """Put the run to its end. `sentence` says why it could not. Counts are kept by the recorder until the close, and
    saved with all that a slice keeps.
    """
    run.status, run.finished_at, run.wait_until, run.wait_reason = status, timezone.now(), None, ""
    if sentence:
        run.error_code, run.error = code, sentence
    run.alive_at, run.checkpoint.cursor = run.finished_at, None
    run.save(update_fields={*ENDED, *SAVED, *COUNTS, "quiet"} if counts else ENDED)
    facts = {"trace": run.trace, "run": run.pk, "kind": run.kind, "status": str(status)}
    logger.info("run %s ended: %s", run.pk, code or status, extra={"facts": facts})
