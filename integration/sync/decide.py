"""What the rules say about one person: a pure function of values, with no clock, socket or database.

A three-way merge per mapping row. The base is what both sides held after the last decision; a value equal to its
base is no news (it may be our own echo), changed on one side it goes over, changed on both the row's owner rule
decides, and a blank never overwrites unless the row says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integration.mapping.fitting import fitted, split_choices
from integration.mapping.rules import Row, Rules
from integration.mapping.transforms import Unreadable
from integration.models.choices import Owner
from integration.records import Contact, Side, Value, Values, is_blank


@dataclass(frozen=True)
class Change:
    """One field to write on one side."""

    side: Side
    field: str
    before: Value
    after: Value

    def as_json(self) -> dict[str, Value]:
        return {"side": self.side, "field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Note:
    """A field that was left alone although it differs. `held` ones wait for a person and are met again."""

    field: str
    reason: str
    message: str = ""
    held: bool = False


@dataclass(frozen=True)
class Decision:
    """`create` names the side a new record is to be made on. No changes and no create: nothing to write."""

    reason: str
    changes: tuple[Change, ...] = ()
    create: Side | None = None
    delete: Side | None = None
    notes: tuple[Note, ...] = field(default_factory=tuple)

    @property
    def writes(self) -> bool:
        return bool(self.changes or self.create or self.delete)

    @property
    def held_rows(self) -> frozenset[str]:
        return frozenset(note.field for note in self.notes if note.held)

    def values(self, side: str) -> dict[str, Value]:
        return {change.field: change.after for change in self.changes if change.side == side}


def decide(
    rules: Rules,
    gist: Contact | None,
    ghl: Contact | None,
    gist_base: Values | None = None,
    ghl_base: Values | None = None,
) -> Decision:
    """What to write so that both sides agree, and why. At least one record must be given."""
    if gist and ghl:
        return _merge(rules, gist, ghl, gist_base, ghl_base)
    present = gist or ghl
    if present is None:
        raise ValueError("decide needs a record")
    return _only_one(rules, present)


def decide_deleted(rules: Rules, remaining: Side) -> Decision:
    """What becomes of a pair whose one side was deleted; `remaining` is the side that still stands."""
    if rules.deletes == "propagate" and rules.creates_on(remaining):
        return Decision("deleted", delete=remaining)
    return Decision("unlinked" if rules.deletes == "unlink" else "deleted_there")


def _only_one(rules: Rules, present: Contact) -> Decision:
    other: Side = "ghl" if present.side == "gist" else "gist"
    if not rules.creates_on(other):
        return Decision("one_way")
    changes, notes = [], []
    for row in rules.rows:
        value = present.values.get(row.key(present.side))
        if not row.flows_to(other) or is_blank(value):
            continue
        try:
            after = row.translate(value, other, rules.country)
        except Unreadable as problem:
            notes.append(Note(row.key(other), "unreadable", str(problem)))
            continue
        if not is_blank(after):
            changes.append(Change(other, row.key(other), None, after))
    if not _is_somebody(present, {change.field for change in changes}):
        return Decision("no_identity", notes=tuple(notes))
    return Decision("new_contact", tuple(changes), create=other, notes=tuple(notes))


def _is_somebody(present: Contact, written: set[str]) -> bool:
    """Whether the new record could be recognised again. A Gist visitor with a name only is nobody yet."""
    if written & {"email", "phone"}:
        return True
    named = bool(written & {"name", "firstName", "lastName", "user_id"})
    return named and (present.side == "ghl" or not is_blank(present.values.get("user_id")))


def _merge(rules: Rules, gist: Contact, ghl: Contact, gist_base: Values | None, ghl_base: Values | None) -> Decision:
    changes: list[Change] = []
    notes: list[Note] = []
    newest: Side = "gist" if _is_newer(gist, ghl) else "ghl"
    for row in rules.rows:
        merge = _merge_lists if merges_members(row) else _merge_value
        try:
            found = merge(rules, row, gist, ghl, gist_base, ghl_base, newest)
        except Unreadable as problem:
            found = Note(row.ghl, "unreadable", str(problem))
        if isinstance(found, Note):
            notes.append(found)
        else:
            changes += found
    reason = "changed" if changes else (notes[0].reason if notes else "same_value")
    return Decision(reason, tuple(changes), notes=tuple(notes))


def merges_members(row: Row) -> bool:
    """Whether the row is merged member by member, not as one value."""
    return row.type in ("tags", "choices") and not row.steps


def _is_newer(gist: Contact, ghl: Contact) -> bool:
    if gist.updated_at and ghl.updated_at:
        return gist.updated_at > ghl.updated_at
    return bool(gist.updated_at)


Found = list[Change] | Note


def _merge_value(
    rules: Rules,
    row: Row,
    gist: Contact,
    ghl: Contact,
    gist_base: Values | None,
    ghl_base: Values | None,
    newest: Side,
) -> Found:
    g, h = gist.values.get(row.gist), ghl.values.get(row.ghl)
    if _agree(row, g, h, rules.country):
        return []
    g_new, h_new = _is_news(gist_base, row.gist, g, row.type), _is_news(ghl_base, row.ghl, h, row.type)
    if not g_new and not h_new:
        return []  # Differs, but nobody changed it since it was decided: the provider keeps it its own way.
    winner = _winner(row, g, h, g_new, h_new, newest)
    if winner is None:
        return Note(row.ghl, "conflict", f"Gist has {_shown(g)}, GHL has {_shown(h)}.", held=True)
    return _write(rules, row, winner, {"gist": g, "ghl": h})


def _winner(row: Row, g: Value, h: Value, g_new: bool, h_new: bool, newest: Side) -> Side | None:
    """The side whose value stands, None to ask a person."""
    if not row.flows_to("ghl"):
        return "ghl"
    if not row.flows_to("gist"):
        return "gist"
    if not row.blank_overwrites and is_blank(g) != is_blank(h) and g_new and h_new:
        return "ghl" if is_blank(g) else "gist"
    if g_new != h_new:
        return "gist" if g_new else "ghl"
    if row.owner == Owner.ASK:
        return None
    if row.owner == Owner.GIST:
        return "gist"
    return "ghl" if row.owner == Owner.GHL else newest


def _write(rules: Rules, row: Row, winner: Side, values: Mapping[str, Value]) -> Found:
    target: Side = "ghl" if winner == "gist" else "gist"
    before, key = values[target], row.key(target)
    if is_blank(values[winner]) and not row.blank_overwrites:
        return Note(key, "blank_kept")
    if row.owner == Owner.FILL and not is_blank(before):
        return Note(key, "filled_only")
    if row.create_only(target):
        return Note(key, "create_only")
    after = row.translate(values[winner], target, rules.country)
    if is_blank(after) and not row.blank_overwrites:
        return Note(key, "blank_kept")
    return [Change(target, key, before, after)]


def _is_news(base: Values | None, key: str, value: Value, kind: str) -> bool:
    return base is None or key not in base or comparable(base[key], kind) != comparable(value, kind)


def _agree(row: Row, g: Value, h: Value, country: str) -> bool:
    if comparable(g, row.type) == comparable(h, row.type) and not row.steps:
        return True
    for value, other, to in ((g, h, "ghl"), (h, g, "gist")):
        if not row.flows_to(to):
            continue
        try:
            if comparable(row.translate(value, to, country), row.type) == comparable(other, row.type):
                return True
        except Unreadable:
            continue
    return False


def comparable(value: Value, kind: str = "text") -> object:
    """A form in which equal values are equal, however they are written."""
    if is_blank(value):
        return frozenset() if kind in ("tags", "choices") else None
    if isinstance(value, list):
        return frozenset(item.strip().casefold() for item in value)
    if kind == "email":
        return str(value).strip().lower()
    if kind == "number" or isinstance(value, int | float):
        return _number(value)
    if kind == "date":
        return _day(value)
    if kind == "boolean":
        return str(value).strip().lower() in ("true", "1", "yes")
    return str(value).strip()


def _number(value: Value) -> object:
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        return str(value).strip()


def _day(value: Value) -> object:
    try:
        return fitted(value, "date")
    except Unreadable:
        return str(value).strip()


def _shown(value: Value) -> str:
    return "nothing" if is_blank(value) else f"“{value}”"


def _merge_lists(
    rules: Rules,
    row: Row,
    gist: Contact,
    ghl: Contact,
    gist_base: Values | None,
    ghl_base: Values | None,
    newest: Side,
) -> Found:
    """Sets are merged member by member: what was added or taken off on one side follows on the other."""
    g, h = members(gist.values.get(row.gist), row), members(ghl.values.get(row.ghl), row)
    g_base = members((gist_base or {}).get(row.gist), row)
    h_base = members((ghl_base or {}).get(row.ghl), row)
    removed: set[str] = set()
    if row.flows_to("ghl"):
        removed |= g_base.keys() - g.keys()
    if row.flows_to("gist"):
        removed |= h_base.keys() - h.keys()
    added = (g.keys() - g_base.keys()) | (h.keys() - h_base.keys())
    removed -= added
    changes = []
    for side, own, other in (("ghl", h, g), ("gist", g, h)):
        if not row.flows_to(side):
            continue
        wanted = {name: text for name, text in {**other, **own}.items() if name not in removed}
        if wanted.keys() != own.keys():
            changes.append(_list_change(row, side, list(own.values()), list(wanted.values())))  # type: ignore[arg-type]
    return changes


def _list_change(row: Row, side: Side, before: list[str], after: list[str]) -> Change:
    """A side whose field holds text gets its members joined."""
    if row.holds_members(side):
        return Change(side, row.key(side), before, after)
    return Change(side, row.key(side), ", ".join(before) or None, ", ".join(after) or None)


def members(value: Value, row: Row) -> dict[str, str]:
    """Members by the form they are compared in; tags know no case (docs/ghl-api.md#tags, docs/gist-api.md#tags)."""
    if isinstance(value, str):  # A side without lists keeps them joined by commas.
        value = split_choices(value, row.options)
    return {item.strip().casefold(): item.strip() for item in value if item.strip()} if isinstance(value, list) else {}
