"""What the templates of the match screen need beside its lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from dashboard.filters import Filter
from dashboard.links.launch import stages_of
from dashboard.lists import EmptyState, ListWords, read_list
from dashboard.match.comparison import compare_candidates
from dashboard.match.filters import LATER, STANDINGS, StandingFilter, questions_of_standing, read_question_page
from dashboard.match.numbers import Numbers, numbers_of
from integration.models import ACTIVE_RUNS, FULL_READS, Link, Pair, Provider, Question, Run, Snapshot
from integration.people.matches import AT_ONCE, CLEAR
from integration.sync.lost_rules import LOST_RULES

LINK_ALL = "Each is linked to the candidate that stands first. Each can be taken back under Decided."
KEEP_ALL_APART = "Each stays a person of their own, and no rule pairs them with those offered. Each can be taken back."


def match_context(link: Link, show: str) -> dict[str, Any]:
    """The head of every part of the screen. `show` is the part: open, or one of the lists."""
    runs = Run.objects.filter(link=link, kind__in=FULL_READS).defer("rules", "checkpoint")
    return {
        "link": link,
        "show": show,
        "numbers": numbers_of(link),
        "stages": stages_of(link, "Match"),
        "read": runs.filter(finished_at__isnull=False).first(),
        "active": Run.objects.filter(link=link, status__in=ACTIVE_RUNS).defer("rules", "checkpoint").first(),
        "creates": {side: link.creates_on(side) for side in ("gist", "ghl")},
    }


# Questions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """One kind of open question, how many there are, and what many of it can be answered with at once."""

    key: str
    title: str
    number: int
    links: bool = False

    @property
    def at_once(self) -> int:
        return min(self.number, AT_ONCE)


def segments_of(numbers: Numbers) -> list[Segment]:
    counts = {**numbers.standings, LATER: numbers.later}
    found = [Segment(key, title, counts[key], key in CLEAR) for key, title in STANDINGS if counts.get(key)]
    return [Segment("", "All", numbers.asked_now), *found]


def question_context(link: Link, query: QueryDict) -> dict[str, Any]:
    """The open questions of the chosen kind, and the chosen one of them with its candidates."""
    context = match_context(link, "open")
    standing = query.get("standing", "")
    segments = segments_of(context["numbers"])
    rows = questions_of_standing(link, standing)
    words = _no_questions(link, context["read"])
    listed = read_list(words, StandingFilter(query), rows, query, read_question_page)
    page = listed["page"]
    chosen = _chosen(link, page.rows, query.get("question", ""))
    return {
        **context,
        **listed,
        "segments": segments,
        "segment": next((one for one in segments if one.key == standing), segments[0]),
        "question": chosen,
        "comparison": compare_candidates(chosen) if chosen else None,
        "following": _following(page.rows, chosen),
        "LINK_ALL": LINK_ALL,
        "KEEP_ALL_APART": KEEP_ALL_APART,
        "makes_new": chosen is not None and context["creates"][Provider(chosen.side).other.value],
    }


def _chosen(link: Link, rows: list[Question], pk: str) -> Question | None:
    """The question the address names, else the first of the list. One that was answered meanwhile is none."""
    named = next((one for one in rows if str(one.pk) == pk), None)
    if named is None and pk.isdecimal() and len(pk) < 18:
        named = questions_of_standing(link, "").filter(pk=pk).first()
    chosen = named or (rows[0] if rows else None)
    if chosen:
        chosen.link = link
    return chosen


def _following(rows: list[Question], chosen: Question | None) -> Question | None:
    """The question after the chosen one, for the key that skips."""
    keys = [one.pk for one in rows]
    place = keys.index(chosen.pk) + 1 if chosen and chosen.pk in keys else 0
    return rows[place] if 0 < place < len(rows) else None


def _no_questions(link: Link, read: Run | None) -> ListWords:
    if read is None:
        nothing = EmptyState(
            "Nobody was read yet",
            "“Read both sides” makes a dry run: it reads everybody and writes nothing. After it, who is on both sides "
            "stands here.",
        )
    else:
        nothing = EmptyState(
            "Nobody is in doubt",
            "Everyone who was read has one counterpart or none. Go on to the mapping.",
            reverse("mapping", args=[link.key]),
            "Go on to mapping",
        )
    return ListWords(things="questions", nothing=nothing, no_match="No open question is of this kind.")


# Lists ----------------------------------------------------------------------------------------------------


def list_words(show: str) -> ListWords:
    things = {"both": "pairs", "lost": "pairs", "decided": "decisions"}.get(show, "people")
    nothing = {
        "both": EmptyState(
            "Nobody is on both sides yet", "Read both sides: who has an address or number on both stands here."
        ),
        "gist": EmptyState("Nobody is only in Gist", "Whoever Gist has and GHL does not stands here."),
        "ghl": EmptyState("Nobody is only in GHL", "Whoever GHL has and Gist does not stands here."),
        "lost": EmptyState(
            "Every pair follows from the rules",
            "Pairs that today’s match rules would no longer make stand here, as of the last dry run.",
        ),
        "decided": EmptyState("Nothing was decided yet", "Answers about who is who stand here and can be taken back."),
    }[show]
    return ListWords(
        things=things,
        search_examples="Name, e-mail, id" + (", by:phone" if show in ("both", "lost") else ""),
        no_match="Nobody here fits these filters.",
        nothing=nothing,
    )


def people_context(link: Link, show: str, wanted: Filter, rows: QuerySet[Any], query: QueryDict) -> dict[str, Any]:
    context = {**match_context(link, show), **read_list(list_words(show), wanted, wanted.apply(rows), query)}
    if show in ("both", "lost"):
        context |= {"halves": halves_of(context["page"].rows), "rules": LOST_RULES}
    return context


def halves_of(pairs: Iterable[Pair]) -> dict[int, dict[str, Snapshot]]:
    """Both records of each pair, by the pair's key and side; one query."""
    found: dict[int, dict[str, Snapshot]] = {pair.pk: {} for pair in pairs}
    for one in Snapshot.objects.filter(pair__in=found).defer("base", "undecided") if found else ():
        found[one.pair_id or 0][one.side] = one
    return found
