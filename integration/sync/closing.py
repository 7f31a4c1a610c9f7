"""The end of a run: who was missing, who is unchanged, how it went; always with counts that balance."""

from django.db import transaction
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import CIRCLES, COUNTS, READING, Hint, Link, Pair, Run, RunKind, RunStatus, Snapshot
from integration.queue import enqueue
from integration.sync.hints import doubt
from integration.workflows import executions

AROUND = {"task": "around_task", "appointment": "around_appointment"}
"""Where a link's cursors say when all of a kind were read last; blank while no workflow waits for them."""


def people(link: Link) -> int:
    """Everyone the link knows: pairs, and records without a counterpart."""
    return Pair.objects.filter(link=link).count() + Snapshot.objects.filter(link=link, pair=None).count()


def forget_unseen(run: Run, side: str) -> None:
    """After reading all of a side: records without a counterpart that are no longer there need no keeping."""
    Snapshot.objects.filter(link=run.link, side=side, pair=None).exclude(seen_run=run.pk).delete()


def doubt_unseen(run: Run) -> None:
    """Pairs of which a full read did not meet one side: they are asked for by id before anything is believed."""
    unseen = Snapshot.objects.filter(link=run.link, pair__state=Pair.State.LINKED).exclude(seen_run=run.pk)
    for side in ("gist", "ghl"):
        doubt(run.link, side, unseen.filter(side=side).values_list("external_id", flat=True)[:10_000])


@transaction.atomic
def close_run(run: Run, rules: Rules) -> None:
    """Count everyone nothing was decided for, and move the link's marks on."""
    run.refresh_from_db(fields=["created", "updated", "unchanged", "skipped", "failed"])
    if run.kind in READING:
        _count_the_rest(run)
    if not run.dry_run and run.kind in READING:
        _move_marks(run, rules)
    run.total = run.examined
    finish(run, RunStatus.PARTIAL if run.failed or run.error else RunStatus.SUCCEEDED, counts=True)
    if Hint.objects.filter(link=run.link).exists() or executions.next_due(run.link):
        enqueue("live", run.link_id)


def _count_the_rest(run: Run) -> None:
    mine = Snapshot.objects.filter(link=run.link)
    decided = mine.filter(decided_run=run.pk, pair__isnull=False).values("pair_id").distinct().count()
    # Those who wait for another try, or for a person, are not unchanged.
    waiting = mine.filter(fresh__isnull=False, pair__isnull=False).exclude(decided_run=run.pk)
    waits = waiting.values("pair_id").distinct().count()
    run.unchanged += Pair.objects.filter(link=run.link).count() - decided - waits
    run.skipped += waits
    run.skipped += mine.filter(pair=None).exclude(decided_run=run.pk).count()


def _move_marks(run: Run, rules: Rules) -> None:
    marks = run.checkpoint.get("marks", {})
    link = Link.objects.select_for_update().get(pk=run.link_id)
    link.cursors = {**link.cursors, "rules": rules.digest} | {
        name: marks[name] for name in ("gist", "ghl", *AROUND.values()) if name in marks
    }
    if run.kind in CIRCLES:
        link.full_run_at = timezone.now()
        link.parity, link.sweep = _parity(run), {}
    link.save(update_fields=["cursors", "full_run_at", "parity", "sweep"])


def _parity(run: Run) -> dict[str, object]:
    """What a circle says: people equal on both sides, those that differ, those that are on one side only.

    A sweep tells what it found; a full run, which a person starts to bring both sides in step, what it left behind.
    """
    swept = run.kind == RunKind.SWEEP
    return {
        "equal": run.unchanged + (0 if swept else run.created + run.updated),
        "differs": run.failed + (run.updated if swept else 0),
        "missing": run.skipped + (run.created if swept else 0),
        "pairs": Pair.objects.filter(link=run.link, state=Pair.State.LINKED).count(),
        "finished_at": timezone.now().isoformat(),
    }


ENDED = ["status", "finished_at", "wait_until", "wait_reason", "error_code", "error", "alive_at", "checkpoint", "total"]


def finish(run: Run, status: RunStatus, code: str = "", sentence: str = "", *, counts: bool = False) -> None:
    """Put the run to its end. `sentence` says why it could not. The ledger keeps the counts until the close."""
    run.status, run.finished_at, run.wait_until, run.wait_reason = status, timezone.now(), None, ""
    if sentence:
        run.error_code, run.error = code, sentence
    run.alive_at, run.checkpoint = run.finished_at, {**run.checkpoint, "cursor": None}
    run.save(update_fields=[*ENDED, *COUNTS] if counts else ENDED)
