"""The base of a snapshot after a decision: what both sides hold now is the ancestor of the next merge.

It moves by what was read before the decision and by what was written, and for nothing that is still work.
"""

from integration.mapping.rules import Rules
from integration.models import Snapshot
from integration.phone import to_e164
from integration.records import Contact, fingerprint
from integration.sync.consent import remember_lifted
from integration.sync.entry import Entry
from integration.sync.observe import held_digest, mapped_values


def keep_unwritten(rules: Rules, snapshot: Snapshot, entry: Entry, contact: Contact | None) -> None:
    """Both halves stay work. What was written is agreed on; a row that was not keeps its base on both sides:
    moved on one, the edit there would be no news any more when it is tried again, and be lost.
    """
    wrote = any(change.is_applied for change in entry.person.changes)
    if contact is not None and snapshot.base is None and snapshot.undecided is None:
        # Adopted just now: what stands there is not blank, and must not be written over as if it were.
        note_values(rules, snapshot, contact)
    if contact is None or not wrote:
        return
    values = mapped_values(contact, rules)
    if snapshot.base is None and not entry.person.created:
        # Somebody never decided stays new to workflows, and what was written is no news to the next run.
        snapshot.undecided, snapshot.fingerprint = values, fingerprint(values, values)
        return
    kept = unwritten_keys(rules, entry, snapshot.side) | _held_keys(rules, entry, snapshot.side)
    old = snapshot.base or {}
    agreed = {key: value for key, value in values.items() if key not in kept}
    # A field that was never agreed on has no base at all: whatever stands there is news.
    base = agreed | {key: old[key] for key in kept if key in old}
    snapshot.base = remember_lifted(base, entry.person.decision.lifted_on(snapshot.side))
    snapshot.undecided, snapshot.fingerprint = values, fingerprint(values, values)


def note_values(rules: Rules, snapshot: Snapshot, contact: Contact) -> None:
    """Put what stands on its side into a snapshot, as work."""
    _describe(rules, snapshot, contact)
    snapshot.undecided = mapped_values(contact, rules)


def _held_keys(rules: Rules, entry: Entry, side: str) -> set[str]:
    """Fields of rows that were not carried out, or that rest: their base stays, so that they are decided again."""
    decision = entry.person.decision
    resting = {gist if side == "gist" else ghl for gist, ghl in rules.resting}
    news = {key for of_side, key in entry.person.still_news if of_side == side}
    return news | keys_of(rules, entry, side, decision.held_rows | decision.left_out) | resting


def set_base(rules: Rules, snapshot: Snapshot, contact: Contact, entry: Entry) -> None:
    """What both sides hold now is the ancestor of the next merge."""
    values, old = mapped_values(contact, rules), snapshot.base or {}
    held = _held_keys(rules, entry, snapshot.side)
    snapshot.base = {key: old.get(key) if key in held else value for key, value in values.items()}
    snapshot.undecided = None
    snapshot.rules = held_digest(rules) if entry.person.decision.held_rows else rules.digest
    _describe(rules, snapshot, contact)
    snapshot.remote_updated_at = contact.updated_at or snapshot.remote_updated_at


def _describe(rules: Rules, snapshot: Snapshot, contact: Contact) -> None:
    """By what the record is matched and found, and what tells the next reading that nothing changed."""
    values = mapped_values(contact, rules)
    snapshot.fingerprint = fingerprint(values, values)
    snapshot.email, snapshot.label = contact.email[:254], contact.label
    if contact.other_emails is not None:
        snapshot.other_emails = list(contact.other_emails)
    snapshot.phone = to_e164(contact.phone, rules.country)


def keys_of(rules: Rules, entry: Entry, side: str, fields: frozenset[str]) -> set[str]:
    """Keys on `side` of the rows that a decision names by `fields`."""
    # A new record's fields are named as on its own side, those of a pair as in GHL.
    named = entry.person.decision.create or "ghl"
    return {row.key(side) for row in rules.rows if row.key(named) in fields}


def unwritten_keys(rules: Rules, entry: Entry, side: str) -> set[str]:
    """Fields of `side` in rows of which something was to be written and was not."""
    missing = {(change.side, change.field) for change in entry.unwritten}
    return {row.key(side) for row in rules.rows if missing & {("gist", row.gist), ("ghl", row.ghl)}}
