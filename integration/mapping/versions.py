"""Saving mapping rows: checked against the fields both sides have, and kept as a version that never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db import transaction

from integration.errors import SetupError, StaleSave
from integration.mapping.carried import NAMES, in_order
from integration.mapping.command_tags import COMMAND_PROPERTIES
from integration.mapping.transforms import read_steps
from integration.models import Direction, Link, MappingVersion, Owner
from integration.models import Mapping as MappingRow
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import CONSENT_FIELDS, Field


class RowInput(TypedDict, total=False):
    """A row as a form or a setup file gives it."""

    gist: str
    ghl: str
    direction: str
    owner: str
    blank_overwrites: bool
    steps: list[dict[str, Any]]


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with row `index` (from 0), at which part of it: gist, ghl, direction or steps."""

    index: int
    field: str
    message: str


def current_version(link: Link) -> MappingVersion | None:
    return link.mapping_versions.order_by("-number").first()


def current_rows(link: Link) -> list[MappingRow]:
    version = current_version(link)
    return list(version.rows.all()) if version else []


@transaction.atomic
def save_version(
    link: Link,
    rows: Sequence[RowInput],
    user: Any = None,
    note: str = "",
    read: int | None = None,
    gist_fields: Mapping[str, Field] | None = None,
    carried: Sequence[str] | None = None,
) -> MappingVersion:
    """Make `rows` the link's mapping. Equal rows keep the present version.

    `carried` are the properties carried to Gist; None keeps what stands, and a new link carries all of them.

    `read` is the number of the version that `rows` were made from, 0 for none: raises StaleSave when another one
    stands now. None saves over whatever stands. `gist_fields` are what is known of Gist's properties; a row that stood
    before keeps the type that it had.
    """
    # Two people may save at once: without the lock both would pass the check, and make the same number.
    Link.objects.select_for_update(no_key=True).only("pk").get(pk=link.pk)
    current = current_version(link)
    types = {(row.gist_field, row.ghl_field): row.gist_type for row in current.rows.all()} if current else {}
    wanted = [_with_defaults(row) for row in rows]
    shows = _carried_by(current, carried)
    # Saving unchanged rows must not add a version to the history.
    if current and shows == current.carried and [_with_defaults(as_input(row)) for row in current.rows.all()] == wanted:
        return current
    last = current.number if current else 0
    if read not in (None, last):
        raise StaleSave(read, last)
    version = MappingVersion.objects.create(link=link, number=last + 1, created_by=user, note=note, carried=shows)
    MappingRow.objects.bulk_create(
        MappingRow(
            version=version,
            position=position,
            gist_field=facts["gist"],
            ghl_field=facts["ghl"],
            gist_type=types.get((facts["gist"], facts["ghl"])) or _type_seen(facts["gist"], gist_fields or {}),
            **{key: facts[key] for key in ("direction", "owner", "blank_overwrites", "steps")},
        )
        for position, facts in enumerate(wanted)
    )
    return version


def _carried_by(current: MappingVersion | None, carried: Sequence[str] | None) -> list[str] | None:
    if carried is not None:
        return in_order(carried)
    return current.carried if current else list(NAMES)


def _type_seen(key: str, fields: Mapping[str, Field]) -> str:
    return fields[key].type if key in fields else ""


def freeze_types(version: MappingVersion, gist_fields: Mapping[str, Field]) -> None:
    """Give each row without one the type of its Gist property, once: what somebody sees later changes no rules."""
    rows = list(version.rows.filter(gist_type=""))
    for row in rows:
        field = resolve_gist(row.gist_field, gist_fields)
        row.gist_type = field.type if field else "text"
    MappingRow.objects.bulk_update(rows, ["gist_type"])


def as_input(row: MappingRow) -> RowInput:
    return RowInput(
        gist=row.gist_field,
        ghl=row.ghl_field,
        direction=row.direction,
        owner=row.owner,
        blank_overwrites=row.blank_overwrites,
        steps=row.steps,
    )


def _with_defaults(row: RowInput) -> dict[str, Any]:
    """A row with its defaults filled in."""
    defaults: RowInput = {
        "direction": Direction.TWO_WAY.value,
        "owner": "",
        "blank_overwrites": False,
        "steps": [],
    }
    return {**defaults, **row}


def check_rows(
    rows: Sequence[RowInput], gist_fields: Mapping[str, Field], ghl_fields: Mapping[str, Field]
) -> list[RowProblem]:
    """What cannot work: unknown fields, fields that cannot be written, two rows writing one field, bad steps.

    A row from one side's consent to the other's is right: it says what is carried by itself (sync/consent.py).
    """
    problems: list[RowProblem] = []
    writers: dict[tuple[str, str], int] = {}
    for index, row in enumerate(rows):
        facts = _with_defaults(row)
        gist, ghl = resolve_gist(facts["gist"], gist_fields), resolve_ghl(facts["ghl"], ghl_fields)
        problems += _find_unknown(index, facts, gist, ghl)
        problems += _check_choices(index, facts)
        if gist and gist.key in COMMAND_PROPERTIES:
            sentence = f"{gist.label} asks Gistline for something and is emptied when it is done: leave this row out."
            problems.append(RowProblem(index, "gist", sentence))
        if gist and ghl and not _is_consent(gist, ghl):
            problems += _find_unwritable(index, facts["direction"], gist, ghl)
            problems += _find_doubled(index, facts["direction"], gist, ghl, writers)
    return problems


def _is_consent(gist: Field, ghl: Field) -> bool:
    return gist.key in CONSENT_FIELDS["gist"] and ghl.key in CONSENT_FIELDS["ghl"]


def _find_unknown(index: int, facts: Mapping[str, Any], gist: Field | None, ghl: Field | None) -> list[RowProblem]:
    problems = []
    for side, name, found in (("gist", "Gist", gist), ("ghl", "GHL", ghl)):
        if not facts[side]:
            problems.append(RowProblem(index, side, f"Choose a {name} field."))
        elif not found:
            problems.append(
                RowProblem(index, side, f"{name} has no field “{facts[side]}”. Choose another one, or remove the row.")
            )
    return problems


def _check_choices(index: int, facts: Mapping[str, Any]) -> list[RowProblem]:
    problems = []
    if facts["direction"] not in Direction.values:
        problems.append(RowProblem(index, "direction", f"There is no direction “{facts['direction']}”."))
    if facts["owner"] and facts["owner"] not in Owner.values:
        problems.append(RowProblem(index, "direction", f"There is no owner rule “{facts['owner']}”."))
    try:
        read_steps(facts["steps"], "steps")
    except SetupError as problem:
        problems.append(RowProblem(index, "steps", problem.problem[:1].upper() + problem.problem[1:]))
    return problems


def _written_sides(direction: str, gist: Field, ghl: Field) -> list[tuple[str, str, Field]]:
    towards = {"gist_to_ghl": "ghl", "ghl_to_gist": "gist"}.get(direction)
    sides = (("gist", "Gist", gist), ("ghl", "GHL", ghl))
    return [side for side in sides if towards in (None, side[0])]


def _find_unwritable(index: int, direction: str, gist: Field, ghl: Field) -> list[RowProblem]:
    """A two-way row with one read-only end is fine: it flows the other way only."""
    targets = _written_sides(direction, gist, ghl)
    if any(found.writable for _, _, found in targets):
        return []
    side, name, found = targets[0]
    return [RowProblem(index, side, f"{name}'s {found.label} cannot be written. {found.note}".strip())]


def _find_doubled(
    index: int, direction: str, gist: Field, ghl: Field, writers: dict[tuple[str, str], int]
) -> list[RowProblem]:
    problems = []
    for side, name, found in _written_sides(direction, gist, ghl):
        # `writers` is shared by all rows: (side, field) to the first row that writes it.
        first = writers.setdefault((side, found.key), index)
        if first != index and found.writable:
            sentence = f"Row {first + 1} writes {name}'s {found.label} too. Remove one, or turn its direction round."
            problems.append(RowProblem(index, side, sentence))
    return problems
