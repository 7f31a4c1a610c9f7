"""Who is who: records of both sides that are the same person become a pair. What is ambiguous is never guessed.

People are matched by e-mail address, then by phone number, in the order the link names. Two different e-mail
addresses are two people, whatever phone they share.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Snapshot

PAGE = 500
WORDS = {"email": "e-mail address", "phone": "phone number"}
NAMES = {"gist": "Gist", "ghl": "GHL"}


@dataclass(frozen=True)
class Matched:
    """What one page of unpaired records came to. `after` is where the next page begins, None at the end."""

    pairs: int
    after: int | None


def match_page(link: Link, rules: Rules, after: int = 0) -> Matched:
    """Pair up one page of Gist records that have no counterpart yet, using what is known of GHL."""
    loose = list(Snapshot.objects.filter(link=link, side="gist", pair=None, pk__gt=after).order_by("pk")[:PAGE])
    if not loose:
        return Matched(0, None)
    same = _same(link, rules, loose)
    return Matched(pair_up(link, same), loose[-1].pk if len(loose) == PAGE else None)


def match_these(link: Link, rules: Rules, snapshots: Sequence[Snapshot]) -> int:
    """Pair up those of `snapshots` that have no counterpart yet, of either side."""
    paired = 0
    for side in ("gist", "ghl"):
        loose = [one for one in snapshots if one.side == side and one.pair_id is None]
        same = _same(link, rules, loose) if loose else []
        paired += pair_up(link, [(a, b) if side == "gist" else (b, a) for a, b in same])
    return paired


def _same(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> list[tuple[Snapshot, Snapshot]]:
    """Each of `loose`, all of one side, with the one record of the other side that is the same person."""
    same: list[tuple[Snapshot, Snapshot]] = []
    taken: set[int] = set()
    known = _Candidates(link, rules, loose)
    for snapshot in loose:
        found = known.of(snapshot)
        if found and not found.problem and found.others[0].pk not in taken:
            taken.add(found.others[0].pk)
            same.append((snapshot, found.others[0]))
    return same


def unclear(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> dict[int, str]:
    """Of unpaired records of one side: which must not be decided without a person, by pk, and why in a sentence.

    To be asked after matching: a candidate that is left then could not be taken.
    """
    if not loose:
        return {}
    known = _Candidates(link, rules, loose)
    told = {snapshot.pk: known.of(snapshot) for snapshot in loose}
    sentences = {pk: found.problem or known.taken(found) for pk, found in told.items() if found}
    return {pk: sentence for pk, sentence in sentences.items() if sentence} | known.doubles(loose)


def candidates(link: Link, rules: Rules, snapshot: Snapshot) -> list[Snapshot]:
    """The records of the other side that could be this person."""
    found = _Candidates(link, rules, [snapshot]).of(snapshot)
    return found.others if found else []


@dataclass(frozen=True)
class _Found:
    key: str
    others: list[Snapshot]
    problem: str


class _Candidates:
    """Records of the other side, and of the own one, that share a matching value with `loose`."""

    def __init__(self, link: Link, rules: Rules, loose: Sequence[Snapshot]):
        self.side = loose[0].side
        self.other = "ghl" if self.side == "gist" else "gist"
        self.keys = [key for key in rules.match if key in WORDS]
        self.others = {key: _by_value(key, link, self.other, loose) for key in self.keys}
        self.own = {key: _by_value(key, link, self.side, loose) for key in self.keys}

    def of(self, snapshot: Snapshot) -> _Found | None:
        """The first key that says something; None when no record of the other side could be this person."""
        for key in self.keys:
            value = getattr(snapshot, key)
            others = [other for other in self.others[key][value] if _may_be(snapshot, other)] if value else []
            if others:
                return _Found(key, others, self._problem(key, snapshot, others))
        return None

    def _problem(self, key: str, snapshot: Snapshot, others: list[Snapshot]) -> str:
        there, here = NAMES[self.other], NAMES[self.side]
        names = ", ".join(sorted(f"“{other.label}” ({other.external_id})" for other in others[:5]))
        if len(others) > 1:
            return f"{len(others)} {there} contacts have this {WORDS[key]}: {names}."
        rivals = [own for own in self.own[key][getattr(snapshot, key)] if _may_be(own, others[0])]
        if len(rivals) > 1:
            return f"{len(rivals)} {here} contacts share the {WORDS[key]} of {there}'s {names}."
        return self.taken(_Found(key, others, "")) if others[0].pair_id else ""

    def taken(self, found: _Found) -> str:
        """The sentence for a candidate that belongs to somebody else."""
        other = found.others[0]
        return (
            f"{NAMES[self.other]}'s “{other.label}” ({other.external_id}) has this {WORDS[found.key]} and is already "
            f"paired with another {NAMES[self.side]} contact."
        )

    def doubles(self, loose: Sequence[Snapshot]) -> dict[int, str]:
        """Several GHL contacts with one e-mail address: Gist keeps one contact per address."""
        if self.side != "ghl" or "email" not in self.keys:
            return {}
        counts = {value: len(found) for value, found in self.own["email"].items()}
        return {
            snapshot.pk: f"{counts[snapshot.email]} GHL contacts have this e-mail address; Gist keeps one per address."
            for snapshot in loose
            if snapshot.email and counts.get(snapshot.email, 0) > 1
        }


def _may_be(one: Snapshot, other: Snapshot) -> bool:
    return not one.email or not other.email or one.email == other.email


def _by_value(key: str, link: Link, side: str, loose: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    values = {getattr(snapshot, key) for snapshot in loose} - {""}
    found: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in Snapshot.objects.filter(link=link, side=side, **{f"{key}__in": values}):
        found[getattr(snapshot, key)].append(snapshot)
    return found


def pair_up(link: Link, same: list[tuple[Snapshot, Snapshot]]) -> int:
    """Make pairs of (Gist, GHL) snapshots; both become work, so that their fields are compared."""
    with transaction.atomic():
        pairs = Pair.objects.bulk_create(
            Pair(link=link, gist_id=gist.external_id, ghl_id=ghl.external_id, label=gist.label or ghl.label)
            for gist, ghl in same
        )
        for pair, snapshots in zip(pairs, same, strict=True):
            for snapshot in snapshots:
                snapshot.pair = pair
                snapshot.fresh = snapshot.fresh if snapshot.fresh is not None else snapshot.base
                snapshot.base = None
        Snapshot.objects.save_all(one for both in same for one in both)
    return len(pairs)
