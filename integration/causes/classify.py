"""What a log entry failed for: the cause, what it is about, and what the API answered, whoever it failed for.

Two failures have the same cause although ids, values and numbers in their answers differ. Known answers are told apart
by patterns (docs/ghl-api.md#errors, docs/gist-api.md#errors); of others the status counts, and the text without what
belongs to one record.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.causes.registry import BY_REASON, BY_SKIP
from integration.providers.http import message_of

# Longest texts that are looked at: an answer may be a whole page of HTML.
LONGEST_TEXT = 1_000

# The first pattern that fits an answer in lower case tells its cause.
PATTERNS = (
    ("property_name", r"(property|field|name).*(\bdots?\b|\$|dollar|invalid name)"),
    (
        "field_unknown",
        r"should not exist|unknown (property|field|attribute)|(custom ?field|property).*(not found|not exist)",
    ),
    ("assignee_missing", r"(user|assign\w*|team ?mate).*(not found|does not exist)"),
    ("identity_missing", r"(email|user_?id|phone).* (is|are) required|at least one of .*(email|phone)"),
    ("calendar_missing", r"calendar.*(not found|does not exist|invalid|inactive)"),
    ("member_missing", r"team member needs|assigneduserid is missing"),
    ("slot_taken", r"slot.*(no longer|not available|taken)"),
    ("opt_out_permanent", r"permanent dnd"),
    (
        "value_taken",
        r"already been taken|with this [\w-]+ already|already (exists?|in use|taken)|must be unique|is not unique"
        r"|duplicate",
    ),
    ("too_long", r"too long|shorter than|longer than|exceed|max(imum)? ?length|at most \d+ char"),
    (
        "option_missing",
        r"(valid|allowed|known) (option|choice)|picklist|one of the (following|options)|(option|choice).*not",
    ),
    ("phone_invalid", r"\bphones?\b|phone ?number|e\.?164"),
    ("email_invalid", r"\be-?mails?\b"),
    ("country_invalid", r"\bcountry\b|iso ?3166"),
    ("date_invalid", r"\bdates?\b|iso ?8601|date ?of ?birth"),
    ("number_invalid", r"must be (a|an) (number|integer|numeric)|not a number|number conforming"),
)
# What the patterns above take for a matter of one field; a property that an answer names counts before it.
FIELD_OF_CAUSE = {"phone_invalid": "phone", "email_invalid": "email", "country_invalid": "country"}
# As `customFields.0.field_value must be a number`, or `city must be a real city`.
NAMED = re.compile(r"^(?:property )?([A-Za-z_][\w.\[\]]*) (?:must|should|has|is|cannot|can't|may)\b")
# Gist begins its sentences with the property (docs/gist-api.md#errors); GHL names it as it is spelt in the body.
CAPITALISED = {name.capitalize(): name for name in ("phone", "email", "name", "tags", "country", "city", "state")}
NO_FIELDS = ("it", "this", "that", "there", "body")
# Causes that need a closer look at the answer.
REFUSALS = ("rejected", "left_out", "provider_error")


@dataclass(frozen=True)
class Classified:
    """`cause` is a code after its side; `subject` a field, an operation's key or a kind of record."""

    cause: str
    subject: str
    side: str
    text: str = ""


def is_left_out(left_out: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of these values was not carried for a cause that somebody can mend."""
    return any(one["reason"] in BY_SKIP for one in left_out)


def classify(entry: Any, changes: Sequence[Any]) -> Classified | None:
    """Of an entry and the changes it holds; None where nothing failed and nothing was left out."""
    if entry.outcome == "failed":
        return _classify_failure(entry, changes)
    skip = next((one for one in entry.left_out if one["reason"] in BY_SKIP), None)
    if skip is None:
        return _classify_broken_row(entry) if entry.reason == "mapping_row" else None
    return _classify_skip(skip)


def classify_all(entry: Any, changes: Sequence[Any]) -> list[Classified]:
    """Every cause of an entry, once each, as `classify` the first: of one person several fields may be left out."""
    first = classify(entry, changes)
    if first is None:
        return []
    skips = [_classify_skip(one) for one in entry.left_out if one["reason"] in BY_SKIP]
    every = [first, *_classify_other_refusals(entry, changes, first), *skips]
    return list({(one.cause, one.subject): one for one in reversed(every)}.values())[::-1]


def _classify_skip(skip: Mapping[str, Any]) -> Classified:
    # A field is named as in GHL, unless it was Gist's new record that went without it.
    side = "gist" if skip["field"].startswith("custom_properties.") else "ghl"
    return Classified(f"{side}.{BY_SKIP[skip['reason']]}", skip["field"][:200], side)


def _classify_other_refusals(entry: Any, changes: Sequence[Any], first: Classified) -> Iterator[Classified]:
    """Fields of one record, or of both, that were refused beside the one that `first` is about."""
    sentences = _refusals_in(entry.message) if entry.reason == "left_out" else {}
    for change in changes:
        if change.state != "failed" or change.field not in sentences or change.field == first.subject:
            continue
        call, answer = _answer_about(entry.calls, change.field) or ({}, sentences[change.field])
        text = normalise(answer, call)
        code = next((code for code, pattern in PATTERNS if re.search(pattern, text.lower())), "value_invalid")
        yield Classified(f"{change.side}.{code}", change.field[:200], change.side, text[:300])


def _refusals_in(message: str) -> dict[str, str]:
    """What is said of each field, as `phone and city left out: … email left out: …` (sync/refusals.py)."""
    first, *rest = message.split(" left out: ")
    fields = _split_off_fields(first)[1]
    found: dict[str, str] = {}
    for number, text in enumerate(rest, 1):
        sentence, following = _split_off_fields(text) if number < len(rest) else (text, [])
        found |= dict.fromkeys(fields, _without_introduction(sentence))
        fields = following
    return found


def _split_off_fields(text: str) -> tuple[str, list[str]]:
    """What stands before the fields at the end, as `… phone and city`, and those."""
    words = text.split(" ")
    fields = [words.pop()]
    while len(words) > 1 and words[-1] == "and":
        fields, words = [*fields, words[-2]], words[:-2]
    return " ".join(words), fields


def _answer_about(calls: Any, field: str) -> tuple[Mapping[str, Any], str] | None:
    """The newest refused call of which an answer names the field, with that answer."""
    for call in reversed(_failed_calls(calls)):
        for answer in _answers_of(call):
            if field.rpartition(".")[2] == _field_named_in(answer).rpartition(".")[2]:
                return call, answer
    return None


def _classify_broken_row(entry: Any) -> Classified:
    """A mapping row that cannot work; a field that is not there has a cause of its own, which a button may mend."""
    found = re.search(r"\b(Gist|GHL) has no field “([^”]+)”", entry.message)
    if found:
        return Classified(f"{found[1].lower()}.row_field_missing", found[2][:200], found[1].lower())
    return Classified("row_unworkable", entry.label[:200], "", _without_number(entry.message)[:300])


def _without_number(message: str) -> str:
    return re.sub(r"^Row \d+: ", "", message)


def _classify_failure(entry: Any, changes: Sequence[Any]) -> Classified:
    call = _last_failed_call(entry.calls)
    side = _side_of(entry, call, changes)
    answers = _answers_of(call) or [_without_introduction(entry.message)]
    if entry.reason in REFUSALS:
        return _classify_refusal(entry, call, side, answers, changes)
    code = BY_REASON.get(entry.reason, "refused")
    text = normalise(answers[0] if code != "not_sent" else entry.message, call)
    subject = _subject_of(code, entry, call, text)
    return Classified(f"{side}.{code}" if side else code, subject[:200], side, text[:300])


def _classify_refusal(
    entry: Any, call: Mapping[str, Any], side: str, answers: Sequence[str], changes: Sequence[Any]
) -> Classified:
    refused = [one.field for one in changes if one.state == "failed" and one.field]
    field, answer = _field_and_answer(answers, refused if entry.reason == "left_out" or len(refused) == 1 else [])
    text = normalise(answer, call)
    code = next((code for code, pattern in PATTERNS if re.search(pattern, text.lower())), "")
    field = field or FIELD_OF_CAUSE.get(code, "")
    if not code and field:
        code = "value_invalid"
    if not code:
        code = f"{call.get('status') or entry.reason}.{_slug(text)}"
    # A field says more than the call it was sent with: creating and updating are refused for the same cause.
    subject = field or (_operation_of(call) if entry.kind != "contact" else "")
    return Classified(f"{side or 'gistline'}.{code}", subject[:200], side, text[:300])


def _field_and_answer(answers: Sequence[str], refused: Sequence[str]) -> tuple[str, str]:
    """The field that is refused, and the answer about it. `refused` are the fields that were left out."""
    for answer in answers:
        named = _field_named_in(answer)
        last = named.rpartition(".")[2]
        match = next((key for key in refused if key in (named, last) or key.rpartition(".")[2] == last), "")
        if match:
            return match, answer
        if named and not named.startswith("customFields") and not refused:
            return last, answer
    return (refused[0] if refused else ""), answers[0]


def _field_named_in(answer: str) -> str:
    found = NAMED.match(answer)
    named = found[1].rpartition("field_value")[0].rstrip(".") or found[1] if found else ""
    return named if named[:1].islower() and named not in NO_FIELDS else CAPITALISED.get(named, "")


def _failed_calls(calls: Any) -> list[Mapping[str, Any]]:
    return [one for one in calls or () if isinstance(one, dict) and one.get("error")]


def _last_failed_call(calls: Any) -> Mapping[str, Any]:
    found = _failed_calls(calls)
    return found[-1] if found else {}


def _side_of(entry: Any, call: Mapping[str, Any], changes: Sequence[Any]) -> str:
    side = str(call.get("operation", "")).partition(".")[0] or entry.side
    side = side or next((one.side for one in changes if one.state == "failed" and one.side), "")
    if not side:
        # Sentences about an answer begin with the API's name, after the name of the account.
        found = re.search(r"\b(GHL|Gist) (?:answered|did not|could not|has|says|refuse)", entry.message)
        side = found[1].lower() if found else ""
    return side if side in ("gist", "ghl") else ""


def _answers_of(call: Mapping[str, Any]) -> list[str]:
    """The API's own words, one for each of its complaints; [] where there are none."""
    response = call.get("response")
    if isinstance(response, dict):
        message = response.get("message")
        texts = [str(one) for one in message] if isinstance(message, list) else [message_of(response)]
    else:
        texts = [str(response or "")]
    return [text[:LONGEST_TEXT] for text in texts if text]


def _without_introduction(message: str) -> str:
    """A sentence of our own without what stands before the API's words."""
    return re.sub(r"^.*?answered \d+ to [^:]{1,80}: ", "", message[:LONGEST_TEXT])


def _operation_of(call: Mapping[str, Any]) -> str:
    return str(call.get("operation", ""))


def _subject_of(code: str, entry: Any, call: Mapping[str, Any], text: str) -> str:
    if code == "scope_missing":
        found = re.search(r"needs ([\w./-]+\w)", entry.message)
        return found[1] if found else _operation_of(call)
    if code == "internal":
        found = re.search(r"\((\w+)\)", entry.message)
        return found[1] if found else ""
    if code == "not_sent":
        return text
    if code == "api_fault":
        return _operation_of(call)
    if code == "duplicate":
        found = re.search(r"with this (e-?mail|phone)", entry.message)
        return found[1].replace("-", "") if found else ""
    return entry.kind if code in ("record_gone", "record_malformed", "perhaps_done") else ""


# What belongs to one record is taken out --------------------------------------------------------------------

_OF_ONE_RECORD = tuple(
    re.compile(pattern)
    for pattern in (
        r"https?://\S+",
        r"[\w.+-]+@[\w.-]+",
        r"“[^”]*”|\"[^\"]*\"|‘[^’]*’|(?<!\w)'[^']*'(?!\w)|`[^`]*`",
        r"\b(?=\w*\d)[\w-]{6,}\b",
        r"\b[A-Za-z0-9]{20,}\b",
        r"[+(]?\d[\d\s().,:/-]*",
    )
)


def normalise(text: str, call: Mapping[str, Any] | None = None) -> str:
    """The text without addresses, quoted values, ids and numbers, and without any value that the call sent."""
    text = text[:LONGEST_TEXT]
    for value in sorted(set(_values_in((call or {}).get("request"))), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
    for pattern in _OF_ONE_RECORD:
        text = pattern.sub("…", text)
    return re.sub(r"(?:…\s*)+", "… ", " ".join(text.split())).strip()


def _values_in(sent: Any) -> Iterator[str]:
    """Texts that a request held, at any depth. Short ones are words as often as values."""
    if isinstance(sent, str) and 3 <= len(sent) <= 200:
        yield sent
    elif isinstance(sent, dict):
        for value in sent.values():
            yield from _values_in(value)
    elif isinstance(sent, list):
        for value in sent:
            yield from _values_in(value)


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z]+", "_", text.lower()).strip("_")[:40].strip("_")
    # Long texts that begin alike are told apart by the rest.
    return f"{words}_{hashlib.blake2b(text.lower().encode(), digest_size=3).hexdigest()}".lstrip("_")
