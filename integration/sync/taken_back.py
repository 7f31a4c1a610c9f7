"""Puts on record that earlier changes were taken back: they are undone, and what is known of the people follows.

To be called in the transaction that records the inverse changes.
"""

from collections.abc import Iterable, Sequence

from integration.models import Change, ChangeAction, ChangeState, Link, Pair, Provider, Snapshot
from integration.sync.entry import Entry
from integration.sync.undo import chain_of


def record_taken_back(link: Link, entries: Sequence[Entry]) -> None:
    for entry in entries:
        done = [one for one in entry.person.changes if one.is_applied and one.undoes_id]
        mark_undone(done)
        for change in done:
            if change.action == ChangeAction.DELETE:
                _forget_record(link, change)
            elif change.action == ChangeAction.CREATE:
                _repair_pair(link, change)


def mark_undone(inverses: Iterable[Change]) -> None:
    """The changes that these have taken back: with a record all that was written to it, with a field the values that
    followed one on the other.
    """
    for inverse in inverses:
        original = inverse.undoes
        if original is None:
            continue
        same = Change.objects.filter(
            link=original.link_id, kind=original.kind, side=original.side, external_id=original.external_id,
            state=ChangeState.APPLIED,
        )  # fmt: skip
        if inverse.action == ChangeAction.UPDATE:
            older = same.filter(action=ChangeAction.UPDATE, field=original.field, pk__lte=original.pk)
            keys = [one.pk for one in _down_to(chain_of(older.order_by("-pk")), inverse)]
        elif inverse.action == ChangeAction.DELETE:
            since = same.filter(pk__gt=original.pk, pk__lt=inverse.pk)
            keys = [original.pk, *since.values_list("pk", flat=True)]
        else:
            keys = [original.pk]
        Change.objects.filter(pk__in=keys, state=ChangeState.APPLIED).update(state=ChangeState.UNDONE)


def _down_to(chain: Sequence[Change], inverse: Change) -> Sequence[Change]:
    """As far as the inverse went: it restored what stood before the last of them."""
    depth = next((number for number, one in enumerate(chain, 1) if one.before == inverse.after), len(chain))
    return chain[:depth]


def _forget_record(link: Link, change: Change) -> None:
    """What it was made from stands alone again, and is not made again before it changes (undecided.py)."""
    side, other = change.side, Provider(change.side).other.value
    pairs = Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": change.external_id})
    left = Snapshot.objects.filter(link=link, side=other, external_id__in=pairs.values(f"{other}_id"))
    left.update(pair=None, reason="undone", create_sent=False)
    Snapshot.objects.filter(link=link, side=side, external_id=change.external_id).delete()
    pairs.delete()


def _repair_pair(link: Link, change: Change) -> None:
    """The record has a new id; its pair goes on with that. Where the other half is gone nobody makes it again."""
    side, other = change.side, Provider(change.side).other.value
    former = change.undoes.external_id if change.undoes else ""
    pair = Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": former}).first()
    Snapshot.objects.filter(link=link, side=side, external_id=former).delete()
    if pair is None:
        return
    stands = Snapshot.objects.filter(link=link, side=other, external_id=pair.external_id(other)).exists()
    pair.state = Pair.State.LINKED if stands else Pair.State.ONE_GONE
    setattr(pair, f"{side}_id", change.external_id)
    pair.save(update_fields=["state", f"{side}_id"])
    halves = {side: change.external_id, other: pair.external_id(other)}
    for half, record in halves.items():
        Snapshot.objects.filter(link=link, side=half, external_id=record).update(pair=pair)
