"""What is wrong with mapping rows, against the fields that both sides have: while they are edited, saved and used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.errors import SetupError
from integration.mapping.command_tags import COMMAND_PROPERTIES
from integration.mapping.rows import RowInput, with_defaults
from integration.mapping.transforms import read_steps
from integration.mapping.types import can_append, explain_misfit
from integration.models import Direction, Owner, WriteMode
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import CONSENT_FIELDS, Field


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with row `index` (from 0), at which part of it: gist, ghl, direction, write_mode or steps."""

    index: int
    field: str
    message: str


def check_rows(
    rows: Sequence[RowInput], gist_fields: Mapping[str, Field], ghl_fields: Mapping[str, Field]
) -> list[RowProblem]:
    """What cannot work: unknown fields, fields that cannot be written, two rows writing one field, bad steps.

    A row from one side's consent to the other's is right: it says what is carried by itself (sync/consent.py).
    """
    problems: list[RowProblem] = []
    writers: dict[tuple[str, str], int] = {}
    for index, row in enumerate(rows):
        facts = with_defaults(row)
        gist, ghl = resolve_gist(facts["gist"], gist_fields), resolve_ghl(facts["ghl"], ghl_fields)
        problems += _find_unknown(index, facts, gist, ghl)
        problems += _check_choices(index, facts)
        if gist and gist.key in COMMAND_PROPERTIES:
            sentence = f"{gist.label} asks Gistline for something and is emptied when it is done: leave this row out."
            problems.append(RowProblem(index, "gist", sentence))
        if gist and ghl and not _is_consent(gist, ghl):
            problems += _find_unwritable(index, facts["direction"], gist, ghl)
            problems += _find_misfits(index, facts, gist, ghl)
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
    if facts["write_mode"] not in WriteMode.values:
        problems.append(RowProblem(index, "write_mode", f"There is no way to write “{facts['write_mode']}”."))
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


def _find_misfits(index: int, facts: Mapping[str, Any], gist: Field, ghl: Field) -> list[RowProblem]:
    """Values that never go into the field they are written to. What steps make of them shows on real values."""
    problems = []
    for side, name, found in _written_sides(facts["direction"], gist, ghl):
        why = explain_misfit(ghl if side == "gist" else gist, found) if found.writable and not facts["steps"] else ""
        if why:
            sentence = f"{name}'s {found.label} does not take it: {why}. Turn the direction round, or add a step."
            problems.append(RowProblem(index, side, sentence))
        if facts["write_mode"] == WriteMode.APPEND and found.writable and not can_append(found):
            sentence = f"Nothing can be added to {name}'s {found.label}: that needs a text or a list."
            problems.append(RowProblem(index, "write_mode", sentence))
    return problems


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


# By which fields somebody new is known again on the other side, and by which at least called something there.
_IDENTITY = {"email", "phone"}
_NAMES = {"name", "firstName", "lastName", "user_id"}


def find_missing(rows: Sequence[RowInput], direction: str) -> list[str]:
    """What a mapping cannot do for want of a row, in sentences. `direction` is that of the link."""
    sentences = []
    for side, name, against in (("gist", "Gist", "gist_to_ghl"), ("ghl", "GHL", "ghl_to_gist")):
        written = {row[side] for row in map(with_defaults, rows) if row["direction"] != against}
        if direction == against or written & _IDENTITY:
            continue
        then = "is known there by name only" if written & _NAMES else "is not created there"
        sentences.append(f"No row writes an e-mail address or a phone number to {name}: who is new {then}.")
    return sentences
