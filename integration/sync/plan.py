"""From what was decided, or asked for, to changes: one row for each field or whole record that is to be written.

A dry run stores these as they are; a run hands them to `apply_changes`. Nothing here reads or writes.
"""

from collections.abc import Iterable, Mapping

from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction
from integration.records import EMAIL_CONSENT, Contact, RelatedRecord, Side, Value, Values
from integration.sync.decision import Decision

CREATED_BY_MAPPING, DELETED_BY_RULE, OPT_OUT_CARRIED = "mapping", "deletes:propagate", "consent:email"
# Followed by the property that shows something of GHL in Gist.
CARRIED_RULE = "carried"


def changes_of(rules: Rules, decision: Decision, contacts: Mapping[Side, Contact | None]) -> list[Change]:
    """The changes of one person's decision. `contacts` are the records it was decided by."""
    if decision.delete:
        remaining = contacts[decision.delete]
        return [delete_of(remaining, DELETED_BY_RULE)] if remaining else []
    if decision.create:
        return [create_of(decision.create, "contact", decision.values(decision.create), CREATED_BY_MAPPING)]
    rule_of = {(side, row.key(side)): f"mapping:{row.ghl}" for row in rules.rows for side in ("gist", "ghl")}
    rule_of |= dict.fromkeys(EMAIL_CONSENT.items(), OPT_OUT_CARRIED)
    return [
        Change(
            kind="contact",
            side=change.side,
            external_id=_id_of(contacts[change.side]),
            action=ChangeAction.UPDATE,
            field=change.field,
            before=change.before,
            after=change.after,
            rule=rule_of.get((change.side, change.field), "")[:120],  # The column is that long.
        )
        for change in decision.changes
    ]


def _id_of(contact: Contact | None) -> str:
    return contact.id if contact else ""


def create_of(side: str, kind: str, values: Values, rule: str = "") -> Change:
    """A new record. Its id is known once it is made."""
    return Change(kind=kind, side=side, action=ChangeAction.CREATE, after=dict(values), rule=rule)


def updates_of(record: Contact | RelatedRecord, values: Values, rule: str = "") -> list[Change]:
    """Fields of one record."""
    return [
        Change(
            kind=kind_of(record),
            side=side_of(record),
            external_id=record.id,
            action=ChangeAction.UPDATE,
            field=name,
            before=record.values.get(name),
            after=value,
            rule=rule,
        )
        for name, value in values.items()
    ]


def delete_of(record: Contact | RelatedRecord, rule: str = "") -> Change:
    """A record to delete. `before` holds all that is known of it: nothing else could bring it back."""
    return Change(
        kind=kind_of(record),
        side=side_of(record),
        external_id=record.id,
        action=ChangeAction.DELETE,
        before=dict(record.values),
        rule=rule,
    )


def send_of(side: str, kind: str, values: Mapping[str, Value], external_id: str = "") -> Change:
    """Something that is sent and has no fields to compare: an event, a message, an operation."""
    return Change(kind=kind, side=side, external_id=external_id, action=ChangeAction.SEND, after=dict(values))


def pairing_of(action: ChangeAction, gist_id: str, ghl_id: str) -> Change:
    """Two records that become, or no longer are, one person. Nothing is sent for it: it is done when it is recorded."""
    ids = {"gist": gist_id, "ghl": ghl_id}
    # It has no side: nothing is written to either of them.
    paired = action == ChangeAction.PAIR
    change = Change(action=action, before=None if paired else ids, after=ids if paired else None, rule="person")
    change.mark_applied()
    return change


def relinking_of(former: Mapping[str, str], ids: Mapping[str, str]) -> Change:
    """A pair that goes on with another record in place of one that is gone. Done when it is recorded."""
    change = Change(action=ChangeAction.PAIR, before=dict(former), after=dict(ids), rule="identity")
    change.mark_applied()
    return change


def kind_of(record: Contact | RelatedRecord) -> str:
    return "contact" if isinstance(record, Contact) else record.kind


def side_of(record: Contact | RelatedRecord) -> str:
    return record.side if isinstance(record, Contact) else "ghl"


def on_side(changes: Iterable[Change], side: str) -> list[Change]:
    return [change for change in changes if change.side == side]
