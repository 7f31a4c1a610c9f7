"""Which custom fields "check my fields" writes to a test contact, with which value, and why others are left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from integration.mapping.rows import RowInput, unsaved_row, with_defaults
from integration.mapping.rules import Row, fit_to_field, freeze_rules
from integration.mapping.transforms import Context
from integration.models import Direction, Link, Provider
from integration.providers.ghl.fields import CUSTOM as GHL_CUSTOM
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import Field, Side, Value, is_blank
from integration.values import Unreadable

CUSTOM: Mapping[Side, str] = {"gist": GIST_CUSTOM, "ghl": GHL_CUSTOM}
# What a careless system changes: an accent, quotes, zeros in front, a line break, a fraction.
_TEXT = "Gistline check: é, “quoted”, 0012"
_DAY, _MOMENT, _SECONDS = "2026-03-01", "2026-03-01T09:30:00Z", 1772357400
_BY_DATA_TYPE: Mapping[str, Value] = {
    "LARGE_TEXT": f"{_TEXT}\nand a second line",
    "NUMERICAL": 12.5,
    "MONETORY": 19.99,
    "DATE": _DAY,
    # Nobody has a number that ends in 555-01 and two digits.
    "PHONE": "+12025550143",
}
_BY_TYPE: Mapping[str, Value] = {
    "number": 12.5, "boolean": True, "date": _DAY, "moment": _MOMENT, "email": "gistline-check@example.com",
    "phone": "+12025550143",
}  # fmt: skip


@dataclass(frozen=True)
class FieldTrial:
    """One field of one side: `value` is what is written there, or `why_not` the sentence why it is not tried."""

    side: Side
    key: str
    label: str
    type: str
    """Of the field when it was tried: a result says nothing of a field that was retyped since."""
    value: Value = None
    why_not: str = ""


def plan_trials(
    link: Link, rows: Sequence[RowInput], gist_fields: Mapping[str, Field], ghl_fields: Mapping[str, Field]
) -> list[FieldTrial]:
    """The custom fields that `rows` write to, each once, in the order of the rows."""
    rules = freeze_rules(link, None, gist_fields, ghl_fields, rows=[unsaved_row(row) for row in rows])
    frozen = {(row.gist, row.ghl): row for row in rules.rows}
    found: dict[tuple[Side, str], FieldTrial] = {}
    for given in rows:
        gist, ghl = resolve_gist(given["gist"], gist_fields), resolve_ghl(given["ghl"], ghl_fields)
        for trial in _trials_of(link, given, gist, ghl, frozen, rules.context(None)):
            found.setdefault((trial.side, trial.key), trial)
    return list(found.values())


def _trials_of(
    link: Link, given: RowInput, gist: Field | None, ghl: Field | None, frozen: Mapping[tuple[str, str], Row],
    context: Context,
) -> Iterator[FieldTrial]:  # fmt: skip
    facts = with_defaults(given)
    ends: dict[Side, tuple[str, Field | None]] = {"gist": (facts["gist"], gist), "ghl": (facts["ghl"], ghl)}
    row = frozen.get((gist.key, ghl.key)) if gist and ghl else None
    for side, (key, field) in ends.items():
        if not key.startswith(CUSTOM[side]) or not _goes_to(side, link.direction, facts["direction"]):
            continue
        if field is None or gist is None or ghl is None:
            name = Provider(side).label if field is None else Provider(side).other.label
            why = f"{name} has no such field. Choose another one, or remove the row."
            yield FieldTrial(side, key, field.label if field else key.removeprefix(CUSTOM[side]), "", why_not=why)
        else:
            yield _trial_of(side, field, row, gist, ghl, context)


def _goes_to(side: Side, link: str, row: str) -> bool:
    """A row against the direction of its link goes nowhere."""
    return all(one in Direction.values and Direction(one).writes_to(side) for one in (link, row))


def _trial_of(side: Side, field: Field, row: Row | None, gist: Field, ghl: Field, context: Context) -> FieldTrial:
    def left_out(why: str) -> FieldTrial:
        return FieldTrial(side, field.key, field.label, _kind_of(field), why_not=why)

    if not field.writable:
        return left_out(field.note or f"{Provider(side).label} does not take values for it: read only.")
    if row is None:
        return left_out("The row is paused, or waits until somebody agrees to a change of its field.")
    if field.type in ("choice", "choices") and not field.options:
        return left_out("GHL lists no option for it, so no value is known that it takes.")
    try:
        value = _value_for(side, row, gist, ghl, context)
    except Unreadable as problem:
        return left_out(f"No test value fits: {problem}")
    if is_blank(value):
        return left_out("The steps of the row leave nothing of a test value.")
    return FieldTrial(side, field.key, field.label, _kind_of(field), value)


def _kind_of(field: Field) -> str:
    return field.data_type or field.type


def _value_for(side: Side, row: Row, gist: Field, ghl: Field, context: Context) -> Value:
    """To Gist goes what the row makes of a value of GHL's field; to GHL, where fields are declared, what fits there."""
    if side == "ghl":
        return fit_to_field("ghl", ghl, _sample_of(ghl), context)
    if gist.type == "moment":
        return row.translate(_SECONDS if ghl.type == "number" else _MOMENT, "gist", context)
    return row.translate(_sample_of(ghl), "gist", context)


def _sample_of(field: Field) -> Value:
    if field.type == "choices":
        return list(field.options[:2])
    if field.type == "choice" and field.options:
        return field.options[-1]
    return _BY_DATA_TYPE.get(field.data_type, _BY_TYPE.get(field.type, _TEXT))
