"""Who somebody is, as far as Gistline knows without asking anybody: ids on both sides, the pair, what was seen last."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integration.models import Link, Pair, Snapshot
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


def find(link: Link, side: str, contact_id: str) -> Somebody:
    """The person with this id on `side`, known or not. Two queries."""
    pair = Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": contact_id}).first()
    ids = {"gist": pair.gist_id, "ghl": pair.ghl_id} if pair else {side: contact_id}
    rows = Snapshot.objects.filter(link=link, kind="contact", side__in=ids, external_id__in=ids.values())
    return Somebody(link, ids, pair, {row.side: row for row in rows if ids[row.side] == row.external_id})
