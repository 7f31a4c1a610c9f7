"""What only a person can decide is asked once, and closed when it no longer arises."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Question, Run
from integration.sync.match import candidates

if TYPE_CHECKING:
    from integration.sync.ledger import Entry


def about_record(side: str, external_id: str) -> str:
    return f"{side}:{external_id}"


def ask(run: Run, rules: Rules, entries: "Iterable[Entry]", pairs: dict[int, Pair]) -> bool:
    """Open the questions these entries raise and close those they settle. Whether any question is open then."""
    wanted: dict[str, Question] = {}
    settled = Q(pk__in=[])
    for entry in entries:
        if entry.error:
            continue
        pair = pairs.get(id(entry))
        for record in entry.snapshots:
            settled |= Q(about=about_record(record.side, record.external_id))
        if pair:
            settled |= Q(pair=pair)
        for question in (*_conflicts(run.link, rules, entry, pair), *_matches(run.link, rules, entry)):
            wanted[question.about] = question
    open_ = Question.objects.filter(link=run.link, closed_at=None)
    open_.filter(settled).exclude(about__in=wanted).update(closed_at=timezone.now())
    # Met again although it was answered: the answer could not settle it, so it is asked anew.
    open_.filter(about__in=wanted).exclude(answer="").update(answer="", answered_at=None, answered_by=None)
    stands = set(open_.filter(about__in=wanted).values_list("about", flat=True))
    Question.objects.bulk_create(question for about, question in wanted.items() if about not in stands)
    return bool(wanted) or open_.exists()


def _conflicts(link: Link, rules: Rules, entry: "Entry", pair: Pair | None) -> Iterable[Question]:
    gist, ghl = entry.person.gist, entry.person.ghl
    if not (pair and gist and ghl):
        return
    rows = {row.ghl: row for row in rules.rows}
    for note in entry.person.decision.notes:
        if note.held:
            row = rows[note.field]
            yield Question(
                link=link,
                kind=Question.Kind.CONFLICT,
                about=f"pair:{pair.pk}:{note.field}"[:200],
                pair=pair,
                field=note.field,
                label=gist.label,
                message=note.message,
                options={"gist": gist.values.get(row.gist), "ghl": ghl.values.get(row.ghl)},
            )


def _matches(link: Link, rules: Rules, entry: "Entry") -> Iterable[Question]:
    if entry.person.reason != "ambiguous":
        return
    for record in entry.snapshots:
        yield Question(
            link=link,
            kind=Question.Kind.MATCH,
            about=about_record(record.side, record.external_id),
            side=record.side,
            external_id=record.external_id,
            label=record.label,
            message=entry.message,
            options=[
                {"id": other.external_id, "label": other.label, "email": other.email, "phone": other.phone}
                for other in candidates(link, rules, record)
                if other.pair_id is None
            ],
        )


def answered(link: Link, pairs: Iterable[int]) -> dict[tuple[int, str], str]:
    """Answers to conflicts that wait to be carried out: (pair, GHL field) to the side whose value stands."""
    found = Question.objects.filter(link=link, pair__in=pairs, closed_at=None, kind=Question.Kind.CONFLICT)
    return {(q.pair_id or 0, q.field): q.answer for q in found.exclude(answer="")}


def known_as_new(link: Link, records: Iterable[tuple[str, str]]) -> set[str]:
    """Records of which a person said that they are somebody new, as `about_record` names them."""
    abouts = [about_record(*record) for record in records]
    found = Question.objects.filter(link=link, about__in=abouts, kind=Question.Kind.MATCH, answer="new")
    return set(found.values_list("about", flat=True))
