"""The rules of a link in one frozen value: what a run decides by, and what it keeps to show later."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from integration.mapping.fitting import fitted
from integration.mapping.transforms import Context, apply_steps
from integration.models import Direction, Link, MappingVersion, Owner
from integration.models import Mapping as MappingRow
from integration.records import Field, Side, Value

KEPT = {
    "gist": ("email", "phone", "name", "user_id", "tags", "custom_properties.ghl_complete_task"),
    "ghl": ("email", "phone", "name", "tags", "assignedTo"),
}
"""Kept of every contact, mapped or not: who it is, and what workflows watch."""


@dataclass(frozen=True)
class Row:
    """One mapping row with what decide needs to know of its two fields. `owner` is never empty here."""

    gist: str
    ghl: str
    direction: str = Direction.TWO_WAY
    owner: str = Owner.NEWEST
    blank_overwrites: bool = False
    steps: tuple[Mapping[str, Any], ...] = ()
    type: str = "text"
    gist_type: str = ""
    ghl_type: str = ""
    options: tuple[str, ...] = ()
    """What a GHL field with choices offers."""
    gist_writable: bool = True
    ghl_writable: bool = True
    gist_create_only: bool = False
    ghl_create_only: bool = False

    def key(self, side: str) -> str:
        return self.gist if side == "gist" else self.ghl

    def flows_to(self, side: str) -> bool:
        """Whether values may be written to `side` at all."""
        towards = Direction.GIST_TO_GHL if side == "ghl" else Direction.GHL_TO_GIST
        writable = self.ghl_writable if side == "ghl" else self.gist_writable
        return writable and self.direction in (Direction.TWO_WAY, towards)

    def create_only(self, side: str) -> bool:
        return self.ghl_create_only if side == "ghl" else self.gist_create_only

    def translate(self, value: Value, to: str, country: str) -> Value:
        """The value as `to` would hold it. Raises transforms.Unreadable."""
        changed = apply_steps(value, list(self.steps), backward=to == "gist", context=Context(country=country))
        return fitted(changed, self.type_on(to), self.options)

    def type_on(self, side: str) -> str:
        return (self.ghl_type if side == "ghl" else self.gist_type) or self.type

    def holds_members(self, side: str) -> bool:
        """Whether the field of `side` is a list; else its members stand in a text, joined by commas."""
        return self.type_on(side) in ("tags", "choices")


@dataclass(frozen=True)
class Rules:
    """Everything decide may look at besides the records."""

    direction: str = Direction.TWO_WAY
    deletes: str = "ignore"
    match: tuple[str, ...] = ("email", "phone")
    country: str = "US"
    rows: tuple[Row, ...] = field(default_factory=tuple)

    def keys(self, side: Side | str) -> tuple[str, ...]:
        """The fields of `side` that are kept: the mapped ones, those by which people are known there, and those that
        workflows watch.
        """
        return tuple(dict.fromkeys([*KEPT[side], *(row.key(side) for row in self.rows)]))

    def creates_on(self, side: str) -> bool:
        against = Direction.GHL_TO_GIST if side == "ghl" else Direction.GIST_TO_GHL
        return self.direction != against

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def digest(self) -> str:
        """Changes whenever the rules do, so that records decided by older rules are decided again."""
        text = json.dumps(self.as_json(), sort_keys=True, default=list)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rules":
        rows = tuple(
            Row(**{**row, "steps": tuple(row["steps"]), "options": tuple(row["options"])}) for row in data["rows"]
        )
        return cls(**{**data, "rows": rows, "match": tuple(data["match"])})


def rules_of(link: Link, version: MappingVersion | None, gist: Mapping[str, Field], ghl: Mapping[str, Field]) -> Rules:
    """Freeze what stands now. `gist` and `ghl` are the fields the rows mean, by the key the row names them with.

    A row whose field does not exist is left out: versions.check_rows says so in words.
    """
    rows: Iterable[MappingRow] = version.rows.all() if version else ()
    frozen = (
        _frozen(link, row, gist[row.gist_field], ghl[row.ghl_field])
        for row in rows
        if row.gist_field in gist and row.ghl_field in ghl
    )
    return Rules(
        direction=link.direction,
        deletes=link.deletes,
        match=tuple(link.match),
        country=link.default_country,
        rows=tuple(row for row in frozen if row.flows_to("gist") or row.flows_to("ghl")),
    )


def _frozen(link: Link, row: MappingRow, gist: Field, ghl: Field) -> Row:
    return Row(
        gist=gist.key,
        ghl=ghl.key,
        direction=_narrower(link.direction, row.direction),
        owner=row.owner or link.conflict,
        blank_overwrites=row.blank_overwrites,
        steps=tuple(row.steps),
        type=_compared_as(gist, ghl),
        gist_type=gist.type,
        ghl_type=ghl.type,
        options=ghl.options,
        gist_writable=gist.writable,
        ghl_writable=ghl.writable,
        gist_create_only=gist.create_only,
        ghl_create_only=ghl.create_only,
    )


def _narrower(link: str, row: str) -> str:
    """A one-way link narrows a two-way row; a row against the link's direction goes nowhere."""
    if link == Direction.TWO_WAY or link == row:
        return row
    return link if row == Direction.TWO_WAY else "none"


def _compared_as(gist: Field, ghl: Field) -> str:
    types = {gist.type, ghl.type}
    for wanted in ("tags", "choices", "number", "boolean", "email", "date"):
        if wanted in types:
            return wanted
    return "text"
