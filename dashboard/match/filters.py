"""Filters and rows of the match screen's lists, and pages of its questions."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from dashboard.filters import Chip, Filter, Rows, holding, with_any
from dashboard.grants import sees_masks
from dashboard.inputs import read_number
from dashboard.paging import Page
from integration.models import Link, MatchedBy, Pair, Question, Snapshot
from integration.people.matches import decided_questions, open_questions
from integration.sync.reasons import IN_DOUBT, REASONS

QUESTIONS_SHOWN = 20
LATER = "later"
STANDINGS = (*Question.Standing.choices, (LATER, "Later"))


def _with_address(text: str) -> Q:
    return Q(**{"email" if sees_masks() else "email__startswith": text.lower()})


class RecordFilter(Filter):
    """Of records on one side only."""

    reason = forms.ChoiceField(
        choices=with_any("Any reason", [(code, why.title) for code, why in REASONS.items()]), required=False
    )

    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(holding("label", text) | _with_address(text) | Q(external_id=text))

    def by_reason(self, rows: Rows, code: str) -> Rows:
        return rows.filter(reason=code)


class PairFilter(Filter):
    by = forms.ChoiceField(choices=with_any("Found by anything", MatchedBy.choices), required=False)

    def by_q(self, rows: Rows, text: str) -> Rows:
        found = holding("label", text) | Q(gist_id=text) | Q(ghl_id=text)
        # No address holds a blank: of a whole name, no record is looked at.
        if " " not in text:
            found |= Q(Exists(Snapshot.objects.filter(_with_address(text), pair=OuterRef("pk"))))
        return rows.filter(found)

    def by_by(self, rows: Rows, key: str) -> Rows:
        return rows.filter(matched_by=key)


class StandingFilter(Filter):
    """The kind of open question; segments show which, so it is no chip."""

    standing = forms.ChoiceField(choices=with_any("All", STANDINGS), required=False)

    @property
    def chips(self) -> list[Chip]:
        return []


class DecisionFilter(Filter):
    def by_q(self, rows: Rows, text: str) -> Rows:
        return rows.filter(holding("label", text) | Q(external_id=text))


def records_alone(link: Link, side: str) -> QuerySet[Snapshot]:
    """On this side only, and nobody of the other side is in question for them."""
    rows = Snapshot.objects.filter(link=link, side=side, kind="contact", pair=None)
    return rows.exclude(reason__in=(*IN_DOUBT, "filtered")).defer("base", "undecided")


def pairs_together(link: Link) -> QuerySet[Pair]:
    return Pair.objects.filter(link=link, kind="contact", state__in=Pair.TOGETHER)


def decisions(link: Link) -> QuerySet[Question]:
    return decided_questions(link).select_related("answered_by")


def questions_of_standing(link: Link, standing: str) -> QuerySet[Question]:
    """Open ones, the clearest first; all that were not put off for a standing that there is not."""
    rows = open_questions(link).order_by("-score", "pk")
    if standing == LATER:
        return rows.exclude(postponed_at=None)
    rows = rows.filter(postponed_at=None)
    return rows.filter(standing=standing) if standing in Question.Standing else rows


def read_question_page(rows: QuerySet[Question], query: QueryDict) -> Page:
    """The page that `?before=<score>-<id>` asks for: by score, and by key where scores are equal."""
    score, _, pk = query.get("before", "").partition("-")
    place = read_number(score, most_digits=3), read_number(pk, most_digits=18)
    begins = place[1] > 0
    after = rows.filter(Q(score__lt=place[0]) | Q(score=place[0], pk__gt=place[1])) if begins else rows
    found = list(after[: QUESTIONS_SHOWN + 1])
    last: Any = found[QUESTIONS_SHOWN - 1] if len(found) > QUESTIONS_SHOWN else None
    return Page(found[:QUESTIONS_SHOWN], f"{last.score}-{last.pk}" if last else None, not begins)
