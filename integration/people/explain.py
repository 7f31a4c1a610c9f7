"""Why somebody is not on one side: what decided last about them, in words, and what to do about it."""

from dataclasses import dataclass

from integration.causes.words import wording_of
from integration.models import LogEntry, Outcome, Pair, Provider, Question
from integration.people.find import KnownPerson
from integration.people.person import questions_about
from integration.people.timeline import newest_decision
from integration.sync.reasons import IN_DOUBT, reason

ANSWER_IT = "Answer the question under Problems, Needs a person: choose who it is, or say that it is somebody new."
NEXT_RUN = "Nothing decided about this person yet: the next run does. Start a sync to have it done now."
GO_LIVE = "Apply the plan, or have the link go live if it only watches."


@dataclass(frozen=True)
class Explanation:
    """`outcome` is present, ambiguous, failed, skipped, planned, waiting or gone. `sentence` answers the question,
    `why` is the reason in the product's words, `remedy` says what to do, "" where there is nothing to do.

    `entry` is the log entry that decided, `problem` the number of the problem that a retry takes.
    """

    outcome: str
    sentence: str
    why: str = ""
    remedy: str = ""
    entry: int | None = None
    problem: int | None = None
    question: int | None = None


def explain_absence(person: KnownPerson, side: str = Provider.GHL) -> Explanation:
    """Why the person is not on `side`, or that they are. Asks the database alone, no provider."""
    name, where = person.label or "This person", Provider(side).label
    together = person.pair is None or person.pair.state in Pair.TOGETHER
    if side in person.ids and (side in person.snapshots or person.pair) and together:
        return _explain_presence(person, name, where)
    if question := _open_question(person):
        why = reason("ambiguous")
        sentence = f"{name} is not in {where}: {why.title[:1].lower()}{why.title[1:]}, and a person has to say which."
        return Explanation("ambiguous", sentence, f"{why.meaning} {question.message}".strip(), ANSWER_IT,
                           question=question.pk)  # fmt: skip
    if entry := newest_decision(person):
        return _explain_entry(entry, name, where)
    left_out = next((one.reason for one in person.snapshots.values() if one.reason), "")
    if left_out:
        why = reason(left_out)
        return Explanation("skipped", f"{name} is not in {where}: {why.title}.", why.meaning, why.remedy)
    return Explanation("waiting", f"{name} is not in {where} yet.", NEXT_RUN, "Start a sync.")


def _explain_presence(person: KnownPerson, name: str, where: str) -> Explanation:
    if person.pair and person.pair.state == Pair.State.HELD:
        held = reason("held")
        return Explanation("present", f"{name} is in {where}, and on hold.", held.meaning, held.remedy)
    return Explanation("present", f"{name} is in {where}.", "Gistline knows the record there.")


def _open_question(person: KnownPerson) -> Question | None:
    asked = questions_about(person)
    return next((one for one in asked if one.kind == Question.Kind.MATCH and not one.answered_at and not one.closed_at),
                None)  # fmt: skip


def _explain_entry(entry: LogEntry, name: str, where: str) -> Explanation:
    why = reason(entry.reason)
    not_there = f"{name} is not in {where}: {why.title[:1].lower()}{why.title[1:]}."
    facts = {"entry": entry.pk, "problem": entry.problem_id}
    if entry.outcome == Outcome.FAILED:
        return _explain_failure(entry, not_there)
    if entry.is_plan:
        return Explanation("planned", f"{name} is not in {where}: it is planned and not written.", why.meaning, GO_LIVE,
                           **facts)  # fmt: skip
    if entry.outcome in (Outcome.SKIPPED, Outcome.UNCHANGED):
        outcome = "ambiguous" if entry.reason in IN_DOUBT else "skipped"
        return Explanation(
            outcome, not_there, " ".join(filter(None, [why.meaning, entry.message])), why.remedy, **facts
        )
    # It was written there once, and the record is known there no more.
    return Explanation("gone", f"{name} was in {where} and is not there any more.", why.meaning, why.remedy, **facts)


def _explain_failure(entry: LogEntry, sentence: str) -> Explanation:
    why = reason(entry.reason)
    words = wording_of(entry.problem) if entry.problem else None
    meaning = " ".join(filter(None, [entry.message, words.meaning if words else why.meaning]))
    remedy = (words.remedy if words else "") or why.remedy
    return Explanation("failed", sentence, meaning, remedy, entry=entry.pk, problem=entry.problem_id)
