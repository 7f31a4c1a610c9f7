"""What was written and never put on record, as when a worker is killed: known again by its value.

Without this our own writing would look like an edit of that side, and could win over a real one that came later.
A write is remembered before it is sent; where its value is found afterwards, that row counts as decided.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from integration.mapping.rules import Row, Rules
from integration.records import Contact, Side, Value, Values
from integration.sync.decide import Decision, comparable, members, merges_members

Told = Mapping[str, Any]
"""`{"changes": [Change.as_json(), …], "held": {side: {field: value}}}`: what is to be written, and the values it was
decided by."""
Bases = Mapping[Side, Values | None]
SIDES: tuple[Side, Side] = ("gist", "ghl")


def told(rules: Rules, decision: Decision, contacts: Mapping[Side, Contact | None]) -> Told | None:
    """What to remember before `decision` is carried out; None when it changes no field."""
    fields = {(change.side, change.field) for change in decision.changes}
    rows = [row for row in rules.rows if fields & {("gist", row.gist), ("ghl", row.ghl)}]
    if not rows:
        return None
    held = {
        side: {row.key(side): contact.values.get(row.key(side)) for row in rows}
        for side, contact in contacts.items()
        if contact
    }
    return {"changes": [change.as_json() for change in decision.changes], "held": held}


def caught_up(rules: Rules, said: Told | None, contacts: Mapping[Side, Contact], bases: Bases) -> Bases:
    """The bases as they were if what arrived of `said` had been put on record; the same ones when nothing did."""
    news: dict[Side, dict[str, Value]] = {side: {} for side in SIDES}
    for row, change in _rows_of(rules, said):
        side: Side = change["side"]
        now = contacts[side].values.get(row.key(side))
        if merges_members(row):
            _note_members(row, change, now, bases, news)
        elif _same(now, change["after"], row):
            news[side][row.key(side)] = now
            other = _other(side)
            held = said["held"].get(other, {}) if said else {}
            news[other] |= {key: value for key, value in held.items() if key == row.key(other)}
    return {side: {**(bases[side] or {}), **news[side]} if news[side] else bases[side] for side in SIDES}


def _rows_of(rules: Rules, said: Told | None) -> Iterator[tuple[Row, dict[str, Any]]]:
    for change in said["changes"] if said else ():
        yield from ((row, change) for row in rules.rows if row.key(change["side"]) == change["field"])


def _note_members(
    row: Row, change: dict[str, Any], now: Value, bases: Bases, news: dict[Side, dict[str, Value]]
) -> None:
    """Members that came and went with the write came and went on both sides."""
    before, after, there = (members(value, row) for value in (change["before"], change["after"], now))
    came = {name: text for name, text in after.items() if name not in before and name in there}
    went = before.keys() - after.keys() - there.keys()
    for side in SIDES if came or went else ():
        key = row.key(side)
        known = {**members(news[side].get(key, (bases[side] or {}).get(key)), row), **came}
        kept = [text for name, text in known.items() if name not in went]
        news[side][key] = kept if row.holds_members(side) else ", ".join(kept) or None


def _same(now: Value, after: Value, row: Row) -> bool:
    """As it was written, but for what a provider makes of it: names may come back with other capitals."""
    found, meant = (comparable(value, row.type) for value in (now, after))
    if isinstance(found, str) and isinstance(meant, str):
        return found.casefold() == meant.casefold()
    return found == meant


def _other(side: Side) -> Side:
    return "ghl" if side == "gist" else "gist"
