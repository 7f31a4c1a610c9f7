"""Taking a person's name out of what is about others: texts, and values within JSON."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast

ERASED = "(erased)"


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
    """Any of the marks as a whole: an address that merely ends with another one is somebody else's."""
    either = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<![\w.+@-])(?:{either})(?![\w@-])(?!\.\w)", re.IGNORECASE)


def scrub_column(model: type[Model], column: str, marks: set[str]) -> int:
    """Take the marks out of one column of all rows; how many rows had one."""
    rows = model._default_manager.annotate(searched=Cast(column, TextField()))
    condition = Q(pk__in=[])
    for mark in marks:
        condition |= Q(searched__icontains=mark) | Q(searched__icontains=mark.encode("unicode_escape").decode())
    found = rows.filter(condition).only("pk", column) if marks else rows.none()
    count = 0
    for row in list(found):
        count += _rewrite(row, column, marks)
    return count


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
