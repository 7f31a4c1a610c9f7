"""What publishing rows would change at once, seen on real people: asked of the same `decide` as the sync."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integration.mapping.rows import RowInput, unsaved_row
from integration.mapping.rules import freeze_rules
from integration.models import Link, Pair, Snapshot
from integration.records import SIDES, Contact, Field, Values
from integration.sync.decide import decide

Couple = tuple[Contact | None, Contact | None]
Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Effect:
    """Of `looked_at` people who were read on both sides, `changed` would be written at the next full run; the link has
    `people` in all.
    """

    looked_at: int
    changed: int
    people: int


def estimate_effect(
    link: Link, rows: Sequence[RowInput], couples: Sequence[Couple], gist_fields: Fields, ghl_fields: Fields
) -> Effect:
    """`couples` are people as they were read, both records of each. Nothing is read here, and nothing written."""
    made = [unsaved_row(row) for row in rows]
    rules = freeze_rules(link, None, gist_fields, ghl_fields, rows=made)
    bases = _bases(link, couples)
    changed = sum(decide(rules, gist, ghl, *_bases_of(bases, gist, ghl)).writes for gist, ghl in couples)
    people = Pair.objects.filter(link=link, kind="contact", state=Pair.State.LINKED).count()
    return Effect(len(couples), changed, people)


def _bases(link: Link, couples: Sequence[Couple]) -> dict[tuple[str, str], Values | None]:
    """What each record held at its last decision, by side and id."""
    ids = [one.id for couple in couples for one in couple if one]
    found = Snapshot.objects.filter(link=link, kind="contact", side__in=SIDES, external_id__in=ids)
    return {(side, pk): base for side, pk, base in found.values_list("side", "external_id", "base")}


def _bases_of(
    bases: Mapping[tuple[str, str], Values | None], gist: Contact | None, ghl: Contact | None
) -> tuple[Values | None, Values | None]:
    return (bases.get(("gist", gist.id)) if gist else None, bases.get(("ghl", ghl.id)) if ghl else None)
