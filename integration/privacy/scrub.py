"""Taking a person's name out of what is about others: texts, and values within JSON."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast

from integration.phone import national_digits
from integration.privacy.find import LONG_PHONE

ERASED = "(erased)"
# What people write between the digits of a number.
_BETWEEN = r"[\s().\u00a0\u2009\u202f\u2010-\u2013/-]{0,3}"
# The same digits after another country's code are somebody else's number.
_NO_OTHER_COUNTRY = "".join(
    r"(?<!\+" + r"\d" * digits + r"[\s().-]" * between + ")" for digits in (1, 2, 3) for between in (1, 2)
)


def scrub(value: Any, marks: Iterable[str]) -> Any:
    """The value without the marks, in whatever case they stand there. Members of lists that are one of them go."""
    if isinstance(value, str):
        return pattern_of(marks).sub(ERASED, value)
    if isinstance(value, list):
        return [scrub(one, marks) for one in value if not _is_mark(one, marks)]
    if isinstance(value, dict):
        return {scrub(name, marks): scrub(one, marks) for name, one in value.items()}
    return value


def _is_mark(value: Any, marks: Iterable[str]) -> bool:
    """Also an object of a list that has one as its id or address, such as somebody a question offers."""
    if isinstance(value, dict):
        return any(_is_mark(value.get(name), marks) for name in ("id", "email", "gist", "ghl"))
    return isinstance(value, str) and value.lower() in {mark.lower() for mark in marks}


def pattern_of(marks: Iterable[str]) -> "re.Pattern[str]":
    """Any of the marks as a whole: an address that merely ends with another one is somebody else's. A number in
    international form is found in every spelling, with its country or without.
    """
    texts = sorted(marks, key=len, reverse=True)
    numbers = [_number_pattern(*digits) for one in texts if (digits := national_digits(one))]
    # An address goes on after a dot; a name may stand before the ending of a file.
    ends = (re.escape(one) + (r"(?!\.\w)" if "@" in one else "") for one in texts)
    whole = rf"(?<![\w.+@-])(?:{'|'.join(ends) or '(?!)'})(?![\w@-])"
    return re.compile("|".join([whole, *numbers]), re.IGNORECASE)


def _number_pattern(country: str, national: str) -> str:
    # Some write a 0 after the country in brackets, and dial one before the number within it.
    with_country = rf"\(?(?:\+|00)?{_BETWEEN}{_spread(country)}{_BETWEEN}(?:\(0\))?{_BETWEEN}"
    within = rf"{_NO_OTHER_COUNTRY}\(?0?{_BETWEEN}"
    prefix = rf"(?:{with_country}|{within})" if len(national) >= LONG_PHONE else with_country
    return rf"(?<![\w+]){prefix}{_spread(national)}(?!\w)"


def _spread(digits: str) -> str:
    return _BETWEEN.join(digits)


def is_mentioned(value: Any, pattern: "re.Pattern[str]") -> bool:
    """Whether it stands in one of the texts within a value. In the value as JSON an escape could hide it."""
    return any(pattern.search(text) for text in texts_in(value))


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for one in value:
            yield from texts_in(one)
    else:
        yield str(value)


def read_stored(text: str) -> Any:
    """The value that was stored as JSON, or the text where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def scrub_column(model: type[Model], column: str, marks: set[str]) -> int:
    """Take the marks out of one column of all rows; how many rows had one."""
    rows = model._default_manager.annotate(searched=Cast(column, TextField()))
    condition = Q(pk__in=[])
    for mark in marks:
        condition |= _may_hold(mark)
    found = rows.filter(condition).only("pk", column) if marks else rows.none()
    count = 0
    for row in list(found):
        count += _rewrite(row, column, marks)
    return count


def _may_hold(mark: str) -> Q:
    """Rows that are worth reading: what the database finds may be more than the mark, and never less."""
    if digits := national_digits(mark):
        # In SQLite's JSON a blank that does not break stands as an escape, which has digits itself.
        return Q(searched__regex=r"(?:[^0-9]|\\u[0-9a-f]{4}){0,6}".join(digits[1]))
    if mark.isascii():
        return Q(searched__icontains=mark) | Q(searched__icontains=json.dumps(mark)[1:-1])
    # Neither database knows upper and lower case of all letters.
    return Q(searched__iregex="".join(map(_as_stored, mark)))


def _as_stored(letter: str) -> str:
    """A pattern of the letter as it is, or as JSON escapes it: quotation marks, and in SQLite all that is not ASCII."""
    both = dict.fromkeys((letter, letter.lower(), letter.upper()))
    escaped = dict.fromkeys(json.dumps(one)[1:-1] for one in both)
    return "(?:" + "|".join(map(re.escape, both | escaped)) + ")"


def _rewrite(row: Model, column: str, marks: set[str]) -> bool:
    """False where the search found only what looks alike."""
    field: Any = row._meta.get_field(column)
    plain = getattr(field, "_as_json", lambda value: value)(getattr(row, column))
    value = scrub(plain, marks)
    if value == plain:
        return False
    if isinstance(value, str):
        # What stands there instead may be longer than a short name was.
        value = value[: field.max_length]
    setattr(row, column, field.to_python(value) if hasattr(field, "dataclass") else value)
    row.save(update_fields=[column])
    return True
