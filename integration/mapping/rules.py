"""The rules of a link as one frozen value. A run decides by it, and stores it so that it can be shown later."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from integration.mapping.command_tags import COMMAND_PROPERTIES, command_tags_of
from integration.mapping.drift import FieldDrift, stopped_rows
from integration.mapping.filters import Filter, read_filter
from integration.mapping.transforms import Context, apply_steps, no_phone
from integration.models import CreateOn, Direction, Link, MappingVersion, Mode, Owner, Pause, WriteMode
from integration.models import Mapping as MappingRow
from integration.moments import find_zone
from integration.phone import has_extension, to_e164
from integration.providers.ghl import fields as ghl_fields
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist import fields as gist_fields
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import CONSENT_FIELDS, SIDES, Contact, Field, Side, Value, Values, is_blank
from integration.values import Unreadable, as_text, fit_to_type, keep_if_exact

# What each side would refuse, and the whole record with it.
CHECKS = {"gist": gist_fields.check_value, "ghl": ghl_fields.check_value}
# Types of a Gist property that are guessed from values seen.
GUESSED = ("number", "boolean")

# Kept of every contact, mapped or not: who it is, whether they may be written to, and what workflows watch.
KEPT = {
    "gist": ("email", "phone", "name", "user_id", "tags", *COMMAND_PROPERTIES, *CONSENT_FIELDS["gist"]),
    "ghl": ("email", "phone", "name", "tags", "assignedTo", *CONSENT_FIELDS["ghl"]),
}


@dataclass(frozen=True)
class Row:
    """One mapping row with what decide needs to know of its two fields. `owner` is never empty here."""

    gist: str
    ghl: str
    direction: str = Direction.TWO_WAY
    owner: str = Owner.NEWEST
    blank_overwrites: bool = False
    write_mode: str = WriteMode.OVERWRITE
    steps: tuple[Mapping[str, Any], ...] = ()
    type: str = "text"
    gist_type: str = ""
    ghl_type: str = ""
    # The choices that the GHL field offers.
    options: tuple[str, ...] = ()
    takes_others: bool = False
    """Whether the GHL field takes other choices too."""
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

    def translate(self, value: Value, to: str, context: Context) -> Value:
        """The value as `to` would hold it. Raises Unreadable for what does not fit there."""
        changed = apply_steps(value, list(self.steps), backward=to == "gist", context=context)
        fitted = fit_to_field(to, self._fields[to], changed, context)
        return keep_if_exact(fitted, self.gist_type) if to == "gist" and self._takes_any_type else fitted

    @cached_property
    def _fields(self) -> dict[str, Field]:
        """The two fields as far as they tell what fits."""
        types = {"gist": "text" if self._takes_any_type else self.type_on("gist"), "ghl": self.type_on("ghl")}
        return {
            side: Field(self.key(side), "", kind, options=self.options, takes_others=self.takes_others)  # type: ignore[arg-type]
            for side, kind in types.items()
        }

    @cached_property
    def _takes_any_type(self) -> bool:
        """Whether the Gist field is a custom property: it takes text too, where a value is not of its type."""
        return self.gist_type in GUESSED and self.gist.startswith(GIST_CUSTOM)

    def type_on(self, side: str) -> str:
        return (self.ghl_type if side == "ghl" else self.gist_type) or self.type

    def holds_members(self, side: str) -> bool:
        """Whether the field of `side` is a list; else its members stand in a text, joined by commas."""
        return self.type_on(side) in ("tags", "choices")


def fit_to_field(side: str, field: Field, value: Value, context: Context) -> Value:
    """The value as the field of `side` takes it. Raises Unreadable for what does not fit there."""
    if side == "ghl" and field.type == "phone" and not is_blank(value):
        if has_extension(as_text(value)):
            raise Unreadable(f"“{as_text(value)}” has an extension, and GHL keeps none: the number was left out.")
        # GHL reads a number without a prefix by its own country (docs/ghl-api.md#field-semantics).
        number = to_e164(as_text(value), context.country)
        if not number:
            raise no_phone(value, context.country)
        return number
    fitted = fit_to_type(value, field.type, field.options, find_zone(context.zone), others=field.takes_others)
    CHECKS[side](field.key, fitted)
    return fitted


@dataclass(frozen=True)
class Rules:
    """Everything decide may look at besides the records."""

    direction: str = Direction.TWO_WAY
    deletes: str = "ignore"
    match: tuple[str, ...] = ("email", "phone")
    country: str = ""
    zone: str = "UTC"
    # Patterns of tags that ask Gistline for something; they are no values to carry over.
    command_tags: tuple[str, ...] = ()
    rows: tuple[Row, ...] = field(default_factory=tuple)
    filters: tuple[Filter, ...] = ()
    """At most one per side; a side without one takes everybody."""
    consent: bool = True
    """Opt-outs from e-mail are carried (sync/consent.py)."""
    create_on: str = CreateOn.BOTH
    new_only: bool = False
    """Who is on both sides is left as they are; only new people are made."""
    resting: tuple[tuple[str, str], ...] = ()
    """Fields in Gist and GHL of rows that a person paused: what both sides agreed on before stays their base."""

    def takes(self, side: str, values: Values) -> bool:
        """Whether the link is about a record of `side` with these values."""
        return all(one.takes(values) for one in self.filters if one.side == side)

    def is_known_to_take(self, side: str, values: Values) -> bool:
        """As `takes`, of values that may have been read before the filter was set: what it needs must be among them."""
        return all(values.keys() >= set(one.keys) and one.takes(values) for one in self.filters if one.side == side)

    def why_not_taken(self, contacts: Iterable[Contact | None]) -> str:
        """The filter that leaves out one of a person's records, in a sentence; "" when all are taken."""
        present = [one for one in contacts if one]
        left_out = (f.unmet for one in present for f in self.filters if f.side == one.side and not f.takes(one.values))
        return next(left_out, "")

    def filter_of(self, side: str) -> Filter | None:
        return next((one for one in self.filters if one.side == side), None)

    def keys(self, side: Side | str) -> tuple[str, ...]:
        """The fields of `side` that are kept: the mapped ones, those by which people are known there, consent, those
        that workflows watch, and those that the filter looks at.
        """
        return self._keys[side]

    @cached_property
    def _keys(self) -> dict[str, tuple[str, ...]]:
        """Asked several times for every record that is read."""
        filtered = {one.side: one.keys for one in self.filters}
        return {
            side: tuple(dict.fromkeys([*KEPT[side], *(row.key(side) for row in self.rows), *filtered.get(side, ())]))
            for side in SIDES
        }

    def context(self, ghl: Values | None) -> Context:
        """What translating a value takes beside it; `ghl` is GHL's record as it stands."""
        return Context(self.country, self.zone, ghl or {})

    @cached_property
    def tzinfo(self) -> ZoneInfo:
        """Where a moment becomes a day."""
        return find_zone(self.zone)

    def writes_to(self, side: str) -> bool:
        return Direction(self.direction).writes_to(side)

    def creates_on(self, side: str) -> bool:
        """Whether somebody whom this side does not know may be made there."""
        return self.writes_to(side) and CreateOn(self.create_on).allows(side)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def digest(self) -> str:
        """Changes whenever the rules do, so that records decided by older rules are decided again."""
        text = json.dumps(self.as_json(), sort_keys=True, default=list)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rules":
        # JSON knows lists only; a frozen value holds tuples, so that it can be compared and hashed.
        rows = tuple(
            Row(**{**row, "steps": tuple(row["steps"]), "options": tuple(row["options"])}) for row in data["rows"]
        )
        commands = tuple(data.get("command_tags", ()))
        # A run that was under way when filters came to be has none.
        filters = tuple(Filter(**{**one, "conditions": tuple(one["conditions"])}) for one in data.get("filters", ()))
        resting = tuple((gist, ghl) for gist, ghl in data.get("resting", ()))
        given = {"rows": rows, "match": tuple(data["match"]), "filters": filters, "command_tags": commands}
        return cls(**{**data, **given, "resting": resting})


def _paused_rows(link: Link) -> set[str]:
    """Keys of rows that a person paused; without a query for a link that came with the news that there are none."""
    if vars(link).get("has_pauses") is False:
        return set()
    return set(Pause.objects.resting().filter(link=link, what=Pause.What.MAPPING).values_list("key", flat=True))


def freeze_rules(
    link: Link,
    version: MappingVersion | None,
    gist_fields: Mapping[str, Field],
    ghl_fields: Mapping[str, Field],
    rows: Sequence[MappingRow] = (),
    stopped: Mapping[int, FieldDrift] | None = None,
) -> Rules:
    """The rules that stand now. `gist_fields` and `ghl_fields` are what the accounts have, by key. `rows` are for what
    was not published: without a version, they are the mapping. `stopped` are `stopped_rows` where they are known.

    A row whose field does not exist is left out: checks.check_rows says so in words. So is one that a person paused,
    and one whose field was changed over there and not agreed to yet.
    """
    paused = _paused_rows(link)
    stopped = stopped_rows(link, version, ghl_fields) if stopped is None else stopped
    rows = [row for row in (version.rows.all() if version else rows) if row.pk not in stopped]
    named = ((row, resolve_gist(row.gist_field, gist_fields), resolve_ghl(row.ghl_field, ghl_fields)) for row in rows)
    # checks.check_rows refuses a command by now; a row of before must not go on carrying it.
    known = [(row, gist, ghl) for row, gist, ghl in named if gist and ghl and gist.key not in COMMAND_PROPERTIES]
    frozen = [_freeze_row(link, *one) for one in known if one[0].key not in paused]
    return Rules(
        direction=link.direction,
        create_on=link.create_on,
        new_only=link.mode == Mode.NEW_ONLY,
        deletes=link.deletes,
        match=tuple(link.match),
        country=link.phone_country,
        zone=link.zone,
        command_tags=command_tags_of(link),
        # A row that flows nowhere would only add its fields to what is read and kept of every contact.
        rows=tuple(row for row in frozen if row.flows_to("gist") or row.flows_to("ghl")),
        filters=filters_of(link, ghl_fields),
        resting=tuple((gist.key, ghl.key) for row, gist, ghl in known if row.key in paused),
    )


def filters_of(link: Link, ghl_fields: Mapping[str, Field]) -> tuple[Filter, ...]:
    """The link's filters, with GHL's custom fields under the keys that their values come by."""
    found = (read_filter("gist", link.gist_filter), read_filter("ghl", link.ghl_filter))
    return tuple(_with_known_keys(one, ghl_fields) if one.side == "ghl" else one for one in found if one)


def _with_known_keys(found: Filter, ghl_fields: Mapping[str, Field]) -> Filter:
    # A setup file may name a custom field by its id, or as it is called on screen.
    def named(key: str) -> str:
        known = resolve_ghl(key, ghl_fields)
        return known.key if known else key

    return replace(found, conditions=tuple({**one, "field": named(one["field"])} for one in found.conditions))


@dataclass(frozen=True)
class BrokenRow:
    """A mapping row that carries nothing: its field on the side `missing` is gone, or was changed over there."""

    gist: str
    ghl: str
    missing: str
    changed: str = ""
    """What happened to the field, in a sentence; "" for one that is gone."""


def broken_rows(
    version: MappingVersion | None, gist_fields: Mapping[str, Field], ghl_fields: Mapping[str, Field]
) -> list[BrokenRow]:
    """The rows that `freeze_rules` leaves out for a missing or changed field. A side of which no fields are known has
    none.
    """
    broken = []
    stopped = stopped_rows(version.link, version, ghl_fields) if version else {}
    for row in version.rows.all() if version else ():
        gone_gist = bool(gist_fields) and resolve_gist(row.gist_field, gist_fields) is None
        gone_ghl = bool(ghl_fields) and resolve_ghl(row.ghl_field, ghl_fields) is None
        if gone_gist or gone_ghl:
            broken.append(BrokenRow(row.gist_field, row.ghl_field, "ghl" if gone_ghl else "gist"))
        elif row.pk in stopped:
            broken.append(BrokenRow(row.gist_field, row.ghl_field, "ghl", stopped[row.pk].sentence))
    return broken


def _freeze_row(link: Link, row: MappingRow, gist: Field, ghl: Field) -> Row:
    return Row(
        gist=gist.key,
        ghl=ghl.key,
        direction=_narrow_direction(link.direction, row.direction),
        owner=row.owner or link.conflict,
        blank_overwrites=row.blank_overwrites,
        write_mode=row.write_mode,
        steps=tuple(row.steps),
        type=_compared_as(_declared_type(gist, ghl), ghl.type),
        gist_type=_type_in_gist(row, gist, ghl),
        ghl_type=ghl.type,
        options=ghl.options,
        takes_others=ghl.takes_others,
        # By key, not only by the definition: the one that was read last may be older than consent is carried.
        gist_writable=gist.writable and gist.key not in CONSENT_FIELDS["gist"],
        ghl_writable=ghl.writable and ghl.key not in CONSENT_FIELDS["ghl"],
        gist_create_only=gist.create_only,
        ghl_create_only=ghl.create_only,
    )


def _narrow_direction(link: str, row: str) -> str:
    """A one-way link narrows a two-way row; a row against the link's direction goes nowhere."""
    if link == Direction.TWO_WAY or link == row:
        return row
    return link if row == Direction.TWO_WAY else "none"


def _declared_type(gist: Field, ghl: Field) -> str:
    """The type of the Gist field. Gist declares none for its custom properties, except by a name that ends in `_at`
    (docs/gist-api.md#custom-properties): GHL's type leads there, so far as a property can hold it.
    """
    if not gist.key.startswith(GIST_CUSTOM) or gist.type == "moment":
        return gist.type
    return ghl.type if ghl.type in GUESSED else "text"


def _type_in_gist(row: MappingRow, gist: Field, ghl: Field) -> str:
    """Where GHL has a text, values are written in the type that was frozen with the row, if they are of that type."""
    declared = _declared_type(gist, ghl)
    if not gist.key.startswith(GIST_CUSTOM) or declared != "text" or ghl.type != "text":
        return declared
    return row.gist_type or gist.type


def _compared_as(gist: str, ghl: str) -> str:
    # Where the two sides differ in type, values are compared as the more special one: a number that one side keeps as
    # text still equals the number.
    types = {gist, ghl}
    for wanted in ("tags", "choices", "number", "boolean", "email", "date"):
        if wanted in types:
            return wanted
    return "text"
