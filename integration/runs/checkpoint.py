"""How far a run is. It is saved in one transaction with each page that was read, so that a slice may be killed anywhere
and the next one goes on from there; what it holds stands at `models.Checkpoint`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.models import Link, Run, RunKind
from integration.records import Contact
from integration.runs.context import RunContext

# Changes are read again this far back: GHL's search index shows a write late (docs/ghl-api.md#search).
OVERLAP = {"ghl": timedelta(minutes=5), "gist": timedelta(minutes=1)}


@contextmanager
def saved_with_checkpoint(context: RunContext) -> Iterator[None]:
    """What was read and the checkpoint behind it, both or neither. A checkpoint whose page was rolled back would
    otherwise be saved by what ends the slice, and the page would never be read again.
    """
    checkpoint, phase = context.checkpoint, context.run.phase
    before = deepcopy(checkpoint)
    try:
        with transaction.atomic():
            yield
            context.save()
    except BaseException:
        # In place: others hold this very object.
        vars(checkpoint).update(vars(before))
        context.run.phase = phase
        raise


def enter_phase(context: RunContext, phase: str) -> None:
    """To be saved by the caller. Each phase has a cursor of its own."""
    context.run.phase, context.checkpoint.cursor = phase, None


def note_page(context: RunContext, side: str, contacts: tuple[Contact, ...]) -> None:
    """The mark the next incremental run reads down to: the newest change seen, at most when reading began."""
    run, checkpoint = context.run, context.checkpoint
    # At most when reading began: a record may change after its page was read, and be newer than all that was seen.
    # At most the newest change seen: by the clock of the API, which ours may be ahead of.
    began = checkpoint.began[side]
    newest = max((c.updated_at.isoformat() for c in contacts if c.updated_at), default="")
    newest = checkpoint.newest[side] = max(checkpoint.newest.get(side, ""), newest)
    checkpoint.marks[side] = min(newest, began) if newest else began
    checkpoint.read[side] = checkpoint.read.get(side, 0) + len(contacts)
    if run.kind == RunKind.SWEEP:
        _show_progress(run)


def _show_progress(run: Run) -> None:
    progress = {"started_at": (run.started_at or timezone.now()).isoformat(), "read": run.checkpoint.read}
    Link.objects.filter(pk=run.link_id).update(sweep=progress)


def read_since(context: RunContext, side: str) -> datetime | None:
    """How far back an incremental run reads; None reads everything."""
    cursors = context.run.link.cursors
    # Under other rules also a record that did not change may have to be written, so everything is read.
    is_partial = context.run.kind == RunKind.INCREMENTAL and cursors.get("rules") == context.rules.digest
    if not (is_partial and cursors.get(side)):
        return None
    mark = datetime.fromisoformat(cursors[side])
    if not cursors.get(f"{side}_settled"):
        mark -= OVERLAP[side]
    # Never less far than the mark, which moves on with the run: what lies between would not be read by any other.
    return min(mark, datetime.fromisoformat(context.run.target.since)) if context.run.target.since else mark


def note_settled(run: Run, cursors: dict[str, Any], side: str) -> dict[str, Any]:
    """What the link's cursors say of a mark beside it: when a run first ended that saw it, and whether it is settled.

    A mark is settled once a run began so long after that whatever is older was shown: then nothing older has to be
    read again, however many changes there were just before it. Both times are by our own clock, so that one that goes
    wrong does no harm.
    """
    mark, began = run.checkpoint.marks.get(side), run.checkpoint.began.get(side)
    if mark is None or mark != cursors.get(side) or began is None:
        return {f"{side}_seen_at": timezone.now().isoformat(), f"{side}_settled": False}
    seen_at = cursors.get(f"{side}_seen_at") or began
    is_settled = datetime.fromisoformat(began) - datetime.fromisoformat(seen_at) >= OVERLAP[side]
    return {f"{side}_seen_at": seen_at, f"{side}_settled": is_settled or bool(cursors.get(f"{side}_settled"))}
