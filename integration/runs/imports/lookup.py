"""Who a row is about: by what is known of both sides, and by looking there now, so that nobody is made twice.

By e-mail address, then by phone number, as records are matched (sync/match.py). What is not clear is not guessed: the
row is rejected.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from integration.errors import Gone
from integration.models import Link, LogEntry, Outcome, Pair, Provider, Snapshot
from integration.names import names_agree
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import SIDES, Contact, RelatedRecord, Side
from integration.related.write import related_of
from integration.runs.context import RunContext
from integration.runs.imports.order import ImportOrder
from integration.runs.imports.person import ImportedPerson, NotTaken
from integration.runs.imports.store import ImportRow
from integration.sync.candidates import KEYS, index_records
from integration.sync.observe import as_contact

WRITTEN = (Outcome.CREATED, Outcome.UPDATED)


class KnownPeople:
    """Records that Gistline knows, by the addresses and numbers of some rows."""

    def __init__(self, link: Link, order: ImportOrder, rows: Sequence[ImportRow]):
        self._probes = {row.number: Snapshot(link=link, email=row.email, phone=row.phone) for row in rows}
        # Somebody whom a filter of the link leaves out is there all the same.
        rules = replace(order.rules, filters=())
        self._index = {side: index_records(link, rules, side, self._probes.values())[0] for side in SIDES}

    def find(self, row: ImportRow, side: Side) -> list[Snapshot]:
        probe = self._probes[row.number]
        for key in KEYS["email"]:
            if found := self._index[side].find(key, probe):
                return found
        found = self._index[side].find("phone", probe)
        return [one for one in found if not (row.email and one.addresses) and names_agree(row.name, _name_of(one))]


def _name_of(snapshot: Snapshot) -> str:
    label = snapshot.label
    return "" if "@" in label or not any(sign.isalpha() for sign in label) else label


@dataclass
class Lookup:
    """Looks for people of some rows. `claimed` are records that one of these rows is about, by side and id."""

    context: RunContext
    order: ImportOrder
    known: KnownPeople
    claimed: dict[tuple[Side, str], int] = field(default_factory=dict)

    def find(self, person: ImportedPerson) -> Steps[ImportedPerson]:
        """The records of this person on the sides that are wanted. Raises ProviderError."""
        try:
            yield from self._find(person)
        except NotTaken as rejection:
            person.rejection = rejection
        return person

    def _find(self, person: ImportedPerson) -> Steps[None]:
        for side in self.order.sides:
            if found := (yield from self._find_on(side, person.row)):
                person.contacts[side] = found
        yield from self._complete_pair(person)
        for side in SIDES:
            known = self.known.find(person.row, side) if side not in self.order.sides else []
            if len(known) == 1:
                person.others[side] = as_contact(known[0])

    def _find_on(self, side: Side, row: ImportRow) -> Steps[Contact | None]:
        contacts, known = self.context.sides[side], self.known.find(row, side)
        _require_one(side, [one.label or one.external_id for one in known])
        for one in known:
            with suppress(Gone):
                there = yield from contacts.read(one.external_id)
                if _is_of(row, there):
                    return there
        return (yield from self._look_there(side, contacts, row))

    def _look_there(self, side: Side, contacts: ContactSide, row: ImportRow) -> Steps[Contact | None]:
        found = list((yield from contacts.find(email=row.email))) if row.email else []
        if not found and row.phone and ("phone" in self.order.rules.match or not row.email):
            found = [one for one in (yield from contacts.find(phone=row.phone)) if _may_be(row, one)]
        _require_one(side, [one.label for one in found])
        if not found:
            return None
        # A look-up may answer with less than the record (docs/ghl-api.md#search).
        whole = yield from contacts.read(found[0].id)
        further = (*(whole.other_emails or ()), *(one for one in found[0].addresses if one not in whole.addresses))
        return replace(whole, other_emails=further) if further else whole

    def _complete_pair(self, person: ImportedPerson) -> Steps[None]:
        """A record's pair says who the other one is, also when its address is another by now."""
        for side, contact in list(person.contacts.items()):
            pair = _pair_of(self.context.run.link, side, contact.id)
            if pair is None:
                continue
            if pair.state == Pair.State.HELD:
                raise NotTaken("held", f"{contact.label} is on hold: nothing is written for them. Take them off hold.")
            other = Provider(side).other.side
            partner, found = pair.external_id(other), person.contacts.get(other)
            if found and found.id != partner:
                raise NotTaken("taken", _describe_pair(side, contact, other, partner, found))
            if other in self.order.sides and not found:
                with suppress(Gone):
                    person.contacts[other] = yield from self.context.sides[other].read(partner)

    def claim(self, person: ImportedPerson) -> None:
        """Two rows with other addresses may be one contact, which has both: the first row is taken."""
        if person.rejection or person.error:
            return
        run = self.context.run
        for side, contact in person.contacts.items():
            ids = {f"{side}_id": contact.id}
            before = LogEntry.objects.filter(link=run.link, run=run, kind="contact", outcome__in=WRITTEN, **ids)
            first = self.claimed.setdefault((side, contact.id), person.row.number)
            if first != person.row.number or before.exists():
                name = f"{Provider(side).label}'s “{contact.label}” ({contact.id})"
                sentence = f"An earlier row of the file is {name} already. Join the two rows into one."
                person.rejection, person.changes = NotTaken("double", sentence), []


def find_related(context: RunContext, person: ImportedPerson) -> Steps[list[RelatedRecord]]:
    """Notes and tasks that the person has, where the row gives some: the same is not made again."""
    contact, found = person.contacts.get("ghl"), list[RelatedRecord]()
    for kind, wanted in (("note", person.row.notes), ("task", person.row.tasks)):
        if contact and wanted:
            found += yield from related_of(context.run.link).list_all(kind, contact.id)  # type: ignore[arg-type]
    return found


def _pair_of(link: Link, side: Side, contact_id: str) -> Pair | None:
    ids = {f"{side}_id": contact_id}
    return Pair.objects.filter(link=link, kind="contact", state__in=Pair.TOGETHER, **ids).first()


def _is_of(row: ImportRow, contact: Contact) -> bool:
    """Whether a record that was known by an address or number of the row still has it."""
    if row.email and contact.addresses:
        return row.email in contact.addresses
    return _may_be(row, contact)


def _may_be(row: ImportRow, contact: Contact) -> bool:
    """Whether a record with the row's number can be this person: a phone alone is no identity where more contradicts.

    Raises NotTaken where the number is that of somebody with another name, and nothing else says who the row is.
    """
    if row.email and contact.addresses:
        return row.email in contact.addresses
    name = str(contact.values.get("name") or "")
    if names_agree(row.name, name):
        return True
    side = Provider(contact.side).label
    raise NotTaken(
        "other_name",
        f"{side}'s “{contact.label}” ({contact.id}) has this phone number and another name. Add the e-mail address by"
        " which to tell the two apart.",
    )


def _require_one(side: Side, labels: Iterable[str]) -> None:
    found = list(labels)
    if len(found) > 1:
        names, label = ", ".join(f"“{one}”" for one in found[:5]), Provider(side).label
        raise NotTaken(
            "ambiguous", f"{len(found)} {label} contacts can be this person: {names}. Merge them, or correct the row."
        )


def _describe_pair(side: Side, contact: Contact, other: Side, partner: str, found: Contact) -> str:
    one, two = Provider(side).label, Provider(other).label
    return (
        f"{one}'s “{contact.label}” ({contact.id}) is paired with {two}'s {partner}, and the row with {two}'s"
        f" “{found.label}” ({found.id}). Correct the row, or link the right two by hand."
    )


def group_by_side(people: Iterable[ImportedPerson]) -> dict[Side, list[Contact]]:
    """Records that were there before the import, by side."""
    found: dict[Side, list[Contact]] = defaultdict(list)
    for person in people:
        for side, contact in person.contacts.items():
            if side not in person.created:
                found[side].append(contact)
    return found
