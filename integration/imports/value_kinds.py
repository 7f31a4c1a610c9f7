"""What the values of a column look like, whatever its header says."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from integration.phone import to_e164
from integration.values import Unreadable, read_decimal_comma, read_number

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PHONE = re.compile(r"\+?[\d\s()./\u2010-\u2013-]{7,25}")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")
# As YYYYMMDD, which could be a phone number too.
_DATE_OF_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
# From this share on, values say what a column is.
MOST_OF_THEM = 0.8
KIND_NAMES = {"email": "e-mail addresses", "phone": "phone numbers", "date": "dates"}


@dataclass(frozen=True)
class ValueKinds:
    """How many of the filled values in a sample are of each kind: email, phone, date."""

    filled: int
    counts: Counter[str]

    @property
    def main(self) -> str:
        """The kind that most of them are of; "" where there is none."""
        kind, count = next(iter(self.counts.most_common(1)), ("", 0))
        return kind if count and count >= MOST_OF_THEM * self.filled else ""

    def words(self, kind: str) -> str:
        return f"{self.counts[kind]} of {self.filled} values are {KIND_NAMES[kind]}"


def count_kinds(values: Iterable[str], country: str) -> ValueKinds:
    """`country` is that of phone numbers without a prefix; "" where none is known."""
    filled = [text for value in values if (text := value.strip())]
    return ValueKinds(len(filled), Counter(kind for value in filled if (kind := _kind_of(value, country))))


def looks_like_date(text: str) -> bool:
    """Whether it is written as a day, in whatever order; one of zeros alone, as databases write none, is not."""
    return bool(_DATE.match(text.strip())) and bool(re.search(r"[1-9]", text))


def _kind_of(value: str, country: str) -> str:
    if _EMAIL.fullmatch(value):
        return "email"
    if _DATE.fullmatch(value) or _DATE_OF_DIGITS.fullmatch(value):
        return "date"
    return "phone" if _PHONE.fullmatch(value) and to_e164(value, country) else ""


def guess_date_step(values: Sequence[str]) -> tuple[dict[str, Any] | None, str]:
    """The step that reads these dates, None where they need none or nobody can tell; and a sentence on it."""
    dates = [match for value in values if (match := _DATE.fullmatch(value.strip()))]
    if dotted := [one for one in dates if one[2] == "." and len(one[1]) <= 2]:
        return _date_step("DD.MM.YYYY"), f"Dates are written as {dotted[0][0]}."
    slashed = [one for one in dates if one[2] == "/" and len(one[1]) <= 2]
    if not slashed:
        return None, ""
    days, months = (any(int(one[group]) > 12 for one in slashed) for group in (1, 3))
    if days == months:
        return None, "Dates such as 03/04/2001 can be read in two ways: add a date step that says which is meant."
    form = "DD/MM/YYYY" if days else "MM/DD/YYYY"
    return _date_step(form), f"Dates are written as {form}."


def _date_step(form: str) -> dict[str, Any]:
    # The file stands where Gist stands in a mapping row.
    return {"name": "date", "gist": form, "ghl": "YYYY-MM-DD"}


def guess_number_step(values: Sequence[str]) -> tuple[dict[str, Any] | None, str]:
    """The step that reads numbers with a decimal comma, where some need it and no other number contradicts."""
    filled = [text for value in values if (text := value.strip())]
    plain, comma = ([text for text in filled if _reads(read, text)] for read in (read_number, read_decimal_comma))
    needing = [text for text in comma if text not in plain]
    if needing and set(plain) <= set(comma):
        return {"name": "decimal_comma", "side": "gist"}, f"Numbers have a decimal comma, as {needing[0]}."
    return None, ""


def _reads(read: Any, text: str) -> bool:
    try:
        read(text)
    except Unreadable:
        return False
    return True
