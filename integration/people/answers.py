"""A person's answers to what Gistline does not decide by itself; they are logged, and carried out at once."""

import contextlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.errors import ProviderError, SetupError
from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction, KeptApart, MatchedBy, Mode, Provider, Question, Snapshot
from integration.records import PersonRef, is_blank
from integration.related.write_result import WriteResult, log_result, run_of_person
from integration.runs.start import check_ready, request_sync, sync_person
from integration.sync.match import why_not_new
from integration.sync.pairing import is_taken, pair_up
from integration.sync.plan import pairing_of
from integration.sync.questions import about_record
from integration.sync.reasons import LEFT_WAITING


def answer_question(question: Question, answer: str, user: Any = None, *, at_once: bool = True) -> None:
    """Conflict: "gist" or "ghl", whose value stands. Who somebody is: the id of the same person, "new" for somebody
    whom the other side does not have, "apart" for none of those offered.

    Carried out `at_once`, or with the next run. Raises SetupError for an answer the question does not offer, when it is
    closed, or when the link cannot work now.
    """
    _check_open(question)
    if answer not in _offered_answers(question):
        raise SetupError(f"“{answer}” is no answer to this question.")
    # Asked before it is remembered: what cannot be carried out is refused while the person still looks at it.
    check_ready(question.link)
    if question.kind == Question.Kind.MATCH and (answer == "new" or question.is_choice_of_one):
        _aim_at(question, answer)
        _check_can_be_new(question)
        answer = "new"
    with transaction.atomic():
        _lock(question)
        same = Question.objects.filter(link=question.link, about=question.about, closed_at=None).exclude(pk=question.pk)
        same.update(closed_at=timezone.now())
        question.answer, question.answered_by, question.answered_at = answer, user, timezone.now()
        question.save(update_fields=["answer", "answered_by", "answered_at", "about", "external_id", "label"])
        # Paired in the same transaction as the answer: an answer that cannot be carried out is not remembered.
        _log_answer(question, _describe_answer(question), user, _carry_out(question, user))
        # Kept with the answer, so that it is carried out also when this process ends here or another run is under way.
        for ids in people_of(question):
            request_sync(question.link, ids)
    # While the link only watches, a run of its own would plan and carry nothing out.
    if not at_once or question.link.mode == Mode.WATCH:
        return
    # Started here only to be quicker than the request above; what is in the way now does not stop that one.
    with contextlib.suppress(SetupError, ProviderError):
        sync_person(question.link, ids_of(question), user)


def _carry_out(question: Question, user: Any) -> list[Change]:
    """What an answer changes about who belongs together."""
    if question.kind not in Question.IDENTITY:
        return []
    if question.answer in ("new", "apart"):
        records = [one for ids in people_of(question) for one in ids.items()]
        for side, external_id in records:
            # What was in doubt is not any more: the lists say so before the next run does.
            mine = Snapshot.objects.filter(link=question.link, side=side, external_id=external_id, pair=None)
            mine.exclude(reason__in=LEFT_WAITING).update(reason="answered")
    if question.answer == "apart":
        _keep_apart(question, user)
    return _pair_records(question) if question.answer not in ("new", "apart") else []


def _keep_apart(question: Question, user: Any) -> None:
    KeptApart.objects.bulk_create(
        (
            KeptApart(link=question.link, gist_id=ids["gist"], ghl_id=ids["ghl"], decided_by=user)
            for ids in couples_of(question)
        ),
        ignore_conflicts=True,
    )
    question.closed_at = timezone.now()
    question.save(update_fields=["closed_at"])


def couples_of(question: Question) -> list[dict[str, str]]:
    """The asked record with each candidate, as ids by side."""
    other = Provider(question.side).other.value
    return [{question.side: question.external_id, other: option["id"]} for option in question.options]


def people_of(question: Question) -> list[dict[str, str]]:
    """The ids of everybody whom an answer concerns: of records that are kept apart each by itself."""
    if question.answer != "apart":
        return [ids_of(question)]
    other = Provider(question.side).other.value
    return [{question.side: question.external_id}, *({other: option["id"]} for option in question.options)]


def _aim_at(question: Question, answer: str) -> None:
    """Of several records that share an address, the chosen one is the one to be created: the answer is about it."""
    chosen = next((one for one in question.options if one["id"] == answer), None)
    if chosen:
        question.external_id, question.label = chosen["id"], chosen["label"]
        question.about = about_record(question.side, question.external_id)


def _check_can_be_new(question: Question) -> None:
    """Raises SetupError where the other side cannot take this record as somebody new, as far as is known."""
    link = question.link
    record = Snapshot.objects.filter(link=link, side=question.side, external_id=question.external_id).first()
    if record is None:
        raise SetupError("This contact was deleted meanwhile. Sync again, then look here once more.")
    rules = Rules(match=tuple(link.match), country=link.phone_country)
    sentence = why_not_new(link, rules, [record]).get(record.pk)
    if sentence:
        raise SetupError(f"{record.label} cannot be created in {Provider(question.side).other.label}: {sentence}")


def dismiss_question(question: Question, user: Any = None) -> None:
    """Leave things as they are; it is asked again when something changes."""
    with transaction.atomic():
        _lock(question)
        question.closed_at, question.answered_by = timezone.now(), user
        question.save(update_fields=["closed_at", "answered_by"])
        _log_answer(question, "leave things as they are", user)


def _check_open(question: Question) -> None:
    if question.closed_at or question.answered_at:
        raise SetupError("This question is settled already.")


def _lock(question: Question) -> None:
    """Of two people who answer at once, the second is told. Raises SetupError."""
    _check_open(Question.objects.select_for_update().get(pk=question.pk))


def _offered_answers(question: Question) -> set[str]:
    if question.kind == Question.Kind.CONFLICT:
        return {"gist", "ghl"}
    words = {"new": question.offers_new, "apart": question.can_be_apart}
    return {*(word for word, offered in words.items() if offered), *(option["id"] for option in question.options)}


def _pair_records(question: Question) -> list[Change]:
    """Make the two records a pair. Raises SetupError when one of them is somebody else's half by now."""
    other = Provider(question.side).other
    # Looked up again: the question may be days old, and both records could have found another half since.
    halves = Snapshot.objects.filter(link=question.link, kind="contact")
    own = halves.filter(side=question.side, external_id=question.external_id).first()
    chosen = halves.filter(side=other, external_id=question.answer).first()
    both = [one for one in (own, chosen) if one and not is_taken(question.link, one.side, one.external_id)]
    if len(both) < 2 or not pair_up(
        question.link,
        [(both[0], both[1]) if question.side == "gist" else (both[1], both[0])],
        [MatchedBy.PERSON],
    ):
        raise SetupError("One of the two was linked or deleted meanwhile. Sync again, then look here once more.")
    question.closed_at = timezone.now()
    question.save(update_fields=["closed_at"])
    ids = ids_of(question)
    KeptApart.objects.filter(link=question.link, gist_id=ids["gist"], ghl_id=ids["ghl"]).delete()
    return [pairing_of(ChangeAction.PAIR, ids["gist"], ids["ghl"])]


def ids_of(question: Question) -> dict[str, str]:
    """The person's ids by side, as far as the answer makes them known."""
    if question.pair:
        return {"gist": question.pair.gist_id, "ghl": question.pair.ghl_id}
    ids = {question.side: question.external_id}
    if question.answer not in ("", "new", "apart"):
        ids[Provider(question.side).other.value] = question.answer
    return ids


def _describe_answer(question: Question) -> str:
    if question.kind == Question.Kind.CONFLICT:
        winner = Provider(question.answer)
        kept, given_up = (_quote(question.options.get(side)) for side in (winner, winner.other))
        return f"{winner.label}'s {kept} stands in {question.field}, not {winner.other.label}'s {given_up}"
    there = Provider(question.side).other.label
    if question.is_choice_of_one:
        return f"{question.label} ({question.external_id}) is the one that {there} is to have"
    if question.answer == "new":
        return f"nobody in {there} is this person"
    if question.answer == "apart":
        names = ", ".join(f"{option.get('label') or option['id']} ({option['id']})" for option in question.options)
        return f"none of these in {there} is this person: {names}"
    chosen = next(option for option in question.options if option["id"] == question.answer)
    return f"{chosen.get('label') or question.answer} ({question.answer}) in {there} is the same person"


def _quote(value: Any) -> str:
    return "blank" if is_blank(value) else f"“{', '.join(map(str, value)) if isinstance(value, list) else value}”"


def _log_answer(question: Question, decision: str, user: Any, changes: Sequence[Change] = ()) -> None:
    """On the person's timeline: what was decided, and by whom."""
    ids = ids_of(question)
    person = PersonRef(ids.get("gist", ""), ids.get("ghl", ""), question.label)
    message = f"{user or 'Somebody'} decided: {decision}."
    result = WriteResult("contact", question.label, side="", did="updated", reason="answered", message=message)
    log_result(run_of_person(question.link, user), result, person, changes)
