"""What a row changes: a function of the row, the records that are there, and the mode.

A blank cell changes nothing, an equal value needs no call, tags come on top of those that stand there, and an opt-out
is only ever set.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integration.models import Change, ChangeAction, ImportMode, Provider
from integration.moments import find_zone
from integration.phone import is_same_line
from integration.providers.base import ContactSide
from integration.records import EMAIL_CONSENT, OPTED_OUT, Contact, RelatedRecord, Side, Value, is_blank, is_opted_out
from integration.runs.imports.due import due_moment
from integration.runs.imports.order import ImportOrder
from integration.runs.imports.person import ImportedPerson, NotTaken
from integration.sync.decide import decide
from integration.sync.echo_suppression import types_of
from integration.sync.plan import create_of, updates_of
from integration.values import LISTS, same_as_written, same_value, split_members


@dataclass(frozen=True)
class Deciding:
    order: ImportOrder
    sides: Mapping[str, ContactSide]

    def decide(self, person: ImportedPerson, there: Iterable[RelatedRecord] = ()) -> None:
        """Fill `person.changes`, or set `person.rejection`. `there` are the notes and tasks of the person."""
        try:
            self._require_mode(person)
            for side in self._in_order(person):
                person.changes += self._changes_on(side, person)
            person.changes += self._related_changes(person, list(there))
        except NotTaken as rejection:
            person.rejection, person.changes = rejection, []

    def _require_mode(self, person: ImportedPerson) -> None:
        there = [one for side, one in person.contacts.items() if "create" not in person.sent.get(side, {})]
        if self.order.mode == ImportMode.CREATE and there:
            names = " and ".join(f"{Provider(one.side).label} has “{one.label}” ({one.id})" for one in there)
            raise NotTaken("exists_there", f"{names}, and this import only creates. Import the row as an update.")
        if self.order.mode == ImportMode.UPDATE and not person.contacts:
            names = " and ".join(Provider(side).label for side in self.order.sides)
            raise NotTaken("unknown_there", f"{names} does not know this person, and this import only updates.")

    def _in_order(self, person: ImportedPerson) -> list[Side]:
        """Who is there first: what is made on the other side follows from them. GHL first of two that are made, since
        Gist can name somebody without an address by the id that GHL gives.
        """
        return sorted(self.order.sides, key=lambda side: (side not in person.contacts, side != "ghl"))

    def _related_changes(self, person: ImportedPerson, there: list[RelatedRecord]) -> list[Change]:
        # Somebody who is not there, and is not to be made, has no notes either.
        has_contact = person.contacts.get("ghl") or any(one.side == "ghl" for one in person.changes)
        if "ghl" not in self.order.sides or not has_contact:
            return []
        changes = []
        for kind, key, text in _wanted_related(person):
            same = next((one for one in there if one.kind == kind and _same_text(one.values.get(key), text)), None)
            due = due_moment(person.row.due, find_zone(self.order.file.link.zone), timezone.now())
            values = {key: text, "due_at": due} if kind == "task" and due else {key: text}
            change = create_of("ghl", kind, values, _rule(person))
            if same is None:
                changes.append(change)
            elif [kind, text] in person.sent.get("related", []):
                change.external_id = same.id
                change.mark_applied()
                changes.append(change)
                person.related.append(same)
        return changes

    def _changes_on(self, side: Side, person: ImportedPerson) -> list[Change]:
        contact = person.contacts.get(side)
        if contact is None:
            return [] if self.order.mode == ImportMode.UPDATE else [self._create(side, person)]
        sent = person.sent.get(side, {})
        if "create" in sent:
            return [_arrived_create(person, contact, sent["create"]), *self._updates(person, contact)]
        arrived = [one for one in map(_arrived_update(person, contact), sent.get("update", ())) if one]
        return arrived + self._updates(person, contact)

    # Somebody new ------------------------------------------------------------------------------------------

    def _create(self, side: Side, person: ImportedPerson) -> Change:
        carried, given = self._carried_to(side, person), person.row.values.get(side, {})
        values: dict[str, Value] = {**carried, **given}
        if "tags" in values and (tags := _with_tags(carried.get("tags"), given.get("tags"))):
            values["tags"] = tags
        if self._must_not_be_written_to(person):
            values[EMAIL_CONSENT[side]] = OPTED_OUT[side]
        if side == "gist" and not values.get("email"):
            values |= self._name_in_gist(person)
        return create_of(side, "contact", values, _rule(person))

    def _carried_to(self, side: Side, person: ImportedPerson) -> dict[str, Value]:
        """What the link's own rules would make there of the person's other record: so the next run has nothing left."""
        other = person.contacts.get(Provider(side).other.side)
        if other is None:
            return {}
        given = person.row.values.get(other.side, {})
        # Tags of the file come on top, on either side.
        whole = other.with_values({key: value for key, value in given.items() if key != "tags"})
        decision = decide(self.order.rules, **{other.side: whole, side: None})  # type: ignore[arg-type]
        return decision.values(side) if decision.create == side else {}

    def _name_in_gist(self, person: ImportedPerson) -> dict[str, Value]:
        """Gist needs an e-mail address or a user id (docs/gist-api.md#contacts)."""
        if ghl := person.contacts.get("ghl"):
            return {"user_id": f"ghl_{ghl.id}"}
        if "ghl" in self.order.sides:
            return {}  # Known once it is made there (write.py).
        raise NotTaken("no_address", "Gist needs an e-mail address to make a contact, and the row has none.")

    def _must_not_be_written_to(self, person: ImportedPerson) -> bool:
        known = [*person.contacts.values(), *person.others.values()]
        carried = self.order.rules.consent and any(is_opted_out(one.side, one.values) for one in known)
        return person.row.opts_out or carried

    # Somebody who is there ---------------------------------------------------------------------------------

    def _updates(self, person: ImportedPerson, contact: Contact) -> list[Change]:
        given = person.row.values.get(contact.side, {})
        wanted: dict[str, Value] = {
            key: new for key, value in given.items() if (new := self._new_value(contact, key, value)) is not None
        }
        if person.row.opts_out and not is_opted_out(contact.side, contact.values):
            wanted[EMAIL_CONSENT[contact.side]] = OPTED_OUT[contact.side]
        return updates_of(contact, wanted, _rule(person))

    def _new_value(self, contact: Contact, key: str, value: Value) -> Value:
        """What is to be written of a field; None where it stands there already, or can only be set at a create."""
        held, fields = contact.values.get(key), self.sides[contact.side].fields
        if key in fields and fields[key].create_only:
            return None
        if key == "tags":
            return _with_tags(held, value)
        if key == "email" and value in contact.addresses:
            return None  # To write it there would lose the main one (docs/ghl-api.md#second-addresses).
        if key == "phone" and is_same_line(str(held or ""), str(value or ""), self.order.rules.country):
            return None
        field_type = types_of(fields)(key)
        is_same = same_value(held, value, field_type, self.order.rules.tzinfo)
        is_same |= field_type not in LISTS and not is_blank(held) and same_as_written(held, value, field_type)
        return None if is_same else value


def _with_tags(held: Value, more: Value) -> list[str] | None:
    """Tags that are held with others on top; None where they are among them already."""
    known, new = split_members(held), split_members(more)
    added = [new[one] for one in new if one not in known]
    return [*known.values(), *added] if added else None


def _rule(person: ImportedPerson) -> str:
    return f"import:{person.row.number}"


def _wanted_related(person: ImportedPerson) -> Iterator[tuple[str, str, str]]:
    """Kind, key and text of each note and task, each once."""
    for text in dict.fromkeys(person.row.notes):
        yield "note", "body", text
    for text in dict.fromkeys(person.row.tasks):
        yield "task", "title", text


def _same_text(held: Value, text: str) -> bool:
    return " ".join(str(held or "").split()) == " ".join(text.split())


# After an interruption ----------------------------------------------------------------------------------------


def _arrived_create(person: ImportedPerson, contact: Contact, values: dict[str, Any]) -> Change:
    """The create that was sent before the interruption: it is a change that was made."""
    change = create_of(contact.side, "contact", values, _rule(person))
    change.external_id = contact.id
    change.mark_applied()
    person.created.add(contact.side)
    person.recovered = True
    return change


def _arrived_update(person: ImportedPerson, contact: Contact) -> Any:
    def read(sent: list[Any]) -> Change | None:
        key, before, after = sent
        if not same_as_written(contact.values.get(key), after):
            return None
        change = Change(
            kind="contact", side=contact.side, external_id=contact.id, action=ChangeAction.UPDATE, field=key,
            before=before, after=after, rule=_rule(person),
        )  # fmt: skip
        change.mark_applied()
        return change

    return read
