"""The end of a run: who was missing, who is unchanged, how it went; always with counts that balance."""

from django.db import transaction
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import COUNTS, Link, Pair, Run, RunKind, RunStatus, Snapshot
from integration.sync.apply import Person
from integration.sync.decide import Decision
from integration.sync.ledger import Entry
from integration.sync.observe import as_contact


def people(link: Link) -> int:
    """Everyone the link knows: pairs, and records without a counterpart."""
    return Pair.objects.filter(link=link).count() + Snapshot.objects.filter(link=link, pair=None).count()


def forget_unseen(run: Run, side: str) -> None:
    """After reading all of a side: records without a counterpart that are no longer there need no keeping."""
    Snapshot.objects.filter(link=run.link, side=side, pair=None).exclude(seen_run=run.pk).delete()


def missing_halves(run: Run) -> list[Entry]:
    """Pairs of which a full run did not meet one side. Nothing is deleted or created for them."""
    if run.kind != RunKind.FULL:
        return []
    unseen = Snapshot.objects.filter(link=run.link, pair__isnull=False).exclude(seen_run=run.pk)
    pairs = set(unseen.exclude(decided_run=run.pk).values_list("pair_id", flat=True)[:10_000])
    return [_missing(run, pk) for pk in pairs]


def _missing(run: Run, pair_id: int) -> Entry:
    halves = {one.side: one for one in Snapshot.objects.filter(pair_id=pair_id).select_related("pair")}
    gist, ghl = halves.get("gist"), halves.get("ghl")
    person = Person(gist=as_contact(gist) if gist else None, ghl=as_contact(ghl) if ghl else None)
    person.decision, person.reason = Decision("missing_there"), "missing_there"
    absent = [name for name, one in (("Gist", gist), ("GHL", ghl)) if one is None or one.seen_run != run.pk]
    return Entry(person, gist, ghl, message=f"No longer listed in {' and '.join(absent)}.", planned=run.dry_run)


@transaction.atomic
def close_run(run: Run, rules: Rules) -> None:
    """Count everyone nothing was decided for, and move the link's marks on."""
    run.refresh_from_db(fields=["created", "updated", "unchanged", "skipped", "failed"])
    if run.kind in (RunKind.FULL, RunKind.INCREMENTAL):
        _count_the_rest(run)
    if not run.dry_run and run.kind in (RunKind.FULL, RunKind.INCREMENTAL):
        _move_marks(run, rules)
    run.total = run.examined
    finish(run, RunStatus.PARTIAL if run.failed or run.error else RunStatus.SUCCEEDED, counts=True)


def _count_the_rest(run: Run) -> None:
    mine = Snapshot.objects.filter(link=run.link)
    decided = mine.filter(decided_run=run.pk, pair__isnull=False).values("pair_id").distinct().count()
    run.unchanged += Pair.objects.filter(link=run.link).count() - decided
    run.skipped += mine.filter(pair=None).exclude(decided_run=run.pk).count()


def _move_marks(run: Run, rules: Rules) -> None:
    marks = run.checkpoint.get("marks", {})
    link = Link.objects.select_for_update().get(pk=run.link_id)
    link.cursors = {**link.cursors, "rules": rules.digest} | {
        side: marks[side] for side in ("gist", "ghl") if side in marks
    }
    if run.kind == RunKind.FULL:
        link.full_run_at = timezone.now()
    link.save(update_fields=["cursors", "full_run_at"])


ENDED = ["status", "finished_at", "wait_until", "wait_reason", "error_code", "error", "alive_at", "checkpoint", "total"]


def finish(run: Run, status: RunStatus, code: str = "", sentence: str = "", *, counts: bool = False) -> None:
    """Put the run to its end. `sentence` says why it could not. The ledger keeps the counts until the close."""
    run.status, run.finished_at, run.wait_until, run.wait_reason = status, timezone.now(), None, ""
    if sentence:
        run.error_code, run.error = code, sentence
    run.alive_at, run.checkpoint = run.finished_at, {**run.checkpoint, "cursor": None}
    run.save(update_fields=[*ENDED, *COUNTS] if counts else ENDED)
