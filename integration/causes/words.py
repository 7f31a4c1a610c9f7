"""A problem in words: its title, what it means and what to do."""

from dataclasses import dataclass
from typing import Any

from integration.causes.registry import Cause, cause_of
from integration.models import Problem, Provider
from integration.providers.ghl.catalogue import OPERATIONS as GHL_OPERATIONS
from integration.providers.gist.catalogue import OPERATIONS as GIST_OPERATIONS

FIELD_NAMES = {
    "phone": "phone number", "email": "e-mail address", "country": "country", "tags": "tags", "name": "name",
    "firstName": "first name", "lastName": "last name", "dateOfBirth": "date of birth", "postalCode": "postal code",
    "assignedTo": "assignee",
}  # fmt: skip
OPERATIONS = {**GHL_OPERATIONS, **GIST_OPERATIONS}


@dataclass(frozen=True)
class Wording:
    title: str
    meaning: str
    remedy: str
    fixes: tuple[str, ...] = ()
    waits: bool = False


def name_of_field(key: str) -> str:
    """`customFields.lead_score` as people say it: `lead score`."""
    return FIELD_NAMES.get(key) or key.rpartition(".")[2].replace("_", " ")


def wording_of(problem: Problem) -> Wording:
    cause = cause_of(problem.cause)
    words = {
        "side": Provider(problem.side).label if problem.side else "The API",
        "field": _subject_in_words(cause, problem) or "a value",
        "text": problem.text.rstrip(".") or "no reason",
    }
    title = _fill(cause.title, words)
    meaning, remedy = _fill(cause.meaning, words), _fill(cause.remedy, words)
    return Wording(title[:1].upper() + title[1:], meaning, remedy, cause.fixes, cause.waits)


def title_of(problem: Problem) -> str:
    return wording_of(problem).title


def subject_in_words(problem: Problem) -> str:
    """What it is about, as a list shows it beside the title."""
    return _subject_in_words(cause_of(problem.cause), problem)


def _subject_in_words(cause: Cause, problem: Problem) -> str:
    if operation := OPERATIONS.get(problem.subject):
        return operation.title
    if cause.code in ("scope_missing", "internal", "not_sent"):
        return problem.subject
    return name_of_field(problem.subject)


def _fill(sentence: str, words: dict[str, Any]) -> str:
    # Not str.format: an answer of an API may hold braces of its own.
    for name, word in words.items():
        sentence = sentence.replace("{" + name + "}", str(word))
    return sentence
