"""Which fields of which side a column's values go to, and by which rows of the link's mapping."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from integration.imports.columns import Column
from integration.imports.targets import SIDE_NAMES, AccountFields, Target
from integration.mapping.rules import Row, Rules, fit_to_field
from integration.mapping.transforms import Context
from integration.records import SIDES, Field, Side, Value

SideValues = Mapping[Side, Mapping[str, Value]]
"""Values by side and field key, as records hold them."""


@dataclass(frozen=True)
class Destination:
    """Where the file goes: the accounts, the link's rules as they stand, and the sides that are wanted."""

    accounts: AccountFields
    rules: Rules = field(default_factory=Rules)
    sides: tuple[Side, ...] = SIDES


@dataclass(frozen=True)
class Route:
    """`fields` take a value as it is. `rows` carry it from `base` to the fields of the other side."""

    column: Column
    target: Target
    base: Side = "gist"
    fields: Mapping[Side, Field] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()

    @cached_property
    def _as_they_are(self) -> tuple[Row, ...]:
        """Rows that carry a phone number and do nothing else: it was read already, which takes longer than the rest."""
        other: Side = "ghl" if self.base == "gist" else "gist"
        rows = (row for row in self.rows if self.target.type == "phone" and row.type_on(other) == "phone")
        return tuple(row for row in rows if all(step["name"] == "phone_e164" for step in row.steps))

    def values_of(self, value: Value, context: Context) -> SideValues:
        """What `value` is in each field. Raises Unreadable where it does not fit into one."""
        values: dict[Side, dict[str, Value]] = {
            side: {field.key: _fit(side, field, value, context)} for side, field in self.fields.items()
        }
        if self.rows:
            base = values[self.base][self.fields[self.base].key]
            other: Side = "ghl" if self.base == "gist" else "gist"
            carried = {
                row.key(other): base if row in self._as_they_are else row.translate(base, other, context)
                for row in self.rows
            }
            values[other] = values.get(other, {}) | carried
        return values


def _fit(side: Side, field: Field, value: Value, context: Context) -> Value:
    # A phone number was read already, which takes longer than all the rest of a row.
    return value if field.type == "phone" else fit_to_field(side, field, value, context)


def find_routes(columns: Iterable[Column], destination: Destination) -> tuple[Route, ...]:
    """One for each column that is taken, in the order of the file."""
    return tuple(_find_route(column, column.target, destination) for column in columns if column.target)


def _find_route(column: Column, target: Target, destination: Destination) -> Route:
    base: Side = "gist" if "gist" in target.fields else "ghl"
    other: Side = "ghl" if base == "gist" else "gist"
    rows: tuple[Row, ...] = ()
    if base in target.fields and other in destination.sides:
        key = target.fields[base].key
        rows = tuple(row for row in destination.rules.rows if row.key(base) == key and row.flows_to(other))
    fields = {
        side: field
        for side, field in target.fields.items()
        # The base is needed for what is carried from it, also where it is not wanted itself.
        if side in destination.sides or (side == base and rows)
    }
    return Route(column, target, base, fields, rows)


def why_not_carried(route: Route, sides: Iterable[Side]) -> str:
    """A sentence for a column whose values go to none of these sides; "" for any other."""
    if route.target.kind in ("note", "task", "consent") or route.rows or set(route.fields) & set(sides):
        return ""
    # A first name has no field of its own in Gist, and is half of one that has.
    if route.target.key in ("first_name", "last_name"):
        return ""
    names = " or ".join(SIDE_NAMES[side] for side in sides)
    return (
        f"“{route.column.header}” is not taken: {names} has no field for {route.target.label} that can be written, and"
        " the link's mapping carries none to it. Choose another field, or leave the column out."
    )
