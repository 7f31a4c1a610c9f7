"""The one place that makes pairs. A pair's two ids never change while it is together; when one of its records is gone,
it may be linked again to the record that came in its place, and keeps its history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from integration import log
from integration.models import KeptApart, Link, LogEntry, Outcome, Pair, Provider, Run, Snapshot
from integration.records import PersonRef
from integration.sync.carried import note_known
from integration.sync.plan import relinking_of


@dataclass(frozen=True)
class Linked:
    """A pair that was made; `former` are the ids by side of the pair that was linked again for it, None if new."""

    pair: Pair
    former: dict[str, str] | None = None


# Gist id, GHL id, label, and a MatchedBy.
Wanted = tuple[str, str, str, str]


def make_pairs(link: Link, wanted: Sequence[Wanted]) -> list[Linked | None]:
    """A pair for each of `wanted`, in that order; None where one of the two is another pair's half.

    A dissolved pair that has one of the two ids is linked again. To be called in a transaction.
    """
    gist_ids, ghl_ids = [one[0] for one in wanted], [one[1] for one in wanted]
    known = Pair.objects.filter(Q(gist_id__in=gist_ids) | Q(ghl_id__in=ghl_ids), link=link, kind="contact")
    held = {(side, pair.external_id(side)): pair for pair in known for side in ("gist", "ghl")}
    made: list[Linked | None] = []
    new: list[Pair] = []
    for gist_id, ghl_id, label, matched_by in wanted:
        halves = [pair for pair in (held.get(("gist", gist_id)), held.get(("ghl", ghl_id))) if pair]
        if any(pair.state in Pair.TOGETHER and not _is_of(pair, gist_id, ghl_id) for pair in halves):
            made.append(None)
            continue
        if halves:
            linked = _link_again(halves, gist_id, ghl_id, label, matched_by)
        else:
            pair = Pair(link=link, gist_id=gist_id, ghl_id=ghl_id, label=label, matched_by=matched_by)
            linked = Linked(pair)
            new.append(pair)
        held[("gist", gist_id)] = held[("ghl", ghl_id)] = linked.pair
        made.append(linked)
    Pair.objects.bulk_create(new)
    note_known(link, [one.pair.ghl_id for one in made if one])
    return made


def _is_of(pair: Pair, gist_id: str, ghl_id: str) -> bool:
    return (pair.gist_id, pair.ghl_id) == (gist_id, ghl_id)


def _link_again(halves: list[Pair], gist_id: str, ghl_id: str, label: str, matched_by: str) -> Linked:
    pair, *others = dict.fromkeys(halves)
    former = {"gist": pair.gist_id, "ghl": pair.ghl_id}
    # Each record may be in one pair only: what a second tombstone says goes with it, its log stays.
    Pair.objects.filter(pk__in=[one.pk for one in others]).delete()
    if pair.state not in Pair.TOGETHER:
        pair.state = Pair.State.LINKED
        # What was known of the record that is gone.
        Snapshot.objects.filter(pair=pair).exclude(
            Q(side="gist", external_id=gist_id) | Q(side="ghl", external_id=ghl_id)
        ).delete()
    pair.gist_id, pair.ghl_id, pair.label = gist_id, ghl_id, label or pair.label
    pair.matched_by, pair.lost_rule = matched_by or pair.matched_by, ""
    pair.save(update_fields=["gist_id", "ghl_id", "label", "state", "matched_by", "lost_rule"])
    return Linked(pair, former if former != {"gist": gist_id, "ghl": ghl_id} else None)


def pair_up(link: Link, same: Sequence[tuple[Snapshot, Snapshot]], matched_by: Sequence[str] = ()) -> list[Linked]:
    """Make pairs of (Gist, GHL) snapshots; both become work, so that their fields are compared. Without those of which
    one is another pair's half. `matched_by` says of each what made them one, a MatchedBy.
    """
    if not same:
        return []
    with transaction.atomic():
        keys = matched_by or [""] * len(same)
        wanted = [
            (gist.external_id, ghl.external_id, gist.label or ghl.label, key)
            for (gist, ghl), key in zip(same, keys, strict=True)
        ]
        made = [(linked, both) for linked, both in zip(make_pairs(link, wanted), same, strict=True) if linked]
        for linked, snapshots in made:
            for snapshot in snapshots:
                snapshot.pair = linked.pair
        halves = [one for _, both in made for one in both]
        Snapshot.objects.update_rows(halves, ["pair"])
        # Without a base every difference is news, so the first merge asks the owner rules. What each half was decided
        # by when it was alone is no common ancestor of the two.
        known = Snapshot.objects.filter(pk__in=[one.pk for one in halves])
        known.update(undecided=Coalesce("undecided", "base"), base=None)
    return [linked for linked, _ in made]


def link_again(run: Run, pair: Pair, lost: Snapshot, heir: Snapshot, left: Snapshot) -> LogEntry:
    """Put `heir` in the place of `lost`, which is gone, beside `left`. The entry that says so is not saved yet."""
    former = {"gist": pair.gist_id, "ghl": pair.ghl_id}
    state = pair.state
    Snapshot.objects.filter(pk=lost.pk).delete()
    # Dissolved for a moment, so that it is linked again like any pair whose half is gone.
    Pair.objects.filter(pk=pair.pk).update(state=Pair.State.ONE_GONE)
    (linked,) = pair_up(run.link, [(heir, left) if heir.side == Provider.GIST else (left, heir)])
    if state != Pair.State.LINKED:
        Pair.objects.filter(pk=linked.pair.pk).update(state=state)
    return relinked_entry(run, Linked(linked.pair, former))


def relinked_entry(run: Run, linked: Linked) -> LogEntry:
    """The log entry, not saved yet, of a pair that took another record in place of one that is gone."""
    pair, former = linked.pair, linked.former or {}
    sides = [Provider(side) for side in ("gist", "ghl") if former.get(side) != pair.external_id(side)]
    swapped = " and ".join(f"{side.label} {pair.external_id(side)} in place of {former.get(side)}" for side in sides)
    return log.draft_entry(
        run,
        PersonRef(pair.gist_id, pair.ghl_id, pair.label),
        Outcome.UPDATED,
        "linked_again",
        kind="pair",
        message=f"{pair.label or 'This person'} is linked again: {swapped}, which is gone.",
        changes=[relinking_of(former, {"gist": pair.gist_id, "ghl": pair.ghl_id})],
        pair=pair,
    )


def pairs_kept_apart(link: Link) -> set[tuple[str, str]]:
    """Gist and GHL ids that a person said are two people."""
    return set(KeptApart.objects.filter(link=link).values_list("gist_id", "ghl_id"))


def is_kept_apart(link: Link, ids: Mapping[str, str]) -> bool:
    """Whether a person said that the records with these ids, by side, are two people."""
    return KeptApart.objects.filter(link=link, gist_id=ids["gist"], ghl_id=ids["ghl"]).exists()


def is_taken(link: Link, side: str, external_id: str) -> bool:
    """Whether a record is half of a pair that stands, or that a person took apart."""
    # Asked for each record that is created: no row is built, and there is one at most to put in order.
    known = Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": external_id}).values_list("pk", "state")
    pair, state = next(iter(known), (None, ""))
    if pair is None or state in Pair.TOGETHER:
        return pair is not None
    # The other half of a pair that fell apart by a deletion is gone; where both stand, a person took them apart.
    other = Provider(side).other
    return Snapshot.objects.filter(link=link, side=other, pair=pair).exists()
