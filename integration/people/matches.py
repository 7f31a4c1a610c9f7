"""Decisions about who is who beyond a single answer: many at once, put off, taken back; pairs that lost their rule."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from integration.errors import ProviderError, SetupError
from integration.models import KeptApart, Link, LogEntry, MatchedBy, Mode, Pair, Question, Snapshot
from integration.people.answers import answer_question, couples_of, ids_of
from integration.people.find import KnownPerson, find_by_id
from integration.people.pair_commands import unlink_records
from integration.queue import call_worker
from integration.records import SIDES, PersonRef
from integration.related.write_result import WriteResult, log_result, run_of_person

# Questions that one click answers: each is a few statements, and the person waits for all of them.
AT_ONCE = 200


def open_questions(link: Link) -> QuerySet[Question]:
    """Those about who somebody is that wait for an answer, the clearest first; those put off come last."""
    found = Question.objects.filter(link=link, kind__in=Question.IDENTITY, closed_at=None, answered_at=None)
    return found.order_by(F("postponed_at").asc(nulls_first=True), "-score", "pk")


def decided_questions(link: Link) -> QuerySet[Question]:
    """Those that a person answered about who somebody is, the last one first."""
    return Question.objects.filter(link=link, kind__in=Question.IDENTITY).exclude(answer="").exclude(answered_at=None)


# Many at once ---------------------------------------------------------------------------------------------


@dataclass
class ManyAnswered:
    """How many were answered, how many of the kind are left, and why those that were not could not be."""

    done: int = 0
    left: int = 0
    problems: list[str] = field(default_factory=list)


def answer_many(link: Link, standing: str, verb: str, user: Any) -> ManyAnswered:
    """Link everybody of a standing to their best candidate, or keep them `apart`; as many as one click can answer.

    Raises SetupError for a verb or standing that is not offered.
    """
    if verb not in ("link", "apart") or (verb == "link" and standing not in CLEAR):
        raise SetupError("That cannot be answered for many at once: only who stands out is linked without a look.")
    asked = open_questions(link).filter(standing=standing, postponed_at=None).select_related("link__gist", "link__ghl")
    result = ManyAnswered()
    for question in asked[:AT_ONCE]:
        try:
            if question.is_choice_of_one or not question.options:
                raise SetupError(f"{question.label} has to be looked at: the records are of one side.")
            answer_question(question, "apart" if verb == "apart" else question.options[0]["id"], user, at_once=False)
            result.done += 1
        except (SetupError, ProviderError) as problem:
            result.problems.append(str(problem))
    result.left = asked.count() - len(result.problems)
    call_worker(Link.objects.filter(pk=link.pk))
    return result


CLEAR = (Question.Standing.SAME, Question.Standing.CLEAR)


def postpone_question(question: Question) -> None:
    """Ask it last."""
    Question.objects.filter(pk=question.pk).update(postponed_at=timezone.now())


# Taking back ----------------------------------------------------------------------------------------------


def undo_answer(question: Question, user: Any) -> str:
    """Take an answer about who somebody is back, and ask again. What was written because of it stays; the sentence
    says so. Raises SetupError where it cannot be taken back.
    """
    with transaction.atomic():
        known = Question.objects.select_for_update().get(pk=question.pk)
        if not known.answer:
            raise SetupError("This decision was taken back already.")
        word = {"new": _undo_new, "apart": _undo_apart}.get(known.answer, _undo_link)(known, user)
        _ask_again(known)
        result = WriteResult(
            "contact", known.label, side="", did="updated", reason="answered",
            message=f"{user or 'Somebody'} took a decision back: {word}",
        )  # fmt: skip
        ids = {known.side: known.external_id}
        person = PersonRef(ids.get("gist", ""), ids.get("ghl", ""), known.label)
        log_result(run_of_person(known.link, user), result, person)
    return word


def _undo_new(question: Question, user: Any) -> str:
    if _pair_of(question.link, question.side, question.external_id):
        raise SetupError(f"{question.label} was created on the other side since: undo that on the contact's page.")
    return f"{question.label} may be somebody who is there already."


def _undo_apart(question: Question, user: Any) -> str:
    for ids in couples_of(question):
        KeptApart.objects.filter(link=question.link, gist_id=ids["gist"], ghl_id=ids["ghl"]).delete()
    return f"{question.label} may be one of those offered."


def _undo_link(question: Question, user: Any) -> str:
    ids = ids_of(question)
    pair = Pair.objects.filter(link=question.link, kind="contact", gist_id=ids["gist"], ghl_id=ids["ghl"]).first()
    if pair is None or pair.state not in Pair.TOGETHER:
        return f"{question.label} is linked no longer."
    if question.link.mode == Mode.WATCH:
        # Nothing was written: both are as they were before they were linked.
        halves = Snapshot.objects.filter(pair=pair)
        halves.update(pair=None, undecided=Coalesce("undecided", "base"), base=None, reason="ambiguous")
        pair.delete()
        return f"{question.label} has no counterpart again."
    unlink_records(find_by_id(question.link, "gist", ids["gist"]), user)
    return f"{question.label} is unlinked: both records stay as they are, and neither is created again."


def _ask_again(question: Question) -> None:
    """Open again while it can still be answered: nobody was linked or asked about in another question since."""
    is_open = Question.objects.filter(link=question.link, about=question.about, closed_at=None).exclude(pk=question.pk)
    again = not is_open.exists() and not _pair_of(question.link, question.side, question.external_id)
    question.answer, question.answered_at, question.answered_by = "", None, None
    question.closed_at = None if again else timezone.now()
    question.save(update_fields=["answer", "answered_at", "answered_by", "closed_at"])


def _pair_of(link: Link, side: str, external_id: str) -> Pair | None:
    return Pair.objects.filter(link=link, kind="contact", **{f"{side}_id": external_id}).first()


# Pairs that lost their rule -------------------------------------------------------------------------------


def keep_pair(pair: Pair, user: Any) -> LogEntry:
    """A person says that the two are one, whatever the rules say; remembered."""
    Pair.objects.filter(pk=pair.pk).update(matched_by=MatchedBy.PERSON, lost_rule="")
    message = f"{user or 'Somebody'} decided: the two stay linked, although no match rule would link them now."
    result = WriteResult("contact", pair.label, side="", did="updated", reason="answered", message=message)
    return log_result(run_of_person(pair.link, user), result, PersonRef(pair.gist_id, pair.ghl_id, pair.label))


def unlink_pair(pair: Pair, user: Any) -> LogEntry:
    """Take the two apart; both stay, and neither is created again. Raises SetupError."""
    entry = unlink_records(person_of(pair), user)
    Pair.objects.filter(pk=pair.pk).update(lost_rule="")
    return entry


def person_of(pair: Pair) -> KnownPerson:
    return find_by_id(pair.link, "gist", pair.gist_id)


def records_of(questions: Iterable[Question]) -> dict[tuple[str, str], Snapshot]:
    """Everybody these questions of one link are about, by side and id; one query."""
    asked = list(questions)
    ids = {one.external_id for one in asked} | {option["id"] for one in asked for option in one.options}
    rows = Snapshot.objects.filter(link__in={one.link_id for one in asked}, external_id__in=ids, kind="contact")
    rows = rows.filter(side__in=SIDES)  # which has an index find each id
    return {(row.side, row.external_id): row for row in rows}
