"""The one place from which anything is written to Gist or GHL.

Whoever wants to write, a run, a workflow's action, a click on a contact page or a rule about deletions, hands over
changes (plan.py) and goes on with the steps that carry them out. A change becomes `applied` as soon as the call that
made it was answered, so that after a failure half-way each says what really happened. No other module calls a
provider's create, update or delete: a test walks the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import BaseModel

from integration.errors import Gone, Rejected
from integration.models import Change, ChangeState
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated
from integration.providers.operations import Call
from integration.records import Contact, RelatedRecord, Value, Values
from integration.sync import create
from integration.sync.echo_suppression import edited_since, types_of, values_after_write
from integration.sync.opt_ins import refuse_opt_in, refuse_opt_in_by
from integration.sync.refusals import Refusals, is_about_values, raise_refusals, write_accepted

A = TypeVar("A", bound=BaseModel)


# Contacts -------------------------------------------------------------------------------------------------


def create_contact(contacts: ContactSide, change: Change) -> Steps[tuple[Contact, Refusals]]:
    """Make the record that `change.after` describes, never twice, without the fields that are refused.

    Refused fields are taken out of `change.after` and returned. Raises Duplicate, Rejected.
    """
    refuse_opt_in(change)
    values, refusals = dict(change.after or {}), Refusals()
    while True:
        # Neither API has an idempotency key, so the provider's `create` looks before it sends again after a lost answer
        # (docs/ghl-api.md#errors, docs/gist-api.md#errors).
        try:
            made = yield from contacts.create(values)
            break
        except Rejected as refusal:
            named = contacts.refused_fields(refusal, values) if is_about_values(refusal) else set()
            # Without these nobody could be told apart, and with nothing named there is nothing to leave out.
            if not named or not create.identifies({key: value for key, value in values.items() if key not in named}):
                raise
            refusals |= dict.fromkeys(named, refusal)
            values = {key: value for key, value in values.items() if key not in named}
            # GHL was seen to refuse a field and to make the contact all the same (docs/ghl-api.md#errors).
            found = yield from contacts.find(email=str(values.get("email") or ""))
            if len(found) == 1:
                made = found[0]
                break
    change.external_id, change.after = made.id, values
    change.mark_applied()
    return made, refusals


def update_contact(contacts: ContactSide, changes: Sequence[Change], before: Contact) -> Steps[Contact]:
    """Write fields of one record. Returns it as it is known then. Raises what was refused, after writing the rest."""
    written = yield from write_contact_fields(contacts, changes, before)
    raise_refusals([written.refusals], wrote=any(change.is_applied for change in changes))
    return written.contact


@dataclass
class FieldsWritten:
    """What became of a write. `contact` holds what was read before and what was sent (echo_suppression.py)."""

    contact: Contact
    refusals: Refusals = field(default_factory=dict)
    unexpected: bool = False
    """An answer showed something that was neither read before nor sent."""


def write_contact_fields(contacts: ContactSide, changes: Sequence[Change], before: Contact) -> Steps[FieldsWritten]:
    """Write fields of one record, in as few calls as its side needs, without those that are refused."""
    written = FieldsWritten(before)
    for change in changes:
        refuse_opt_in(change)

    def send(values: dict[str, Value]) -> Steps[None]:
        answered = yield from contacts.update(before.id, values, before.values)
        known, unexpected = values_after_write(
            written.contact.values, values, answered.values, types_of(contacts.fields)
        )
        written.contact = replace(
            written.contact, values=known, updated_at=answered.updated_at or written.contact.updated_at
        )
        written.unexpected |= unexpected
        # Marked after each call: when the next one fails, these were written all the same.
        for change in changes:
            if change.field in values:
                change.mark_applied()

    for group in contacts.split({change.field: change.after for change in changes}, before.values):
        yield from write_accepted(contacts, group, send, written.refusals)
    return written


def delete_contact(contacts: ContactSide, change: Change) -> Steps[None]:
    """Delete a record, and keep all of it first: what is deleted can only be made again from that."""
    # GHL gives custom fields by id only (docs/ghl-api.md#custom-fields): without their definitions the copy kept in
    # `change.before` would lack them.
    yield from contacts.know_all_fields()
    try:
        whole = yield from contacts.read(change.external_id)
    except Gone:
        change.state = ChangeState.EXCLUDED  # Somebody else deleted it: that is not ours to take back.
        return
    change.before = dict(whole.values)
    yield from contacts.delete(change.external_id)
    change.mark_applied()


# Tasks, notes, appointments --------------------------------------------------------------------------------


def create_related(
    related: GhlRelated, change: Change, contact_id: str, values: Values, known: Sequence[str]
) -> Steps[RelatedRecord]:
    """Make a task, note or appointment, never twice. Raises Rejected.

    `known` are ids of records that stood there before, so none of them is the one that a lost answer was about.
    `values` may hold beside the record's own values what only the call needs, as that free slots do not matter.
    """
    made = yield from related.create(change.kind, contact_id, values, known)  # type: ignore[arg-type]
    change.external_id = made.id
    change.mark_applied()
    return replace(made, values={**made.values, **edited_since(made, values)})


def update_related(related: GhlRelated, changes: Sequence[Change], before: RelatedRecord) -> Steps[RelatedRecord]:
    """Write fields of one record. Raises Gone, Rejected."""
    record = before
    wanted = {change.field: change.after for change in changes}
    # Ticking a task is a call of its own (docs/ghl-api.md#tasks), so one wish may take two calls.
    for group in related.split(record.kind, wanted):
        record = yield from related.update(record, group)
        for change in changes:
            if change.field in group:
                change.mark_applied()
    return record


def delete_related(related: GhlRelated, change: Change, record: RelatedRecord) -> Steps[None]:
    yield from related.delete(record)
    change.mark_applied()


# Whatever else an API offers --------------------------------------------------------------------------------


def send_call(call: Call[A], change: Change) -> Steps[A]:
    """An operation that writes something other than a record's fields. Raises Rejected for an opt-in."""
    refuse_opt_in_by(call.provider, call.body)
    answer: A = yield call
    change.mark_applied()
    return answer
