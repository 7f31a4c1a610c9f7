"""A cell of a file as the value it means. Raises Unreadable, in a sentence that quotes the cell, for what it is not."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from integration.imports.columns import Column
from integration.imports.meanings import fold_header
from integration.imports.rejected import take_off_guard
from integration.imports.value_kinds import looks_like_date
from integration.mapping.transforms import Context, apply_steps
from integration.moments import find_zone
from integration.phone import has_extension, to_e164
from integration.providers.ghl.countries import find_country_code, name_of_country
from integration.records import Value, is_blank
from integration.values import Unreadable, as_text, fit_to_type, member_key

_QUOTED = 60
# Characters: no phone number is longer, and what was read is remembered.
_LONGEST_PHONE = 60
_is_address = EmailValidator(allowlist=[])
# Pages and PDFs leave them in what is copied out of them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# Between tags, but not inside double quotes.
_TAG = re.compile(r'\s*(?:"([^"]*)"|([^;,"]+|"))')
_YES = {
    "1", "x", "yes", "y", "true", "on", "ja", "j", "wahr", "oui", "o", "vrai", "si", "s", "sim", "verdadero",
    "verdadeiro", "vero", "waar", "unsubscribed", "optout", "optedout", "active", "abgemeldet", "gesperrt",
    "desabonne", "desinscrit", "baja", "descadastrado", "disiscritto", "uitgeschreven", "afgemeld",
}  # fmt: skip
_NO = {
    "0", "no", "n", "false", "off", "nein", "falsch", "non", "faux", "nao", "falso", "nee", "onwaar", "none", "never",
    "inactive", "subscribed", "optin", "optedin", "angemeldet", "abonne",
}  # fmt: skip


def read_cell(column: Column, cell: str, context: Context) -> Value:
    """The value of a cell after the column's steps, as its target takes it; None for blank, which changes nothing."""
    target = column.target
    value = apply_steps(take_off_guard(cell).strip(), list(column.steps), backward=False, context=context)
    if is_blank(value) or not target:
        return None
    if target.kind == "country":
        return read_country(as_text(value))
    if target.type == "email":
        return read_email(as_text(value))
    if target.type == "phone":
        return read_phone(as_text(value), context.country)
    if target.type == "tags":
        return split_tags(value)
    if target.type == "choices":
        # Commas are left to the field, which knows the options that hold one.
        members = (
            value if isinstance(value, list) else [one.strip() for one in as_text(value).split(";") if one.strip()]
        )
        return members if len(members) > 1 else value
    return value if target.type == "choice" else fit_to_type(value, target.type, zone=find_zone(context.zone))


def read_email(text: str) -> str:
    """In lower case."""
    address = _INVISIBLE.sub("", text).strip().lower()
    try:
        _is_address(address)
    except ValidationError:
        raise Unreadable(f"“{shorten(text)}” is no e-mail address.", "bad_email") from None
    return address


def read_phone(text: str, country: str) -> str:
    """In international form. `country` is that of numbers without a prefix; "" where none is known."""
    number = to_e164(text, country) if len(text) <= _LONGEST_PHONE else ""
    if number and not has_extension(number):
        return number
    if number:
        raise Unreadable(f"“{shorten(text)}” has an extension, and GHL keeps none. Take it off.", "no_phone")
    place = f" in {name_of_country(country) or country}" if country else ""
    raise Unreadable(
        f"“{shorten(text)}” is no phone number{place}. Write it with its prefix, as +44 20 7946 0018.", "no_phone"
    )


def read_country(text: str) -> str:
    """Its code of two letters."""
    if code := find_country_code(text):
        return code
    raise Unreadable(f"“{shorten(text)}” is the name or code of no country. Write a code, such as DE.", "no_country")


def read_opt_out(text: str) -> bool:
    """Whether a cell says that somebody must not be written to; a blank says nothing, and so does a no."""
    word = fold_header(text)
    # Tools export when somebody left: a date is a yes.
    if word in _YES or looks_like_date(text):
        return True
    if word in _NO or not word.strip("0"):
        return False
    raise Unreadable(f"“{shorten(text)}” is neither yes nor no.", "bad_consent")


def split_tags(value: Value) -> list[str]:
    """Tags between semicolons or commas, each once; double quotes keep one together that holds such a sign."""
    if isinstance(value, list):
        return value
    pieces = (quoted or bare for quoted, bare in _TAG.findall(as_text(value)))
    tags = (tag.strip() for tag in pieces)
    return list({member_key(tag): tag for tag in reversed([*tags]) if tag.strip('"')}.values())[::-1]


def shorten(text: str, most: int = _QUOTED) -> str:
    """No more than so many characters, for sentences."""
    return text if len(text) <= most else f"{text[:most]}…"
