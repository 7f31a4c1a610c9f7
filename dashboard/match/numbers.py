"""How many people of a link are on both sides, on one only, and in doubt, as the last reading left them."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import BooleanField, Count, ExpressionWrapper, Q

from integration.models import Link, MatchedBy, Pair, Question, Snapshot
from integration.people.matches import decided_questions, open_questions
from integration.sync.reasons import IN_DOUBT

# What made most pairs, in the words of a tile.
BY_KEY = {
    MatchedBy.EMAIL: "by e-mail",
    MatchedBy.OTHER_EMAIL: "by a further e-mail",
    MatchedBy.PHONE: "by phone",
    MatchedBy.PERSON: "by a person",
    MatchedBy.CREATED: "created by Gistline",
    MatchedBy.FOUND: "found when created",
    "": "known before",
}


@dataclass(frozen=True)
class Bar:
    """One stretch of the picture: where it begins and how wide it is, in people."""

    x: int
    width: int


@dataclass(frozen=True)
class Numbers:
    """`only` and `unsure` count records by side, `by_key` pairs by what made them, `standings` open questions."""

    only: dict[str, int] = field(default_factory=dict)
    unsure: dict[str, int] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    standings: dict[str, int] = field(default_factory=dict)
    near: int = 0
    later: int = 0
    left_out: int = 0
    lost: int = 0
    decided: int = 0

    @property
    def both(self) -> int:
        return sum(self.by_key.values())

    @property
    def open(self) -> int:
        return sum(self.standings.values()) + self.later

    @property
    def asked_now(self) -> int:
        """Those that were not put off."""
        return sum(self.standings.values())

    @property
    def both_words(self) -> str:
        """`1,494 by e-mail, 118 by phone`; the most frequent ones."""
        most = sorted(self.by_key.items(), key=lambda one: -one[1])[:3]
        return ", ".join(f"{number:,} {BY_KEY[key]}" for key, number in most) or "nobody yet"

    @property
    def open_words(self) -> str:
        exact = self.open - self.near
        words = [f"{exact:,} could be several" if exact else "", f"{self.near:,} look alike" if self.near else ""]
        return ", ".join(filter(None, words)) or "nobody is in doubt"

    @property
    def picture_words(self) -> str:
        """What the two bars show, for who does not see them."""
        gist, ghl = (f"{self.only.get(side, 0):,}" for side in ("gist", "ghl"))
        alone = f"{gist} are only in Gist, {self.both:,} on both sides, {ghl} only in GHL"
        return f"{alone}; {self.open:,} questions are open."

    def total(self, side: str) -> int:
        return self.both + self.only.get(side, 0) + self.unsure.get(side, 0)

    @property
    def gist(self) -> int:
        return self.total("gist")

    @property
    def ghl(self) -> int:
        return self.total("ghl")

    @property
    def width(self) -> int:
        """How many people wide the picture is: from the first only in Gist to the last only in GHL."""
        return max(self.gist, self.only.get("gist", 0) + self.ghl, 1)

    @property
    def bars(self) -> dict[str, Bar]:
        alone, both = self.only.get("gist", 0), self.both
        unsure = self.unsure.get("ghl", 0)
        return {
            "both": Bar(alone, both),
            "gist": Bar(0, alone + both),
            "gist_open": Bar(alone + both, self.unsure.get("gist", 0)),
            "ghl": Bar(alone, both),
            "ghl_open": Bar(alone + both, unsure),
            "ghl_only": Bar(alone + both + unsure, self.only.get("ghl", 0)),
        }


def numbers_of(link: Link) -> Numbers:
    """Counted anew for each look, along indexes, in five queries."""
    alone = Snapshot.objects.filter(link=link, kind="contact", pair=None).order_by()
    only: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    left_out = 0
    for side, reason, number in alone.values_list("side", "reason").annotate(number=Count("pk")):
        if reason == "filtered":
            left_out += number
        else:
            (unsure if reason in IN_DOUBT else only)[side] += number
    pairs = Pair.objects.filter(link=link, kind="contact", state__in=Pair.TOGETHER).order_by()
    asked = open_questions(link).order_by()
    standings: Counter[str] = Counter()
    near = later = 0
    is_now_asked = ExpressionWrapper(Q(postponed_at=None), BooleanField())
    rows = asked.annotate(is_now=is_now_asked).values_list("kind", "standing", "is_now").annotate(number=Count("pk"))
    for kind, standing, is_now, number in rows:
        near += number if kind == Question.Kind.NEAR else 0
        later += 0 if is_now else number
        if is_now:
            standings[standing] += number
    return Numbers(
        dict(only),
        dict(unsure),
        dict(pairs.values_list("matched_by").annotate(number=Count("pk"))),
        dict(standings),
        near,
        later,
        left_out,
        pairs.exclude(lost_rule="").count(),
        decided_questions(link).count(),
    )
