"""People who look alike although no key of the link finds them: asked about before a link goes live.

Every record is compared only with those that share a name, a number's end or an address' first part with it, so the
work grows with the number of people and not with its square.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import Link, Question, Snapshot
from integration.names import name_words
from integration.sync.candidates import name_of
from integration.sync.likeness import (
    SAME_FIELDS_AT_MOST,
    Traits,
    compare_traits,
    local_part,
    name_key,
    phone_end,
    traits_of,
)
from integration.sync.pairing import pairs_kept_apart
from integration.sync.questions import question_about

# From so many points on somebody is asked about.
THRESHOLD = 40
# What more records than this share says nothing about who somebody is.
SHARED_BY_MANY = 20
# The best are asked about; who has so many look-alikes has a question about their accounts, not about people.
MOST_QUESTIONS, MOST_CANDIDATES = 2_000, 8
# Whom the other side does not have, as the plan decided.
ALONE = ("new_contact", "create_off", "one_way")
PAGE = 500


@dataclass(frozen=True)
class Somebody:
    """What comparing needs of a record at first, small enough to keep for everybody of a side."""

    pk: int
    external_id: str
    traits: Traits

    @property
    def keys(self) -> Iterator[str]:
        words = name_words(self.traits.name)
        if len(words) > 1:
            yield f"name:{' '.join(sorted(words))}"
            yield f"last:{name_key(words)}"
        yield from (f"address:{name}" for one in self.traits.addresses if (name := local_part(one)))
        if end := phone_end(self.traits.phone):
            yield f"phone:{end}"


Tick = Callable[[], None]


def ask_about_near_matches(link: Link, rules: Rules, tick: Tick) -> None:
    """Ask about each group of records that look alike, best ones first; what is no longer so is no longer asked."""
    likely = _likely_pairs(link, tick)
    edges = _scored(rules, likely, tick)
    groups = sorted(_groups(edges), key=lambda group: -group.best)[:MOST_QUESTIONS]
    rows = _load({pk for group in groups for pk in (group.center, *group.others)})
    questions = [one for group in groups if (one := _question(rules, rows, group))]
    _save(link, questions)


def _loose(link: Link, side: str) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(link=link, side=side, kind="contact", pair=None, reason__in=ALONE)


def _everybody(link: Link, side: str) -> Iterator[Somebody]:
    rows = _loose(link, side).only("external_id", "label", "email", "other_emails", "phone").order_by("pk")
    for one in rows.iterator(chunk_size=PAGE):
        yield Somebody(one.pk, one.external_id, Traits(one.addresses, one.phone, name_of(one)))


def _likely_pairs(link: Link, tick: Tick) -> list[tuple[int, int]]:
    """Keys of a Gist and a GHL record each, with nearly enough points by what everybody is told apart by."""
    known: dict[str, list[Somebody]] = defaultdict(list)
    for one in _everybody(link, "gist"):
        for key in one.keys:
            known[key].append(one)
    known = {key: some for key, some in known.items() if len(some) <= SHARED_BY_MANY}
    times = Counter(key for one in _everybody(link, "ghl") for key in one.keys if key in known)
    apart, likely = pairs_kept_apart(link), []
    for number, one in enumerate(_everybody(link, "ghl")):
        if number % PAGE == 0:
            tick()
        near = {other.pk: other for key in one.keys if 0 < times[key] <= SHARED_BY_MANY for other in known[key]}
        likely += [
            (other.pk, one.pk)
            for other in near.values()
            if (other.external_id, one.external_id) not in apart
            and compare_traits(other.traits, one.traits).score >= THRESHOLD - SAME_FIELDS_AT_MOST
        ]
    return likely


@dataclass(frozen=True)
class Edge:
    gist: int
    ghl: int
    score: int


def _scored(rules: Rules, likely: list[tuple[int, int]], tick: Tick) -> Iterator[Edge]:
    """Those with enough points once all mapped fields are compared, some at a time."""
    for start in range(0, len(likely), PAGE):
        some = likely[start : start + PAGE]
        traits = {pk: traits_of(row, rules) for pk, row in _load({pk for both in some for pk in both}).items()}
        for gist, ghl in some:
            score = compare_traits(traits[gist], traits[ghl]).score
            if score >= THRESHOLD:
                yield Edge(gist, ghl, score)
        tick()


def _load(pks: Iterable[int]) -> dict[int, Snapshot]:
    wanted = sorted(pks)
    pages = (wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE))
    return {row.pk: row for page in pages for row in Snapshot.objects.filter(pk__in=page)}


# One question for each group ------------------------------------------------------------------------------


@dataclass
class Group:
    """Records that look alike, over several of them perhaps: asked about at `center`, which has most candidates."""

    center: int
    others: list[int] = field(default_factory=list)
    best: int = 0


def _groups(edges: Iterable[Edge]) -> list[Group]:
    beside: dict[int, dict[int, int]] = defaultdict(dict)
    of_gist = set()
    for edge in edges:
        of_gist.add(edge.gist)
        beside[edge.gist][edge.ghl] = beside[edge.ghl][edge.gist] = edge.score
    seen: set[int] = set()
    groups = []
    for pk in list(beside):
        if pk not in seen:
            members = _reachable(beside, pk)
            seen |= members
            groups.append(_group_of(beside, members, of_gist))
    return groups


def _reachable(beside: Mapping[int, Mapping[int, int]], start: int) -> set[int]:
    found, left = {start}, [start]
    while left:
        new = set(beside[left.pop()]) - found
        found |= new
        left += new
    return found


def _group_of(beside: Mapping[int, Mapping[int, int]], members: set[int], of_gist: set[int]) -> Group:
    # Of equal ones Gist's record is asked about, as where keys find several.
    center = min(members, key=lambda pk: (-len(beside[pk]), pk not in of_gist, -max(beside[pk].values()), pk))
    others = sorted(beside[center], key=lambda pk: -beside[center][pk])[:MOST_CANDIDATES]
    return Group(center, others, max(beside[center].values()))


def about_near(side: str, external_id: str) -> str:
    return f"near:{side}:{external_id}"


def _question(rules: Rules, rows: Mapping[int, Snapshot], group: Group) -> Question | None:
    center, others = rows.get(group.center), [rows[pk] for pk in group.others if pk in rows]
    if center is None or not others:
        return None
    return question_about(
        rules,
        center,
        others,
        kind=Question.Kind.NEAR,
        about=about_near(center.side, center.external_id),
        message="No key of the link finds them, and they look alike all the same. Undecided, they are two people.",
    )


# What an open question is brought up to date in, when it is asked again.
RENEWED = ["label", "options", "score", "standing", "message"]


@transaction.atomic
def _save(link: Link, questions: list[Question]) -> None:
    open_ = Question.objects.filter(link=link, kind=Question.Kind.NEAR, closed_at=None)
    known = {one.about: one for one in open_}
    wanted = {one.about: one for one in questions}
    open_.exclude(about__in=wanted).update(closed_at=timezone.now())
    renewed: list[Any] = []
    for about in known.keys() & wanted.keys():
        for name in RENEWED:
            setattr(known[about], name, getattr(wanted[about], name))
        renewed.append(known[about])
    Question.objects.bulk_update(renewed, RENEWED, batch_size=PAGE)
    Question.objects.bulk_create((one for about, one in wanted.items() if about not in known), batch_size=PAGE)
