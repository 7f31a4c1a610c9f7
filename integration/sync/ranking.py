"""Candidates of one question in the order of what speaks for them, and how far the best one stands out."""

from collections.abc import Sequence
from dataclasses import dataclass

from integration.mapping.rules import Rules
from integration.models import Question, Snapshot
from integration.sync.likeness import Likeness, compare_traits, traits_of

# The best candidate stands out with so many points, and so many more than the next.
CLEAR_SCORE, CLEAR_LEAD = 60, 15


@dataclass(frozen=True)
class Ranking:
    """`candidates` with what speaks for each, the best one first."""

    candidates: tuple[tuple[Snapshot, Likeness], ...]

    @property
    def best(self) -> int:
        return self.candidates[0][1].score if self.candidates else 0

    @property
    def standing(self) -> str:
        if not self.candidates:
            return ""
        first = self.candidates[0][1]
        lead = first.score - (self.candidates[1][1].score if len(self.candidates) > 1 else 0)
        leads = lead >= CLEAR_LEAD
        if leads and first.has("Same e-mail", "Same name"):
            return Question.Standing.SAME
        if leads and first.score >= CLEAR_SCORE:
            return Question.Standing.CLEAR
        if all(one.is_by_phone_only for _, one in self.candidates):
            return Question.Standing.PHONE
        return Question.Standing.EQUAL


def rank_candidates(rules: Rules, record: Snapshot, others: Sequence[Snapshot]) -> Ranking:
    own = traits_of(record, rules)
    scored = [(other, compare_traits(own, traits_of(other, rules))) for other in others]
    return Ranking(tuple(sorted(scored, key=lambda one: (-one[1].score, one[0].pk))))
