"""Phone numbers in international form (E.164): the form in which people are matched."""

import re
from functools import lru_cache

_EXTENSION = re.compile(r"(?:;\s*ext\s*=|\bext(?:ension|n)?\b\.?|x|#)\s*\d{1,7}\s*$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def to_e164(number: str, country: str) -> str:
    """The number as "+14155552671"; "" for what is none.

    `country` is meant where the number has no prefix, as "US"; "" where none is known. Such a number must be one that
    this country really has: digits that merely have the right length may be somebody else's number elsewhere. A number
    with a prefix is nobody's guess, so there the length is enough: numbers come into use sooner than lists know them.

    An extension stays part of it, as "+14155552671;ext=12": two people at one switchboard have two numbers.
    """
    import phonenumbers  # Here, because most commands that load the mapping never read a number.

    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return ""
    has_prefix = number.lstrip().startswith(("+", "\uff0b"))
    is_one = phonenumbers.is_possible_number if has_prefix else phonenumbers.is_valid_number
    if not is_one(parsed):
        return ""
    found = str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return f"{found};ext={parsed.extension}" if parsed.extension else found


def has_extension(number: str) -> bool:
    """Whether a number, as somebody typed it, ends with an extension: “x12”, “ext. 12”, “;ext=12”."""
    return bool(_EXTENSION.search(number))


def is_same_line(one: str, other: str, country: str) -> bool:
    """Whether two numbers are one line of which one names an extension, and the other none."""
    lines = [to_e164(number, country).partition(";ext=") for number in (one, other)]
    (first, _, here), (second, _, there) = lines
    return bool(first) and first == second and bool(here) != bool(there)


def national_digits(number: str) -> tuple[str, str] | None:
    """Country code and the rest of a number in international form, as ("1", "4155552671"); None for anything else."""
    found = re.fullmatch(r"(\+\d{8,15})(?:;ext=\d+)?", number)
    if not found:
        return None
    import phonenumbers

    try:
        parsed = phonenumbers.parse(found[1])
    except phonenumbers.NumberParseException:
        return None
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed)
