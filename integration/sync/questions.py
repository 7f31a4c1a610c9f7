"""A person's answers to what Gistline does not decide by itself; they are remembered and carried out at once."""

import contextlib
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.errors import SetupError
from integration.models import Question, RunKind, Snapshot
from integration.sync import runs
from integration.sync.match import pair_up


def answer(question: Question, answer: str, user: Any = None) -> None:
    """Conflict: "gist" or "ghl", whose value stands. Match: the id of the same person, or "new".

    Raises SetupError for an answer the question does not offer, or when it is closed.
    """
    if question.closed_at:
        raise SetupError("This question is settled already.")
    if answer not in _offered(question):
        raise SetupError(f"“{answer}” is no answer to this question.")
    with transaction.atomic():
        question.answer, question.answered_by, question.answered_at = answer, user, timezone.now()
        question.save(update_fields=["answer", "answered_by", "answered_at"])
        if question.kind == Question.Kind.MATCH and answer != "new":
            _pair(question)
    _carry_out(question, user)


def dismiss(question: Question, user: Any = None) -> None:
    """Leave things as they are; it is asked again when something changes."""
    question.closed_at, question.answered_by = timezone.now(), user
    question.save(update_fields=["closed_at", "answered_by"])


def _offered(question: Question) -> set[str]:
    if question.kind == Question.Kind.CONFLICT:
        return {"gist", "ghl"}
    return {"new", *(option["id"] for option in question.options)}


def _pair(question: Question) -> None:
    """Make the two records a pair. Raises SetupError when one of them is somebody else's half by now."""
    other = "ghl" if question.side == "gist" else "gist"
    halves = Snapshot.objects.filter(link=question.link, pair=None)
    own = halves.filter(side=question.side, external_id=question.external_id).first()
    chosen = halves.filter(side=other, external_id=question.answer).first()
    if not own or not chosen:
        raise SetupError("One of the two was linked or deleted meanwhile. Sync again, then look here once more.")
    pair_up(question.link, [(own, chosen) if question.side == "gist" else (chosen, own)])
    question.closed_at = timezone.now()
    question.save(update_fields=["closed_at"])


def _carry_out(question: Question, user: Any) -> None:
    """Sync this person now; while another run is under way, that run or the next one does it."""
    ids = {question.side: question.external_id}
    if question.pair:
        ids = {"gist": question.pair.gist_id, "ghl": question.pair.ghl_id}
    elif question.answer != "new":
        ids["ghl" if question.side == "gist" else "gist"] = question.answer
    with contextlib.suppress(runs.AlreadyRunning):
        runs.start(question.link, RunKind.SINGLE, user=user, target={"people": [ids]})
