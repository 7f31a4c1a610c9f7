"""A record that is gone: whether somebody came in its place, and else what the link's rule about deletions wants."""

from collections.abc import Sequence

from django.db.models import F

from integration import log
from integration.mapping.rules import Rules
from integration.models import Pair, PendingRead, Provider, Run, Snapshot
from integration.sync.blockers import free_contact_keys
from integration.sync.decide import decide_deleted
from integration.sync.decision import Decision
from integration.sync.entry import Entry
from integration.sync.heirs import find_heir
from integration.sync.observe import as_contact
from integration.sync.pairing import link_again
from integration.sync.person import Person
from integration.sync.plan import changes_of

# What a pair becomes when one of its sides was deleted, by the reason of its entry.
PAIR_STATES = {
    "deleted_there": Pair.State.ONE_GONE,
    "merged_there": Pair.State.ONE_GONE,
    "unlinked": Pair.State.UNLINKED,
    "deleted": Pair.State.DELETED,
}


def deletion_entry(run: Run, rules: Rules, pending_read: PendingRead) -> Entry | None:
    """What to do about a record that was deleted; None when it had no counterpart that is still in step with it, or
    when another record came in its place and the pair goes on with that one.
    """
    lost = (
        Snapshot.objects.select_related("pair")
        .filter(link=run.link, side=pending_read.side, external_id=pending_read.external_id)
        .first()
    )
    if lost is None:
        return None
    if lost.pair is None or lost.pair.state in Pair.DISSOLVED:
        _forget_lost(run, lost)
        return None
    left = Snapshot.objects.select_related("pair").filter(pair=lost.pair).exclude(pk=lost.pk).first()
    if left is None:
        return None
    heir = find_heir(run.link, rules, lost, left)
    if heir and heir.is_free:
        log.save_entries([link_again(run, lost.pair, lost, heir.snapshot, left)])
        return None
    if lost.pair.state != Pair.State.LINKED:
        return None
    person = Person()
    person.set_contact(as_contact(left))
    left_out = rules.why_not_taken([as_contact(lost), as_contact(left)])
    if heir:
        person.decision = Decision("merged_there")
    elif left_out:
        # Of somebody whom a filter leaves out nothing is deleted: the other record may be of use elsewhere.
        person.decision = Decision("deleted_there")
    else:
        person.decision = decide_deleted(rules, left.side)  # type: ignore[arg-type]
    person.reason = person.decision.reason
    person.changes = changes_of(rules, person.decision, person.contacts)
    name = Provider(pending_read.side).label
    sentence = f"{name} no longer has {pending_read.external_id}"
    entry = Entry(
        person,
        # A plan ends no notice: nothing has followed from it yet.
        pending_read=None if run.dry_run else pending_read,
        planned=run.dry_run,
        message=f"{sentence}; {heir.sentence}" if heir else f"{sentence}. {left_out}".strip(),
    )
    # A plan decides both halves with it: what is known of the one that is gone must not be planned for by itself.
    for half in (left, lost) if run.dry_run else (left,):
        setattr(entry, half.side, half)
    return entry


def _forget_lost(run: Run, lost: Snapshot) -> None:
    """A record without a counterpart is forgotten. A dissolved pair keeps its ids: nobody is created again."""
    pair = lost.pair
    lost.delete()
    free_contact_keys(run.link, lost.side, (lost.email, lost.phone))
    if pair and Snapshot.objects.filter(pair=pair).exists():
        return
    if pair:
        Pair.objects.filter(pk=pair.pk).update(state=Pair.State.DELETED)
    if abs(lost.decided_run) == run.pk:
        # Decided in this run and gone with it: the run's counts hold one more than there are people.
        Run.objects.filter(pk=run.pk).update(met_again=F("met_again") + 1)


def mark_pairs(entries: Sequence[Entry]) -> None:
    """A pair of which one side was deleted stays as a tombstone, so that nobody creates the person again."""
    for entry in entries:
        state, pair = PAIR_STATES.get(entry.reason), entry.pair_id
        if state and pair and not entry.error:
            Pair.objects.filter(pk=pair).update(state=state)
            gone = Snapshot.objects.filter(pair=pair)
            # What is known of the half that stands is kept: whoever comes in the place of the other is matched to it.
            kept = [] if state == Pair.State.DELETED else [one.pk for one in entry.snapshots]
            forgotten = gone.exclude(pk__in=kept)
            for one in forgotten:
                free_contact_keys(one.link, one.side, (one.email, one.phone))
            forgotten.delete()
