"""Who somebody is, as far as Gistline knows without asking anybody: ids on both sides, the pair, what was seen last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from integration.mapping.versions import current_version
from integration.models import ACTIVE_RUNS, Link, MappingVersion, Pair, Run, Snapshot
from integration.related.deeds import About

SIDES = ("gist", "ghl")
NAMES = {"gist": "Gist", "ghl": "GHL"}
APART = (Pair.State.ONE_GONE, Pair.State.DELETED)


@dataclass(frozen=True)
class Somebody:
    """A person of a link. `ids` and `known` (snapshots) are by side; a side that nothing is known of is left out."""

    link: Link
    ids: Mapping[str, str]
    pair: Pair | None = None
    known: Mapping[str, Snapshot] = field(default_factory=dict)

    @property
    def gist_id(self) -> str:
        return self.ids.get("gist", "")

    @property
    def ghl_id(self) -> str:
        return self.ids.get("ghl", "")

    @property
    def label(self) -> str:
        names = [one.label for one in self.known.values() if one.label]
        return (self.pair.label if self.pair else "") or next(iter(names), "")

    @property
    def email(self) -> str:
        return next((one.email for one in self.known.values() if one.email), "")

    @property
    def about(self) -> About:
        return About(self.gist_id, self.ghl_id, self.label)

    @property
    def side(self) -> str:
        """The side by which the person's page is addressed."""
        return "gist" if self.gist_id else "ghl"

    @property
    def is_lone(self) -> bool:
        """On one side, as far as is known, and nobody's other half."""
        return self.pair is None and len(self.ids) == 1


def with_standing(side: str, contact_id: str) -> QuerySet[Link]:
    """Links with what a person's page needs of them beside: the pair, the newest mapping, the run under way."""
    newest = MappingVersion.objects.filter(link=OuterRef("pk")).order_by("-number")
    active = Run.objects.filter(link=OuterRef("pk"), status__in=ACTIVE_RUNS)
    return Link.objects.select_related("gist", "ghl").annotate(
        pair_pk=Subquery(_pairs_of(OuterRef("pk"), side, contact_id).values("pk")[:1]),
        version_pk=Subquery(newest.values("pk")[:1]),
        version_number=Subquery(newest.values("number")[:1]),
        active_run=Subquery(active.values("pk")[:1]),
        active_target=Subquery(active.values("target")[:1]),
    )


def _pairs_of(link: Any, side: str, contact_id: str) -> QuerySet[Pair]:
    return Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": contact_id})


def version_of(link: Link) -> MappingVersion | None:
    """The newest mapping version; without a query for a link that came with it."""
    known = vars(link)
    if "version_pk" not in known:
        return current_version(link)
    return (
        MappingVersion(pk=known["version_pk"], number=known["version_number"], link=link)
        if known["version_pk"]
        else None
    )


def run_on(who: Somebody) -> int | None:
    """The id of the run under way that is about this person alone, of a link that came with it."""
    known = vars(who.link)
    return known["active_run"] if dict(who.ids) in (known.get("active_target") or {}).get("people", ()) else None


def find(link: Link, side: str, contact_id: str) -> Somebody:
    """The person with this id on `side`, known or not. Two queries, one for a link that came with the pair."""
    known = vars(link)
    pairs = _pairs_of(link.pk, side, contact_id)
    pair_pk = known["pair_pk"] if "pair_pk" in known else pairs.values_list("pk", flat=True).first()
    rows = list(_snapshots(link, pair_pk, side, contact_id))
    # A tombstone has no snapshots any more.
    pair = (rows[0].pair if rows else pairs.first()) if pair_pk else None
    ids = {"gist": pair.gist_id, "ghl": pair.ghl_id} if pair else {side: contact_id}
    return Somebody(link, ids, pair, {row.side: row for row in rows if ids[row.side] == row.external_id})


def _snapshots(link: Link, pair_pk: int | None, side: str, contact_id: str) -> QuerySet[Snapshot]:
    rows = Snapshot.objects.filter(link=link, kind="contact").select_related("pair")
    return rows.filter(pair=pair_pk) if pair_pk else rows.filter(side=side, external_id=contact_id)
