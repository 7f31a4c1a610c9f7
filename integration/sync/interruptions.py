"""Writes that were sent and never put on record, as when a worker is killed: recognised afterwards by their values.

Without this Gistline's own write would look like an edit of that side, and could win over a real edit that came later.
What is to be written is stored before it is sent; a row whose value is found on that side afterwards counts as decided.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from integration.mapping.rules import Row, Rules
from integration.models.choices import Provider
from integration.records import SIDES, Contact, Side, Value, Values
from integration.sync.decide import merges_members
from integration.sync.decision import Decision
from integration.values import same_as_written, split_members

# `{"changes": [Change.as_json(), …], "held": {side: {field: value}}}`: what is to be written, and the values it was
# decided by.
UnconfirmedWrites = Mapping[str, Any]
Bases = Mapping[Side, Values | None]


def unconfirmed_writes_of(
    rules: Rules, decision: Decision, contacts: Mapping[Side, Contact | None]
) -> UnconfirmedWrites | None:
    """What to remember before `decision` is carried out; None when it changes no field."""
    fields = {(change.side, change.field) for change in decision.changes}
    if not fields:
        return None
    rows = [row for row in rules.rows if fields & {("gist", row.gist), ("ghl", row.ghl)}]
    held = {
        side: {row.key(side): contact.values.get(row.key(side)) for row in rows}
        for side, contact in contacts.items()
        if contact
    }
    return {"changes": [change.as_json() for change in decision.changes], "held": held}


def confirm_arrived_writes(
    rules: Rules, sent: UnconfirmedWrites | None, contacts: Mapping[Side, Contact], bases: Bases
) -> Bases:
    """The bases as they were if what arrived of `sent` had been put on record; the same ones when nothing did."""
    news: dict[Side, dict[str, Value]] = {side: {} for side in SIDES}
    for row, change in _rows_of(rules, sent):
        side: Side = change["side"]
        now = contacts[side].values.get(row.key(side))
        if merges_members(row):
            _confirm_members(row, change, now, bases, news)
        elif same_as_written(now, change["after"], row.type):
            # The write arrived, so the other side counts as decided by the value that the write was made from: an
            # edit made there since then still differs from this base and goes over.
            news[side][row.key(side)] = now
            other = Provider(side).other.side
            held = sent["held"].get(other, {}) if sent else {}
            news[other] |= {key: value for key, value in held.items() if key == row.key(other)}
    return {side: {**(bases[side] or {}), **news[side]} if news[side] else bases[side] for side in SIDES}


def _rows_of(rules: Rules, sent: UnconfirmedWrites | None) -> Iterator[tuple[Row, dict[str, Any]]]:
    for change in sent["changes"] if sent else ():
        yield from ((row, change) for row in rules.rows if row.key(change["side"]) == change["field"])


def _confirm_members(
    row: Row, change: dict[str, Any], now: Value, bases: Bases, news: dict[Side, dict[str, Value]]
) -> None:
    """What the write added to or took off a list counts as decided on both sides; other members stay as they are."""
    before, after, there = (split_members(value, row.options) for value in (change["before"], change["after"], now))
    came = {name: text for name, text in after.items() if name not in before and name in there}
    went = before.keys() - after.keys() - there.keys()
    for side in SIDES if came or went else ():
        key = row.key(side)
        known = {**split_members(news[side].get(key, (bases[side] or {}).get(key)), row.options), **came}
        kept = [text for name, text in known.items() if name not in went]
        news[side][key] = kept if row.holds_members(side) else ", ".join(kept) or None
