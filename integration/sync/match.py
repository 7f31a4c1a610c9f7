"""Who is who: records of both sides that are the same person become a pair. What is ambiguous is never guessed.

People are matched by e-mail address, main ones before further ones, then by phone number. Two people whose addresses
differ are two, whatever phone they share; a phone alone is no identity where the names contradict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from integration import log
from integration.mapping.rules import Rules
from integration.models import Link, Pair, Provider, Run, Snapshot
from integration.records import SIDES
from integration.sync.candidates import Candidates, Found, is_taken_by_filter, unneeded_columns
from integration.sync.pairing import pair_up, relinked_entry

PAGE, PAIRS_AT_ONCE = 500, 1_000


@dataclass(frozen=True)
class Matched:
    """What one page of unpaired records came to. `after` is where the next page begins, None at the end."""

    pairs: int
    after: int | None


@dataclass(frozen=True)
class Ambiguity:
    """Why a record must not be decided without a person: a reason code, a sentence, and who is asked about.

    One cluster of records is one question: `about` is the record it is asked at, None where no answer would help.
    """

    reason: str
    sentence: str
    about: Snapshot | None = None


def match_page(run: Run, rules: Rules, after: int = 0) -> Matched:
    """Pair up one page of Gist records that have no counterpart, or none any more, using what is known of GHL."""
    loose = unmatched_page(run.link, rules, after)
    if not loose:
        return Matched(0, None)
    return Matched(match_loose(run, rules, loose), last_of_page(loose))


def unmatched_page(link: Link, rules: Rules, after: int) -> list[Snapshot]:
    rows = Snapshot.objects.filter(link=link, side="gist", pk__gt=after)
    # Those whom these very rules left out, and who did not change since, need not be loaded to be left out again.
    rows = rows.exclude(reason="filtered", rules=rules.digest, undecided__isnull=True)
    rows = rows.defer(*unneeded_columns(rules)).order_by("pk")
    others = Snapshot.objects.filter(pair=OuterRef("pair"), side="ghl")
    found = list(rows.filter(pair=None)[:PAGE])
    for dissolved in _dissolved_pairs(link):
        found += rows.filter(~Exists(others), pair__in=dissolved)[:PAGE]
    return sorted(found, key=lambda one: one.pk)[:PAGE]


def _dissolved_pairs(link: Link) -> Iterator[list[int]]:
    """Keys of pairs that are none any more, some at a time. Asked for apart: in one question with the records it takes
    a database that knows little of its tables, as of those just filled, minutes to go through all of both.
    """
    rows = Pair.objects.filter(link=link, kind="contact", state__in=Pair.DISSOLVED).order_by("pk")
    after = 0
    while keys := list(rows.filter(pk__gt=after).values_list("pk", flat=True)[:PAIRS_AT_ONCE]):
        yield keys
        after = keys[-1]
        if len(keys) < PAIRS_AT_ONCE:
            return


def last_of_page(loose: Sequence[Snapshot]) -> int | None:
    """Where the next page begins."""
    return loose[-1].pk if len(loose) == PAGE else None


def match_these(run: Run, rules: Rules, snapshots: Sequence[Snapshot]) -> int:
    """Pair up those of `snapshots` that have no counterpart yet, of either side."""
    paired = 0
    for side in SIDES:
        paired += match_loose(run, rules, [one for one in snapshots if one.side == side and one.pair_id is None])
    return paired


def match_loose(run: Run, rules: Rules, loose: Sequence[Snapshot]) -> int:
    """Pair up those of `loose`, all of one side, that the link's filter takes; a pair that takes another record in
    place of one that is gone says so.
    """
    same = _pairs_among(run.link, rules, [one for one in loose if is_taken_by_filter(rules, one)])
    both = [(a, b) if a.side == Provider.GIST else (b, a) for a, b, _ in same]
    linked = pair_up(run.link, both, [key for _, _, key in same])
    log.save_entries([relinked_entry(run, one) for one in linked if one.former])
    return len(linked)


def _pairs_among(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> list[tuple[Snapshot, Snapshot, str]]:
    """Each of `loose`, all of one side, with the one record of the other side that is the same person, and by what."""
    same: list[tuple[Snapshot, Snapshot, str]] = []
    if not loose:
        return same
    # Two records can reach the same third one, one by its address and one by its number: the first keeps it.
    taken: set[int] = set()
    known = Candidates(link, rules, loose)
    for snapshot in loose:
        found = known.find_for(snapshot)
        if found and not found.problem and found.others[0].pk not in taken:
            taken.add(found.others[0].pk)
            same.append((snapshot, found.others[0], found.key))
    return same


def find_ambiguities(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> dict[int, Ambiguity]:
    """Of unpaired records of one side: which must not be decided without a person, by pk, and why.

    To be asked after matching: a candidate that is left then could not be taken.
    """
    if not loose:
        return {}
    known = Candidates(link, rules, loose)
    ambiguities = {snapshot.pk: _ambiguity_of(known, snapshot) for snapshot in loose}
    return {pk: ambiguity for pk, ambiguity in ambiguities.items() if ambiguity}


def _ambiguity_of(known: Candidates, snapshot: Snapshot) -> Ambiguity | None:
    found = known.find_for(snapshot)
    if found is None:
        group = known.sharing_email(snapshot)
        is_told_apart = snapshot.side == Provider.GHL or known.is_kept_apart(snapshot)
        if is_told_apart and (held := known.why_not_new(snapshot)):
            return Ambiguity("taken", held)
        return Ambiguity("ambiguous", known.describe_shared_email(group), group[0]) if group else None
    if found.problem:
        reason = found.problem
        sentence = known.describe(snapshot, found)
    else:
        reason, sentence = "ambiguous", known.describe_taken(found.others[0], found.key)
    about = _asked_at(snapshot, found)
    no_answer = not found.free and about is snapshot and known.why_not_new(snapshot)
    if no_answer:
        return Ambiguity("taken", f"{sentence} {no_answer}")
    return Ambiguity(reason, sentence, about)


def _asked_at(snapshot: Snapshot, found: Found) -> Snapshot:
    """The record of its cluster at which the question is asked: the one that has several candidates, else Gist's."""
    others, rivals = found.free, found.rivals
    if not others or (len(others) > 1 and len(rivals) <= 1):
        return snapshot
    if len(others) == 1 and len(rivals) > 1:
        return others[0]
    ours, theirs = rivals or [snapshot], others
    of_gist = ours if snapshot.side == Provider.GIST else theirs
    return min(of_gist, key=lambda one: one.pk)


def find_answers(link: Link, rules: Rules, snapshot: Snapshot) -> tuple[list[Snapshot], str]:
    """What can be answered about a record in doubt: the records it may be, and why it cannot be somebody new, if so.

    Of contacts that share an address of which Gist keeps one, the answers are records of the same side.
    """
    known = Candidates(link, rules, [snapshot])
    found = known.find_for(snapshot)
    if found is None and (group := known.sharing_email(snapshot)):
        return group, "Choose which of them becomes Gist's contact."
    return (found.free if found else []), known.why_not_new(snapshot)


def find_left_out(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> dict[int, str]:
    """Of unpaired records of one side: whose only counterpart the filter of the other side leaves out, by pk, and that
    in a sentence. They are not created there: it would double that contact or, in Gist, write over it.
    """
    if not loose or not rules.filters:
        return {}
    known = Candidates(link, rules, loose)
    found_by_pk = {snapshot.pk: known.find_left_out(snapshot) for snapshot in loose if not known.find_for(snapshot)}
    return {pk: sentence for pk, sentence in found_by_pk.items() if sentence}


def why_not_new(link: Link, rules: Rules, loose: Sequence[Snapshot]) -> dict[int, str]:
    """Of records of one side of which a person said that they are somebody new: which the other side cannot take."""
    if not loose:
        return {}
    known = Candidates(link, rules, loose)
    sentences = {snapshot.pk: known.why_not_new(snapshot) for snapshot in loose}
    return {pk: sentence for pk, sentence in sentences.items() if sentence}


def find_unverified(run: Run, rules: Rules, loose: Sequence[Snapshot]) -> dict[int, Snapshot]:
    """Records whose only candidate is half of a pair that this run did not read: by pk, the other half of that pair.

    It may be gone, and the record of `loose` the one that came in its place.
    """
    unverified: dict[int, Snapshot] = {}
    for side in SIDES:
        mine = [one for one in loose if one.side == side and is_taken_by_filter(rules, one)]
        known = Candidates(run.link, rules, mine) if mine else None
        for snapshot in mine if known else ():
            found = known.find_for(snapshot) if known else None
            half = known.partner_of(found.others[0]) if known and found and found.problem == "taken" else None
            if half and half.seen_run != run.pk:
                unverified[snapshot.pk] = half
    return unverified
