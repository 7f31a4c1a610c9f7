"""Fields without a row: two columns from which one is dragged, or picked by key, onto one of the other side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.mapping.drafts import Draft
from dashboard.mapping.sides import Sides
from integration.mapping.command_tags import COMMAND_PROPERTIES
from integration.mapping.types import misfits, type_held, why_impossible
from integration.records import CONSENT_FIELDS, SIDES, Field, is_blank

# Cards of a column before the rest is folded away.
SHOWN_AT_ONCE = 8
_NO_ROW = {"id", *COMMAND_PROPERTIES, *CONSENT_FIELDS["gist"], *CONSENT_FIELDS["ghl"]}


@dataclass(frozen=True)
class FreeField:
    """One card. `kind` is what `refusals` names it by."""

    key: str
    label: str
    kind: str
    about: str


def free_fields(sides: Sides, draft: Draft) -> dict[str, list[FreeField]]:
    """By side, what no row names: custom fields and filled ones first."""
    people = sides.samples.people
    found: dict[str, list[FreeField]] = {}
    for side in SIDES:
        taken = draft.keys(side) | _NO_ROW
        shares = {key: _share(people, side, key) for key in sides.fields(side) if key not in taken}
        keys = sorted(shares, key=lambda key: (not sides.fields(side)[key].writable, -(shares[key] or 0)))
        found[side] = [_card(sides.fields(side)[key], shares[key]) for key in keys]
    return found


def _card(field: Field, share: int | None) -> FreeField:
    filled = "" if share is None else f", {share} % filled"
    about = f"{field.type}{filled}" if field.writable else f"{field.type}, read only"
    return FreeField(field.key, field.label, kind_of(field), about)


def _share(people: Iterable[Any], side: str, key: str) -> int | None:
    """Of the people read on that side, how many per cent have a value there; None where nobody was read."""
    records = [one for one in people if getattr(one, side)]
    filled = sum(not is_blank(one.values(side).get(key)) for one in records)
    return round(100 * filled / len(records)) if records else None


def kind_of(field: Field) -> str:
    """Fields of one kind can be joined with the same others."""
    options = ",".join(field.options) if field.options and not field.takes_others else ""
    return "/".join([field.type, type_held(field), "write" if field.writable else "read", options])


def refusals(sides: Sides) -> dict[str, dict[str, str]]:
    """By the kind of a Gist field and then of a GHL field: why the two make no row. Pairs that do are left out."""
    gist, ghl = (_one_of_each_kind(sides.fields(side)) for side in SIDES)
    table = {one: {other: why_impossible(g, h) for other, h in ghl.items()} for one, g in gist.items()}
    return {one: {other: why for other, why in row.items() if why} for one, row in table.items() if any(row.values())}


def one_way(sides: Sides) -> dict[str, list[str]]:
    """By the kind of a Gist field: kinds of GHL fields with which it goes one way only."""
    gist, ghl = (_one_of_each_kind(sides.fields(side)) for side in SIDES)
    return {one: found for one, g in gist.items() if (found := [o for o, h in ghl.items() if len(misfits(g, h)) == 1])}


def _one_of_each_kind(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {kind_of(one): one for one in fields.values()}
