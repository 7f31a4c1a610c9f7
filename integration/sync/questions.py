"""What only a person can decide is asked once, and closed when it no longer arises."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Question, Run, Snapshot
from integration.sync.entry import Entry
from integration.sync.match import find_answers
from integration.sync.ranking import rank_candidates


def about_record(side: str, external_id: str) -> str:
    return f"{side}:{external_id}"


def update_questions(run: Run, rules: Rules, entries: Sequence[Entry], pairs: dict[int, Pair]) -> bool:
    """Open the questions these entries raise, close those that no longer arise. Returns whether any is open then.

    `pairs` holds the pair of each entry, by the entry's `id()`.
    """
    wanted: dict[str, Question] = {}
    # Questions about these people. It begins as a condition that nothing meets, since an empty Q would match all.
    settled = Q(pk__in=[])
    for entry in entries:
        # Somebody who failed was not decided, so nothing is known about their questions.
        if entry.error:
            continue
        pair = pairs.get(id(entry))
        for record in entry.snapshots:
            settled |= Q(about=about_record(record.side, record.external_id))
        if pair:
            settled |= Q(pair=pair)
        for question in _conflict_questions(run.link, rules, entry, pair):
            wanted[question.about] = question
    wanted |= {question.about: question for question in _match_questions(run.link, rules, entries)}
    # Look-alikes are asked about by plans (near.py), and no decision waits for an answer about them.
    open_ = Question.objects.filter(link=run.link, closed_at=None).exclude(kind=Question.Kind.NEAR)
    open_.filter(settled).exclude(about__in=wanted).update(closed_at=timezone.now())
    # It arises again although it was answered: the answer did not resolve it, so it is asked anew.
    open_.filter(about__in=wanted).exclude(answer="").update(answer="", answered_at=None, answered_by=None)
    stands = set(open_.filter(about__in=wanted).values_list("about", flat=True))
    Question.objects.bulk_create(question for about, question in wanted.items() if about not in stands)
    return bool(wanted) or open_.exists()


def _conflict_questions(link: Link, rules: Rules, entry: Entry, pair: Pair | None) -> Iterable[Question]:
    gist, ghl = entry.person.gist, entry.person.ghl
    if not (pair and gist and ghl):
        return
    rows = {row.ghl: row for row in rules.rows}
    for skip in entry.person.decision.skips:
        if skip.reason == "conflict":
            row = rows[skip.field]
            yield Question(
                link=link,
                kind=Question.Kind.CONFLICT,
                # Names the question, so that the same conflict is asked about once; the column is that long.
                about=f"pair:{pair.pk}:{skip.field}"[:200],
                pair=pair,
                field=skip.field,
                label=gist.label,
                message=skip.message,
                options={"gist": gist.values.get(row.gist), "ghl": ghl.values.get(row.ghl)},
            )


def ask_who(link: Link, rules: Rules, entries: Sequence[Entry]) -> None:
    """What a plan asks: who its people are. It carries no answer out, so it takes none back either."""
    wanted = {question.about: question for question in _match_questions(link, rules, entries)}
    # Who failed was not decided, so nothing is known about their questions.
    abouts = [
        about_record(one.side, one.external_id) for entry in entries if not entry.error for one in entry.snapshots
    ]
    open_ = Question.objects.filter(link=link, closed_at=None, kind=Question.Kind.MATCH, about__in=[*abouts, *wanted])
    open_.filter(answered_at=None).exclude(about__in=wanted).update(closed_at=timezone.now())
    stands = set(open_.values_list("about", flat=True))
    Question.objects.bulk_create(question for about, question in wanted.items() if about not in stands)


def _match_questions(link: Link, rules: Rules, entries: Sequence[Entry]) -> Iterable[Question]:
    """One question for each cluster of records, however many of them are in doubt."""
    asked = {one.pk: one for entry in entries if not entry.error and (one := entry.asked_at)}
    if not asked:
        return
    sentences = {entry.asked_at.pk: entry.message for entry in entries if entry.asked_at}
    # Somebody said so already, and the run that creates them is on its way: the answer must not be asked away.
    new = known_as_new(link, [(one.side, one.external_id) for one in asked.values()])
    for record in asked.values():
        if about_record(record.side, record.external_id) in new:
            continue
        others, not_new = find_answers(link, rules, record)
        if others or not not_new:
            yield question_about(
                rules,
                record,
                others,
                kind=Question.Kind.MATCH,
                about=about_record(record.side, record.external_id),
                message=f"{sentences[record.pk]} {not_new}".strip(),
                only=bool(not_new),
            )


def question_about(
    rules: Rules, record: Snapshot, others: Sequence[Snapshot], *, only: bool = False, **facts: Any
) -> Question:
    """A question, not saved yet, of who a record is among `others`, with the points of the best of them."""
    ranking = rank_candidates(rules, record, others)
    return Question(
        link_id=record.link_id,
        side=record.side,
        external_id=record.external_id,
        label=record.label,
        options=[_option(other, only) for other, _ in ranking.candidates],
        score=ranking.best,
        standing=ranking.standing,
        **facts,
    )


def _option(other: Snapshot, only: bool) -> dict[str, Any]:
    known = {"id": other.external_id, "label": other.label, "email": other.email, "phone": other.phone}
    return {**known, "side": other.side, "only": only}


def close_questions_of_missing(link: Link) -> None:
    """Nobody can answer for a record that is known no more, because it was deleted; and nobody is asked whether it
    looks like somebody once it has a counterpart.
    """
    same = Snapshot.objects.filter(link=link, side=OuterRef("side"), external_id=OuterRef("external_id"))
    asked = Question.objects.filter(link=link, kind__in=Question.IDENTITY, closed_at=None)
    # Mostly nobody is asked anything, which costs a fifth of the statement below to know.
    if not asked.exists():
        return
    paired = Q(kind=Question.Kind.NEAR) & Exists(same.exclude(pair=None))
    asked.filter(~Exists(same) | paired).update(closed_at=timezone.now())


def conflict_answers(link: Link, pairs: Iterable[int]) -> dict[tuple[int, str], str]:
    """Answers to conflicts that wait to be carried out: (pair, GHL field) to the side whose value stands."""
    found = Question.objects.filter(link=link, pair__in=pairs, closed_at=None, kind=Question.Kind.CONFLICT)
    return {(q.pair_id or 0, q.field): q.answer for q in found.exclude(answer="")}


def known_as_new(link: Link, records: Iterable[tuple[str, str]]) -> set[str]:
    """Records of which a person said that they are somebody new, as `about_record` names them."""
    abouts = [about_record(*record) for record in records]
    found = Question.objects.filter(link=link, about__in=abouts, kind=Question.Kind.MATCH, answer="new")
    return set(found.values_list("about", flat=True))
