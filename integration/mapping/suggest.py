"""Which fields of the two sides probably mean the same: by name, type, and the values of real people."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from integration.mapping.command_tags import COMMAND_PROPERTIES
from integration.mapping.types import misfits
from integration.models import Direction
from integration.records import CONSENT_FIELDS, Field, Value, Values, is_blank
from integration.values import fold_text, member_key

# Values of one person on both sides.
Couple = tuple[Values, Values]
Fields = Mapping[str, Field]
# From how like two names are, from 0 to 1, they are taken for the same.
SIMILAR = 0.82
# So many people must have the same value, and differ, before values alone are evidence.
ENOUGH, MOSTLY = 3, 0.9
MOST_SUGGESTIONS = 12
# What is no fact about a person that anybody would carry over, or goes over with another field.
_NEVER = {
    "id",
    "type",
    "segments",
    "first_name",
    "last_name",
    "updated_at",
    "last_seen_at",
    "dateUpdated",
    *COMMAND_PROPERTIES,
}
# Written by Gistline itself (related/gist_properties.py).
_OWN = re.compile(r"custom_properties\.(ghl_|gistline_)")


@dataclass(frozen=True)
class Suggestion:
    """Two fields that may belong together. Of `people` on both sides, so many have the same value, a value on one side
    only, or two that differ; all others are blank on both.
    """

    gist: str
    ghl: str
    direction: str
    is_alike: bool
    people: int = 0
    same: int = 0
    gist_only: int = 0
    ghl_only: int = 0
    differ: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        return self.gist, self.ghl

    @property
    def score(self) -> tuple[float, int]:
        compared = self.same + self.differ
        return (self.same / compared if compared else 0) + self.is_alike, self.same

    @property
    def evidence(self) -> str:
        """What speaks for it, in a sentence; also that nothing does."""
        if self.same:
            rest = [(self.gist_only + self.ghl_only, "blank on one"), (self.differ, "different")]
            counted_others = [f"{number:,} {'is' if number == 1 else 'are'} {what}" for number, what in rest if number]
            return (
                ", ".join([f"{self.same:,} of {self.people:,} have the same value on both sides", *counted_others])
                + "."
            )
        return f"Similar name and type; {self._why_no_proof}, so values prove nothing."

    @property
    def _why_no_proof(self) -> str:
        if not self.people:
            return "nobody on both sides was read"
        if not self.gist_only and not self.ghl_only:
            return f"both are blank for all {self.people:,}"
        blank = "GHL" if self.gist_only else "Gist"
        return (
            f"{blank} is blank for all {self.people:,}" if not (self.gist_only and self.ghl_only) else "nobody has both"
        )


def find_suggestions(
    gist: Mapping[str, Field], ghl: Mapping[str, Field], couples: Sequence[Couple]
) -> list[Suggestion]:
    """Each field of one side with at most one of the other, the most certain first."""
    found = [one for g in _candidates(gist) for h in _candidates(ghl) if (one := _compare(g, h, couples))]
    found.sort(key=lambda one: one.score, reverse=True)
    taken: set[tuple[str, str]] = set()
    chosen = []
    for one in found:
        if ("gist", one.gist) not in taken and ("ghl", one.ghl) not in taken:
            taken |= {("gist", one.gist), ("ghl", one.ghl)}
            chosen.append(one)
    return chosen[:MOST_SUGGESTIONS]


def _candidates(fields: Fields) -> Iterable[Field]:
    consent = {key for keys in CONSENT_FIELDS.values() for key in keys}
    return [one for one in fields.values() if one.key not in _NEVER | consent and not _OWN.match(one.key)]


def _compare(gist: Field, ghl: Field, couples: Sequence[Couple]) -> Suggestion | None:
    refused = misfits(gist, ghl)
    if len(refused) == 2:
        return None
    towards = {"ghl": Direction.GHL_TO_GIST, "gist": Direction.GIST_TO_GHL}
    direction = next((towards[side] for side in refused), Direction.TWO_WAY).value
    one = _count(Suggestion(gist.key, ghl.key, direction, _are_alike(gist, ghl), len(couples)), gist, ghl, couples)
    return one if one and _is_likely(one) else None


def _count(one: Suggestion, gist: Field, ghl: Field, couples: Sequence[Couple]) -> Suggestion | None:
    counts = {"same": 0, "gist_only": 0, "ghl_only": 0, "differ": 0}
    seen = set()
    for left, right in couples:
        g, h = _form(left.get(gist.key), gist), _form(right.get(ghl.key), ghl)
        if g and h:
            counts["same" if g == h else "differ"] += 1
            seen.add(g if g == h else None)
        elif g or h:
            counts["gist_only" if g else "ghl_only"] += 1
    counted = Suggestion(one.gist, one.ghl, one.direction, one.is_alike, one.people, **counts)
    # Ticks and short lists agree by chance: few different values prove nothing without a name.
    return counted if one.is_alike or len(seen - {None}) >= ENOUGH else None


def _is_likely(one: Suggestion) -> bool:
    compared = one.same + one.differ
    # What one side only reads, such as the place that Gist finds by itself, is suggested for its values alone.
    if one.is_alike and one.direction == Direction.TWO_WAY:
        return compared < ENOUGH or one.same * 2 > compared
    return one.same >= ENOUGH and one.same >= MOSTLY * compared


def _form(value: Value, field: Field) -> object:
    """What makes two values the same here, whatever type each side gives them; "" for blank."""
    if is_blank(value):
        return ""
    if isinstance(value, list):
        return tuple(sorted(map(member_key, value)))
    if field.type in ("date", "moment"):
        return str(value)[:10]
    return "".join(filter(str.isdigit, str(value)))[-9:] if field.type == "phone" else fold_text(value)


def _are_alike(gist: Field, ghl: Field) -> bool:
    names = [_words(gist.label), _words(gist.key)], [_words(ghl.label), _words(ghl.key)]
    return any(one and _ratio(one, other) >= SIMILAR for one in names[0] for other in names[1])


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _words(name: str) -> str:
    """`customFields.lead_score`, `Lead score` and `leadScore` are the same words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.rpartition(".")[2])
    return " ".join(re.sub(r"[^\w]|_", " ", spaced).lower().split())
