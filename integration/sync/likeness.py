"""How much two records look like one person's: points for each thing that speaks for it, and their sum.

A pure function of values. Points are no probability: they put candidates in an order that a person can check.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from integration.mapping.rules import Rules
from integration.models import Snapshot
from integration.names import name_words
from integration.records import is_blank
from integration.sync.candidates import name_of
from integration.sync.observe import as_contact
from integration.values import as_text, member_key

FULL = 100
SAME_EMAIL, EMAIL_NEAR, SAME_LOCAL_PART = 50, 20, 15
SAME_PHONE, PHONE_END = 40, 25
SAME_NAME, LAST_NAME_AND_INITIAL, NAME_NEAR = 25, 15, 10
# Each mapped field that holds the same, and all of them together at most.
SAME_FIELD, SAME_FIELDS_AT_MOST = 6, 12
# Fields by which everybody is told apart anyway; tags are shared by many.
COMPARED_ANYWAY = ("email", "phone", "name", "firstName", "lastName", "tags")
# Addresses that belong to a desk and not to a person.
DESKS = {"info", "office", "hello", "contact", "kontakt", "sales", "support", "admin", "mail", "team", "hi", "post"}
PHONE_DIGITS = 8


@dataclass(frozen=True)
class Evidence:
    """One thing that two records have in common (`points` > 0), or in which they differ (0)."""

    text: str
    points: int = 0


@dataclass(frozen=True)
class Likeness:
    evidence: tuple[Evidence, ...] = ()

    @property
    def score(self) -> int:
        return min(FULL, sum(one.points for one in self.evidence))

    @property
    def is_by_phone_only(self) -> bool:
        return {one.text for one in self.evidence if one.points} == {"Same phone"}

    def has(self, *texts: str) -> bool:
        return set(texts) <= {one.text for one in self.evidence if one.points}


@dataclass(frozen=True)
class Traits:
    """What a record says about who it is; `fields` are the mapped ones beside, by their label."""

    addresses: tuple[str, ...] = ()
    phone: str = ""
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def traits_of(snapshot: Snapshot, rules: Rules) -> Traits:
    values = as_contact(snapshot).values
    rows = (row for row in rules.rows if row.ghl not in COMPARED_ANYWAY and row.gist not in COMPARED_ANYWAY)
    held = {row.ghl: values.get(row.key(snapshot.side)) for row in rows}
    fields = {label_of(key): as_text(value) for key, value in held.items() if not is_blank(value)}
    return Traits(snapshot.addresses, snapshot.phone, name_of(snapshot), fields)


def label_of(key: str) -> str:
    """`customFields.company_size` as `Company size`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", key.rpartition(".")[2])
    return words[:1].upper() + words[1:].lower()


def compare_traits(one: Traits, other: Traits) -> Likeness:
    found = (_compare_addresses(one, other), _compare_phones(one, other), _compare_names(one, other))
    return Likeness((*(evidence for evidence in found if evidence), *_compare_fields(one, other)))


def _compare_addresses(one: Traits, other: Traits) -> Evidence | None:
    if not one.addresses or not other.addresses:
        return None
    if set(one.addresses) & set(other.addresses):
        return Evidence("Same e-mail", SAME_EMAIL)
    couples = [(mine, theirs) for mine in one.addresses for theirs in other.addresses]
    if any(is_one_letter_off(mine, theirs) for mine, theirs in couples):
        return Evidence("E-mail differs in one letter", EMAIL_NEAR)
    if any(local_part(mine) and local_part(mine) == local_part(theirs) for mine, theirs in couples):
        return Evidence("Same e-mail before the @", SAME_LOCAL_PART)
    return Evidence("Other e-mail")


def _compare_phones(one: Traits, other: Traits) -> Evidence | None:
    if not one.phone or not other.phone:
        return None
    if one.phone == other.phone:
        return Evidence("Same phone", SAME_PHONE)
    ends = phone_end(one.phone), phone_end(other.phone)
    if ends[0] and ends[0] == ends[1]:
        return Evidence(f"Phones end in the same {PHONE_DIGITS} digits", PHONE_END)
    return Evidence("Other phone")


def _compare_names(one: Traits, other: Traits) -> Evidence | None:
    mine, theirs = name_words(one.name), name_words(other.name)
    if not mine or not theirs:
        return None
    if sorted(mine) == sorted(theirs):
        return Evidence("Same name", SAME_NAME)
    if len(mine) > 1 and len(theirs) > 1 and name_key(mine) == name_key(theirs):
        return Evidence("Same last name and initial", LAST_NAME_AND_INITIAL)
    if is_nearly_same(" ".join(mine), " ".join(theirs)):
        return Evidence("Name differs in a letter or two", NAME_NEAR)
    return Evidence("Other name")


def _compare_fields(one: Traits, other: Traits) -> Iterable[Evidence]:
    left = SAME_FIELDS_AT_MOST
    for label, value in one.fields.items():
        theirs = other.fields.get(label)
        if theirs is None:
            continue
        if member_key(value) != member_key(theirs):
            yield Evidence(f"Other {label.lower()}")
        elif left:
            left -= SAME_FIELD
            yield Evidence(f"Same {label.lower()}", SAME_FIELD)


# What two values have in common --------------------------------------------------------------------------


def local_part(address: str) -> str:
    """The part before the @ without points and what follows a plus; "" for a desk's, or one too short to say much."""
    name = address.partition("@")[0].partition("+")[0].replace(".", "").replace("-", "").replace("_", "")
    return "" if len(name) < 4 or name in DESKS or name.isdigit() else name


def phone_end(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


def name_key(words: Sequence[str]) -> str:
    """The last word and the initial of the first: “Jonas Keller” and “J. Keller” have the same."""
    return f"{words[-1]} {words[0][0]}"


def is_one_letter_off(one: str, other: str) -> bool:
    """Whether one letter was added, left out or replaced, or two neighbours swapped; a digit tells people apart."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    if rest[:1].isdigit() or other_rest[:1].isdigit():
        return False
    is_swap = rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:]
    return is_swap or rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]


def is_nearly_same(one: str, other: str) -> bool:
    """Of names that are long enough for a slip of the hand to leave most of it."""
    if min(len(one), len(other)) < 6 or abs(len(one) - len(other)) > 2 or any(sign.isdigit() for sign in one + other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= 0.88
