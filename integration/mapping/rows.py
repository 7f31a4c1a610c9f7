"""A mapping row as forms, drafts and setup files give it."""

from collections.abc import Mapping
from typing import Any, TypedDict

from integration.models import Direction, WriteMode
from integration.models import Mapping as MappingRow


class RowInput(TypedDict, total=False):
    """What is left out has its default, see `with_defaults`."""

    gist: str
    ghl: str
    direction: str
    owner: str
    blank_overwrites: bool
    write_mode: str
    steps: list[dict[str, Any]]


Pair = tuple[str, str]


def as_input(row: MappingRow) -> RowInput:
    return RowInput(
        gist=row.gist_field,
        ghl=row.ghl_field,
        direction=row.direction,
        owner=row.owner,
        blank_overwrites=row.blank_overwrites,
        write_mode=row.write_mode,
        steps=row.steps,
    )


def with_defaults(row: RowInput) -> dict[str, Any]:
    defaults: RowInput = {
        "direction": Direction.TWO_WAY.value,
        "owner": "",
        "blank_overwrites": False,
        "write_mode": WriteMode.OVERWRITE.value,
        "steps": [],
    }
    return {**defaults, **row}


def pair_of(row: Mapping[str, Any]) -> Pair:
    """The two fields of a row: a link has one row of each pair."""
    return row["gist"], row["ghl"]


def unsaved_row(row: RowInput) -> MappingRow:
    """A row of a draft, as rules are frozen from rows."""
    facts = with_defaults(row)
    names = ("direction", "owner", "blank_overwrites", "write_mode", "steps")
    return MappingRow(gist_field=facts["gist"], ghl_field=facts["ghl"], **{name: facts[name] for name in names})
