"""Who is who: records of both sides that are the same person become a pair. What is ambiguous is never guessed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Snapshot

PAGE = 500


@dataclass(frozen=True)
class Ambiguous:
    """A record that several others could be, with the sentence that says which."""

    snapshot: Snapshot
    message: str


@dataclass(frozen=True)
class Matched:
    """What one page of unpaired records came to. `after` is where the next page begins, None at the end."""

    pairs: int
    ambiguous: tuple[Ambiguous, ...]
    after: int | None


def match_page(link: Link, rules: Rules, after: int = 0) -> Matched:
    """Pair up one page of Gist records that have no counterpart yet, using what is known of GHL."""
    loose = list(
        Snapshot.objects.filter(link=link, side="gist", pair=None, pk__gt=after).order_by("pk")[:PAGE]
    )
    if not loose:
        return Matched(0, (), None)
    verdicts = _verdicts(link, rules, loose)
    unclear = tuple(Ambiguous(snapshot, message) for snapshot, message in verdicts.unclear)
    pairs = pair_up(link, verdicts.same)
    return Matched(pairs, unclear, loose[-1].pk if len(loose) == PAGE else None)


@dataclass
class _Verdicts:
    same: list[tuple[Snapshot, Snapshot]]
    unclear: list[tuple[Snapshot, str]]


def _verdicts(link: Link, rules: Rules, loose: list[Snapshot]) -> _Verdicts:
    verdicts = _Verdicts([], [])
    taken: set[int] = set()
    undecided = loose
    for key in rules.match:
        undecided = _match_by(key, link, undecided, verdicts, taken)
    return verdicts


def _match_by(
    key: str, link: Link, loose: list[Snapshot], verdicts: _Verdicts, taken: set[int]
) -> list[Snapshot]:
    """Decide by one key; returns the records it says nothing about."""
    values = {getattr(snapshot, key) for snapshot in loose} - {""}
    others = _by_value(key, Snapshot.objects.filter(link=link, side="ghl", **{f"{key}__in": values}))
    own = _by_value(key, Snapshot.objects.filter(link=link, side="gist", **{f"{key}__in": values}))
    silent = []
    for snapshot in loose:
        value = getattr(snapshot, key)
        candidates = others.get(value, []) if value else []
        if not candidates:
            silent.append(snapshot)
            continue
        problem = _problem(key, snapshot, candidates, own[value], taken)
        if problem:
            verdicts.unclear.append((snapshot, problem))
        else:
            taken.add(candidates[0].pk)
            verdicts.same.append((snapshot, candidates[0]))
    return silent


def _problem(
    key: str, snapshot: Snapshot, candidates: list[Snapshot], own: list[Snapshot], taken: set[int]
) -> str:
    """Why the one candidate cannot simply be taken, "" when it can."""
    word = {"email": "e-mail address", "phone": "phone number"}[key]
    names = ", ".join(sorted(f"“{other.label}” ({other.external_id})" for other in candidates[:5]))
    if len(candidates) > 1:
        return f"{len(candidates)} GHL contacts have this {word}: {names}."
    other = candidates[0]
    if len(own) > 1:
        return f"{len(own)} Gist contacts share the {word} of GHL's {names}."
    if other.pair_id or other.pk in taken:
        return f"GHL's {names} has this {word} and is already paired with another Gist contact."
    if key != "email" and snapshot.email and other.email and snapshot.email != other.email:
        return f"GHL's {names} has this {word} but another e-mail address ({other.email})."
    return ""


def _by_value(key: str, snapshots: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    found: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
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
        Snapshot.objects.bulk_update([one for both in same for one in both], ["pair", "fresh", "base"], batch_size=200)
    return len(pairs)
