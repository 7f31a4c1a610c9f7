"""Whether both sides hold the same, by value: of one person, and of everyone a link should have on both sides.

What the two records of a pair come to stands in `Pair.agrees` since they were last compared: every decision and every
plan writes it, and a reading that brings other values takes it back. So the figures are those of the database now,
and not what some run once counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Case, Count, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Snapshot
from integration.records import SIDES, Contact
from integration.sync.decide import decide
from integration.sync.observe import as_contact

# Differences that the rules themselves want: they stay, and nothing is wrong with them.
AS_THE_RULES_SAY = ("blank_kept", "filled_only", "written_once", "create_only", "opt_out_one_way")
# Reasons of records that the other side is not meant to have.
NOT_MEANT = ("one_way", "no_identity", "create_off")
PAGE = 500


def do_agree(rules: Rules, gist: Contact, ghl: Contact) -> bool:
    """Whether two records hold the same by the rules, however they came to it."""
    # Decided without what both held before: whether they agree, not whether anybody changed something since.
    decision = decide(rules, gist, ghl)
    return not decision.changes and all(skip.reason in AS_THE_RULES_SAY for skip in decision.skips)


def save_agreement(compared: Iterable[tuple[int, bool]], now: datetime | None) -> None:
    """Keep what comparing pairs, given by their keys, came to; `now` is None where a plan compared them."""
    by_result: dict[bool, list[int]] = {True: [], False: []}
    for pair, agrees in compared:
        by_result[agrees].append(pair)
    if by_result[True]:
        # A pair that only plans were made for is paired since it was first in step.
        first = Case(When(synced_at=None, then=Value(now)), default="created_at", output_field=DateTimeField())
        moments: dict[str, Any] = {"created_at": first, "synced_at": now} if now else {}
        Pair.objects.filter(pk__in=by_result[True]).update(agrees=True, **moments)
    if by_result[False]:
        Pair.objects.filter(pk__in=by_result[False]).update(agrees=False)


def compare_settled(link: Link, rules: Rules, after: int) -> int | None:
    """Compare some of the pairs behind the key `after` that were decided before comparisons were kept. The key to go on
    from, None when those were all.
    """
    unknown = Pair.objects.filter(link=link, kind="contact", state=Pair.State.LINKED, agrees=None)
    pairs = list(unknown.filter(pk__gt=after).order_by("pk")[:PAGE])
    halves: dict[int, dict[str, Snapshot]] = {pair.pk: {} for pair in pairs}
    for one in Snapshot.objects.filter(pair__in=pairs):
        halves[one.pair_id or 0][one.side] = one
    whole = {pk: both for pk, both in halves.items() if len(both) == 2}
    with transaction.atomic():
        compared = (
            (pk, do_agree(rules, as_contact(both["gist"]), as_contact(both["ghl"])))
            for pk, both in whole.items()
            if all(one.base is not None for one in both.values())
        )
        save_agreement(compared, timezone.now())
    return pairs[-1].pk if len(pairs) == PAGE else None


# Of a link ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parity:
    """Everyone a link knows, as numbers of people.

    Those it should have on both sides: `equal`, `differs`, `unknown` (read, and not compared yet) and `missing` on one
    side. Left out are those `held` by a person, `apart` (unlinked, or deleted on one side), those `not_meant` for the
    other side, and those whom the link's filter does not take (`filtered`). `together` are all pairs that are not
    apart, whomever the filter takes. `known_gist` and `known_ghl` are records and not people, counted where asked for;
    whom the filter does not take is not among them.
    """

    equal: int = 0
    differs: int = 0
    unknown: int = 0
    missing: int = 0
    held: int = 0
    apart: int = 0
    not_meant: int = 0
    filtered: int = 0
    together: int = field(default=0, compare=False)
    known_gist: int = field(default=0, compare=False)
    known_ghl: int = field(default=0, compare=False)

    @property
    def total(self) -> int:
        return self.equal + self.differs + self.unknown + self.missing

    @property
    def is_whole(self) -> bool:
        return self.equal == self.total

    @property
    def share(self) -> str:
        """`98.53 %`, cut and not rounded: 100 % means all of them."""
        if not self.total:
            return "nothing to compare"
        # Whole numbers throughout: a float would round 99.996 % up to a promise that does not hold.
        hundredths = self.equal * 10_000 // self.total
        return f"{hundredths // 100}.{hundredths % 100:02} %" if hundredths < 10_000 else "100 %"

    @property
    def open_words(self) -> str:
        """`2 differ, 1 missing on one side`; "" when everybody is equal."""
        return _list_in_words(
            (self.differs, "differs", "differ"),
            (self.missing, "missing on one side", "missing on one side"),
            (self.unknown, "not compared yet", "not compared yet"),
        )

    @property
    def left_out_words(self) -> str:
        """`1 on hold, 3 not meant for the other side`; "" when nobody is left out."""
        return _list_in_words(
            (self.held, "on hold", "on hold"),
            (self.apart, "unlinked or deleted on one side", "unlinked or deleted on one side"),
            (self.not_meant, "not meant for the other side", "not meant for the other side"),
            (self.filtered, "not taken by the link’s filter", "not taken by the link’s filter"),
        )


def _list_in_words(*counted: tuple[int, str, str]) -> str:
    return ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in counted if number)


def parity_of(links: Iterable[int], *, count_records: bool = False) -> dict[int, Parity]:
    """How everyone stands, by link. One query for all."""
    counts: dict[int, Counter[str]] = {pk: Counter() for pk in links}
    pairs = Pair.objects.filter(link__in=counts, kind="contact").exclude(state=Pair.State.DELETED)
    alone = Snapshot.objects.filter(link__in=counts, kind="contact", pair=None)
    nothing = Value(None, BooleanField())
    # All pairs from their index alone; the few that a filter leaves out are taken off again.
    left_out = pairs.filter(pk__in=_filtered_pairs(list(counts)))
    parts = [
        _count_by(left_out, Concat(Value(LEFT_OUT), "state"), F("agrees")),
        _count_by(alone, Concat(Value(ALONE), "reason"), nothing),
    ]
    if count_records:
        records = Snapshot.objects.filter(link__in=counts).exclude(reason="filtered")
        parts.append(_count_by(records, F("side"), nothing))
    for pk, standing, agrees, number in _count_by(pairs, F("state"), F("agrees")).union(*parts, all=True):
        of_link, state = counts[pk], standing.removeprefix(LEFT_OUT)
        if state != standing:
            of_link["filtered"] += number
            number = -number
        elif standing in Pair.TOGETHER:
            of_link["together"] += number
        of_link[_place_of(state, agrees)] += number
    return {pk: Parity(**found) for pk, found in counts.items()}


def _filtered_pairs(links: Iterable[int]) -> QuerySet[Any]:
    """Pairs of which the filter of their link leaves out a half."""
    has_filter = Q(link__gist_filter__isnull=False) | Q(link__ghl_filter__isnull=False)
    halves = Snapshot.objects.filter(has_filter, link__in=links, reason="filtered")
    return halves.exclude(pair=None).values("pair")


# Before the reason of a record that has no pair, and the state of a pair that is left out, to tell them apart.
ALONE, LEFT_OUT = "alone:", "left out:"


def _count_by(rows: QuerySet[Any], standing: Any, agrees: Any) -> QuerySet[Any]:
    named = rows.order_by().annotate(standing=standing, verdict=agrees).values_list("link", "standing", "verdict")
    # Not of a column: what is counted stands in an index, and its rows need not be read.
    counted: QuerySet[Any] = named.annotate(number=Count("*"))
    return counted


def _place_of(standing: str, agrees: bool | None) -> str:
    if standing in SIDES:
        return f"known_{standing}"
    if standing == f"{ALONE}filtered":
        return "filtered"
    if standing.startswith(ALONE):
        return "not_meant" if standing.removeprefix(ALONE) in NOT_MEANT else "missing"
    if standing == Pair.State.LINKED:
        return "unknown" if agrees is None else ("equal" if agrees else "differs")
    return "held" if standing == Pair.State.HELD else "apart"
