"""Rows about somebody who was erased: nothing of them is kept, looked for or written, whoever brings them anew."""

from collections.abc import Iterable, Iterator, Sequence

from integration.erased import Name, anybody, email_name, find_erased, without_erased
from integration.imports.check import CheckedRow
from integration.imports.faults import Fault
from integration.models import Link
from integration.records import SIDES
from integration.runs.imports.person import ImportedPerson, NotTaken

REASON = "erased"
SENTENCE = "This person was erased here. Take the row out; an owner can allow them again under Settings, Data."


def reject_erased(rows: Iterable[CheckedRow]) -> Iterator[CheckedRow]:
    """The rows, where those of somebody who was erased give nothing but that."""
    some = list(rows)
    found = find_erased({name for one in some for name in _names_of(one.email, one.phone)})
    for one in some:
        gone = bool(found) and not found.isdisjoint(_names_of(one.email, one.phone))
        yield CheckedRow(one.row, (Fault(REASON, SENTENCE),)) if gone else one


def is_of_erased(checked: CheckedRow) -> bool:
    return any(fault.reason == REASON for fault in checked.faults)


def turn_away_erased(link: Link, people: Sequence[ImportedPerson]) -> None:
    """Set `rejection` of those who were erased, by the row or by the record that was found for it."""
    if not anybody():
        return
    names = find_erased({name for one in people for name in _names_of(one.row.email, one.row.phone)})
    gone = {one.row.number for one in people if not names.isdisjoint(_names_of(one.row.email, one.row.phone))}
    for side in SIDES:
        found = [one.contacts[side] for one in people if side in one.contacts]
        left = {contact.id for contact in without_erased(link, found)}
        gone |= {one.row.number for one in people if side in one.contacts and one.contacts[side].id not in left}
    for person in people:
        if person.row.number in gone:
            person.rejection, person.changes, person.error = NotTaken(REASON, SENTENCE), [], None
            person.contacts, person.others = {}, {}


def _names_of(email: str, phone: str) -> set[Name]:
    """A number counts for a row without an address only, as for a record (erased.py)."""
    return {email_name(email)} if email else {("phone", phone)} if phone else set()
