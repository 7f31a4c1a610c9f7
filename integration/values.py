"""Values: whether two are equal, and a value as the type of the field that it goes to.

There is one notion of equal, `same_value`, and one looser one for what a provider made of something that was written,
`same_as_written`. Every comparison of values uses one of them.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from unicodedata import normalize

from integration.moments import day_of, moment_of, moment_text, read_iso, utc_text
from integration.records import Value, is_blank

# Types whose values are sets of members, in no order.
LISTS = ("tags", "choices")
# With a plus only: digits with spaces or hyphens may be anything else.
_PHONE = re.compile(r"\+[\s().-]*\d[\d\s().-]*")
# Zeros in front are no part of a number: "0012" is a code. Marks of thousands stand before every three digits.
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3}){2,})")
_DECIMAL_COMMA = re.compile(r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:[. \u00a0\u202f][0-9]{3})+)(?:,[0-9]+)?")
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")
# They take no room, so nobody sees them: zero-width spaces and joiners, marks of direction, the soft hyphen.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


class Unreadable(ValueError):
    """A value does not fit its field or its step; the sentence says which value and why.

    `reason` is the code under which it is left out, see `sync/reasons.py`.
    """

    def __init__(self, sentence: str, reason: str = "unreadable"):
        super().__init__(sentence)
        self.reason = reason


# Whether two are equal ----------------------------------------------------------------------------------


def same_value(one: Value, other: Value, field_type: str = "text", zone: tzinfo = UTC) -> bool:
    """Whether both are the same value of a field of this type, however they are written; blank equals blank.

    `zone` is where a moment becomes a day.
    """
    return comparable_form(one, field_type, zone) == comparable_form(other, field_type, zone)


def same_as_written(found: Value, written: Value, field_type: str = "text") -> bool:
    """Whether `found` is what a provider made of what was `written`; more is the same here than for `same_value`.

    Providers keep their own spelling: names and addresses come back with other capitals, international phone numbers
    with other spaces, moments as seconds or with milliseconds, 5 as "5.0" (docs/ghl-api.md#field-semantics,
    docs/gist-api.md#custom-properties). Only for finding one's own write again: between two people's edits these
    differences count.
    """
    one, other = comparable_form(found, field_type), comparable_form(written, field_type)
    if one == other:
        return True
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if _PHONE.fullmatch(one) and _PHONE.fullmatch(other):
        return _digits_of(one) == _digits_of(other)
    return fold_text(one) == fold_text(other) or _same_moment(one, other)


def comparable_form(value: Value, field_type: str = "text", zone: tzinfo = UTC) -> object:
    """A form in which equal values are equal, and hash alike: None for blank, a set of members, a number, a text."""
    if is_blank(value):
        return None
    if isinstance(value, list) or field_type in LISTS:
        return frozenset(split_members(value)) or None
    if field_type == "email":
        return as_text(value).lower()
    if field_type in ("boolean", "number", "date", "moment"):
        try:
            return fit_to_type(value, field_type, zone=zone)
        # Text in a field of numbers or dates equals the same text, so that it is not written over and over.
        except Unreadable:
            return as_text(value)
    return as_text(value)


def _same_moment(one: str, other: str) -> bool:
    """Two texts of digits are none: "01234" and "1234" may be postal codes."""
    is_moment = read_iso(one) or read_iso(other)
    return is_moment is not None and moment_text(one) == moment_text(other)


def as_text(value: Value) -> str:
    """A single value as one types it: "" for blank, whole numbers without a point, booleans as true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")  # Nobody types 1e-07.
    return str(value).strip()


def fold_text(value: Value) -> str:
    """As text without regard to capitals and look-alikes, and to a ".0" behind a whole number."""
    text = member_key(as_text(value))
    whole = text.removesuffix(".0")
    return whole if whole.lstrip("-").isdecimal() else text


def member_key(text: str) -> str:
    """The form in which tags, choices and names are compared: what looks alike is the same.

    Composed and decomposed accents are the same, invisible signs count for nothing and spaces as one. Capitals count
    for nothing on either side (docs/ghl-api.md#tags, docs/gist-api.md#tags); ß stays apart from ss, as in both.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    visible = normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(normalize("NFC", visible.lower()).split())


def is_true(value: Value) -> bool:
    """What counts as yes in a boolean field; everything else is no."""
    return fold_text(value) in _YES


def split_members(value: Value, options: tuple[str, ...] = ()) -> dict[str, str]:
    """Members of a list, or of a text that joins them by commas, by the form they are compared in (`member_key`)."""
    pieces = value if isinstance(value, list) else split_choices(as_text(value), options)
    texts = (as_text(piece) for piece in pieces)
    return {key: text for text in texts if (key := member_key(text))}


def member_difference(wanted: Value, held: Value) -> tuple[list[str], list[str]]:
    """Members to add and to take off, each in the spelling of the side that has it."""
    want, have = _as_list(wanted), _as_list(held)
    wants, has = set(map(member_key, want)), set(map(member_key, have))
    return (
        list({member_key(one): one for one in reversed(want) if member_key(one) not in has}.values())[::-1],
        [one for one in have if member_key(one) not in wants],
    )


def _as_list(value: Value) -> list[str]:
    return [as_text(one) for one in value] if isinstance(value, list) else split_choices(as_text(value))


def _digits_of(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


# A value as its field's type ----------------------------------------------------------------------------


def fit_to_type(
    value: Value, field_type: str, options: tuple[str, ...] = (), zone: tzinfo = UTC, *, others: bool = False
) -> Value:
    """`value` as a field of this type holds it. Raises Unreadable. Blank stays blank.

    `options` are what the field offers, and all it takes unless `others`; none are known where they are empty. `zone`
    is where a moment becomes a day, and a day begins.
    """
    if is_blank(value):
        return value
    if field_type == "number":
        return read_number(value)
    if field_type == "boolean":
        return read_boolean(value)
    if field_type == "date":
        return day_of(_read_moment(value, zone), zone).isoformat()
    if field_type == "moment":
        return utc_text(_read_moment(value, zone))
    if field_type == "choices":
        members = value if isinstance(value, list) else split_choices(as_text(value), options)
        return members if others or not options else [find_option(member, options) for member in members]
    if field_type == "choice" and options and not others and not isinstance(value, list):
        return find_option(value, options)
    return _fit_to_text(value, field_type)


def _fit_to_text(value: Value, field_type: str) -> Value:
    if isinstance(value, list):
        return ", ".join(value) if field_type in ("text", "choice") else value
    return value if isinstance(value, str) else as_text(value)


def keep_if_exact(value: Value, field_type: str) -> Value:
    """The number or boolean that a text is the very spelling of; any other value as it is.

    For a property whose type nobody declared: "13" may be 13, but "0012" is not 12 and "no" not false.
    """
    try:
        fitted = fit_to_type(value, field_type)
    except Unreadable:
        return value
    return fitted if as_text(fitted) == as_text(value) else value


def find_option(value: Value, options: Sequence[str]) -> str:
    """The option that is meant, as the field spells it. A boolean means the one that says yes, or no. Raises
    Unreadable.
    """
    key = member_key(as_text(value))
    found = [option for option in options if member_key(option) == key]
    if not found and isinstance(value, bool):
        found = [option for option in options if member_key(option) in (_YES if value else _NO)]
    if len(found) != 1 and as_text(value) not in found:
        offered = ", ".join(f"“{option}”" for option in options[:8])
        raise Unreadable(f"“{as_text(value)}” is not among the options of the field: {offered}.", "not_offered")
    return as_text(value) if as_text(value) in found else found[0]


def read_boolean(value: Value) -> bool:
    """Raises Unreadable for what is neither yes nor no."""
    text = fold_text(value)
    if text not in (*_YES, *_NO):
        raise Unreadable(f"“{as_text(value)}” is neither yes nor no.")
    return text in _YES


def read_number(value: Value) -> int | float:
    """A finite number, whole where it is written so. Raises Unreadable, also where a digit would be lost.

    Commas, or several points, are marks of thousands where they stand before three digits each; "7,5" and "0012" are
    no numbers.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise Unreadable(f"“{value}” is no number.")
        return value
    text = str(value).strip()
    if _PLAIN.fullmatch(text):
        return _number_of(text, text)
    if not _GROUPED.fullmatch(text):
        remedy = " If it has a decimal comma, add that step to the row." if _DECIMAL_COMMA.fullmatch(text) else ""
        raise Unreadable(f"“{value}” is no number.{remedy}")
    return _number_of(text.replace(",", "") if "," in text else text.replace(".", ""), text)


def read_decimal_comma(value: Value) -> int | float:
    """A number as written with a decimal comma: "2.345,60" is 2345.6. Raises Unreadable."""
    text = str(value).strip()
    if not isinstance(value, str):
        return read_number(value)
    if not _DECIMAL_COMMA.fullmatch(text):
        raise Unreadable(f"“{text}” is no number with a decimal comma.")
    return _number_of(re.sub(r"[. \u00a0\u202f]", "", text).replace(",", "."), text)


def _number_of(plain: str, text: str) -> int | float:
    if "." not in plain:
        # Python reads no more digits than some thousands, and nobody counts so far.
        if len(plain) > 1000:
            raise Unreadable(f"“{text[:40]}…” has too many digits for a number.")
        return int(plain)
    number = float(plain)
    if not math.isfinite(number) or Decimal(repr(number)) != Decimal(plain):
        raise Unreadable(f"“{text}” has more digits than a number can hold.")
    return number


def _read_moment(value: Value, zone: tzinfo) -> datetime:
    """A date or a moment. A number counts seconds since 1970, as Gist writes dates (docs/gist-api.md#dates); digits in
    a text do not: they are as likely a year or a phone number.
    """
    read = moment_of(value) if isinstance(value, int | float) else read_iso(str(value), zone)
    if read is None:
        raise Unreadable(f"“{value}” is no date of the form YYYY-MM-DD. Correct it, or add a date step to the row.")
    return read


def split_choices(text: str, options: tuple[str, ...] = ()) -> list[str]:
    """Choices joined by commas, taken apart; an option that holds a comma itself stays whole."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if not options:
        return pieces
    offered = set(map(member_key, options))
    found: list[str] = []
    while pieces:
        # The longest first: of the options “Red” and “Red, dark” the text “Red, dark” means the second.
        lengths = range(len(pieces), 0, -1)
        whole = next((n for n in lengths if member_key(", ".join(pieces[:n])) in offered), 1)
        found.append(", ".join(pieces[:whole]))
        pieces = pieces[whole:]
    return found
