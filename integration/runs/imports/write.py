"""Writing what was decided of a row: its contact on each side, then its notes and tasks, all of it by sync.apply."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from integration.errors import Duplicate, ProviderError
from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction, Link
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import CONSENT_FIELDS, Contact, RelatedType
from integration.related import write
from integration.runs.imports.order import ImportOrder
from integration.runs.imports.person import ImportedPerson, NotTaken
from integration.sync import create
from integration.sync.apply import create_contact, write_contact_fields
from integration.sync.echo_suppression import types_of, values_after_write
from integration.sync.pairing import is_taken
from integration.sync.refusals import Refusals, raise_refusals


@dataclass(frozen=True)
class Writing:
    link: Link
    order: ImportOrder
    sides: Mapping[str, ContactSide]

    def write(self, person: ImportedPerson) -> Steps[ImportedPerson]:
        """Carry out what is left of `person.changes`, which hold what really happened also after a failure."""
        refusals: list[Refusals] = []
        contacts = [one for one in person.changes if one.kind == "contact" and not one.is_applied]
        try:
            for side in dict.fromkeys(one.side for one in contacts):
                changes = [one for one in contacts if one.side == side]
                if changes[0].action == ChangeAction.CREATE:
                    refusals.append((yield from self._create(person, changes[0])))
                else:
                    refusals.append((yield from self._update(person, changes)))
            yield from self._add_related(person)
        except NotTaken as rejection:
            person.rejection, person.changes = rejection, [one for one in person.changes if one.is_applied]
        raise_refusals(refusals, wrote=any(one.is_applied for one in person.changes))
        return person

    def _create(self, person: ImportedPerson, change: Change) -> Steps[Refusals]:
        contacts, wanted = self.sides[change.side], dict(change.after or {})
        ghl = person.contacts.get("ghl")
        if change.side == "gist" and not wanted.get("email") and not wanted.get("user_id") and ghl:
            change.after = wanted = {**wanted, "user_id": f"ghl_{ghl.id}"}
            # Looked for before anything was made there, this id was not known yet.
            if found := (yield from contacts.find(user_id=wanted["user_id"])):
                person.contacts["gist"] = found[0]
                change.external_id = found[0].id
                change.mark_applied()
                return {}
        try:
            made, refusals = yield from create_contact(contacts, change)
        except Duplicate as problem:
            made, refusals = yield from self._create_beside(person, change, problem)
        if change.side == "gist" and is_taken(self.link, "gist", made.id):
            # Gist finds before it makes (docs/gist-api.md#contacts), and somebody was quicker.
            raise create.address_taken(made)
        person.created.add(made.side)
        person.contacts[made.side] = self._as_created(person, change, made, self.order.rules)
        person.changes += [create.left_out_of(change, key, wanted.get(key)) for key in refusals]
        return refusals

    def _create_beside(
        self, person: ImportedPerson, change: Change, problem: Duplicate
    ) -> Steps[tuple[Contact, Refusals]]:
        """GHL names the contact that is in the way (docs/ghl-api.md#errors): somebody else who has the number."""
        known, there = _as_known(person), (yield from self.sides["ghl"].read(problem.existing_id))
        existing = create.with_matched_field(known, there, problem)
        if create.may_be(known, existing):
            # The look-up before did not show them: made meanwhile, or hidden from it.
            sentence = f"GHL has “{existing.label}” ({existing.id}) by now. Import the row again as an update."
            raise NotTaken("exists_there", sentence)
        if create.leave_out_phone(change, existing, problem) is None:
            raise problem
        return (yield from create_contact(self.sides["ghl"], change))

    def _as_created(self, person: ImportedPerson, change: Change, made: Contact, rules: Rules) -> Contact:
        """As it is known: what was sent, and what is answered otherwise is to be read again."""
        sent, consent = change.after or {}, CONSENT_FIELDS[made.side]
        nothing = dict.fromkeys(key for key in rules.keys(made.side) if key not in consent)
        known, unexpected = values_after_write(nothing, sent, made.values, types_of(self.sides[made.side].fields))
        known |= {key: made.values[key] for key in consent if key in made.values}
        person.unexpected |= {made.side} if unexpected else set()
        return replace(made, values=known)

    def _update(self, person: ImportedPerson, changes: list[Change]) -> Steps[Refusals]:
        side = changes[0].side
        before = person.contacts[side]  # type: ignore[index]
        try:
            written = yield from write_contact_fields(self.sides[side], changes, before)
        except ProviderError:
            done = {one.field: one.after for one in changes if one.is_applied}
            person.contacts[before.side] = before.with_values(done)
            raise
        person.contacts[before.side] = written.contact
        person.unexpected |= {before.side} if written.unexpected else set()
        return written.refusals

    def _add_related(self, person: ImportedPerson) -> Steps[None]:
        contact = person.contacts.get("ghl")
        waiting = [one for one in person.changes if one.kind in ("note", "task") and not one.is_applied]
        if contact is None:
            return
        for change in waiting:
            journal: list[Change] = []
            # The change that was decided is the one on record: what is noted meanwhile says what became of it.
            kind: RelatedType = "note" if change.kind == "note" else "task"
            result = yield from write.create(self.link, kind, contact.id, change.after or {}, journal=journal)
            for one in journal:
                change.after, change.external_id = one.after, one.external_id
                change.state, change.applied_at = one.state, one.applied_at
            if result.record:
                person.related.append(result.record)


def _as_known(person: ImportedPerson) -> Contact:
    """The person as the row tells of them."""
    row = person.row
    return Contact("gist", "", {"email": row.email, "phone": row.phone, "name": row.name})
