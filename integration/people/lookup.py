"""What `manage.py lookup` prints about one person: both sides as they stand, compared, and what GHL has beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from integration.connections.fields import keep_fields
from integration.connections.session import contacts_of, exchange_for_link
from integration.errors import Gone
from integration.mapping.rules import broken_rows
from integration.models import Link
from integration.people import person
from integration.people.find import KnownPerson, find_by_id
from integration.people.read import know_fields
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.providers.ghl import contacts as ghl
from integration.providers.operations import Schema
from integration.records import SIDES, Contact

Report = dict[str, Any]


def look_up(link: Link, *, email: str = "", gist_id: str = "", ghl_id: str = "") -> Report:
    """`{"link", "gist", "ghl"}`; a side is None when it does not have the person. Give one of the three.

    A person known by the id of one side is found on the other by their pair, else by e-mail address or phone.
    A side is `{"id", "updated_at", "values", "tags", "others"}`, GHL's with `tasks`, `notes` and `appointments`;
    `others` are ids of more contacts with that address. When there is somebody, `fields` holds a verdict for each
    field: `{"field", "gist", "ghl", "verdict", "why"}`. Raises ProviderError.
    """
    known = (
        find_by_id(link, "gist" if gist_id else "ghl", gist_id or ghl_id)
        if gist_id or ghl_id
        else KnownPerson(link, {})
    )
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    with exchange_for_link(link) as exchange:
        contacts = find_live(exchange, known, sides, email=email)
        answer: Report = {"link": link.key, **{side: _describe_side(contacts[side]) for side in SIDES}}
        if answer["ghl"]:
            answer["ghl"] |= _read_related(exchange, answer["ghl"]["id"])
    if both := {side: found[0] for side, found in contacts.items() if found}:
        answer["fields"] = _field_comparisons(link, both, sides)
    return answer


def find_live(
    exchange: Exchange, known: KnownPerson, sides: Mapping[str, ContactSide], *, email: str = "", phone: str = ""
) -> dict[str, list[Contact]]:
    """By side, the contacts that are this person, best first. The address and phone of the first find the second."""
    found: dict[str, list[Contact]] = {}
    # The side whose id is known is read first: its e-mail address and phone are what the other one is asked for.
    for side in ("ghl", "gist") if known.ghl_id else ("gist", "ghl"):
        first_known = next((contacts[0] for contacts in found.values() if contacts), None)
        by = {
            "email": email or (first_known.email if first_known else ""),
            "phone": phone or (first_known.phone if first_known else ""),
        }
        found[side] = exchange.carry_out(_read_or_find(known.link, sides[side], known.ids.get(side, ""), by))
    return found


def _read_or_find(link: Link, contacts: ContactSide, contact_id: str, by: dict[str, str]) -> Steps[list[Contact]]:
    if not know_fields(link, contacts):
        fields = yield from contacts.load_fields()
        keep_fields(link.connection(contacts.side), fields)
    if contact_id:
        try:
            return [(yield from contacts.read(contact_id))]
        # The id is gone, but somebody with the same address may still be there under another one.
        except Gone:
            pass
    if not any(by.values()):
        return []
    # The phone counts only where there is no address: a phone alone identifies nobody.
    found = yield from contacts.find(email=by["email"], phone="" if by["email"] else by["phone"])
    # A look-up may answer with less than the record: custom fields come with reading it.
    whole = []
    for contact in found:
        whole.append((yield from contacts.read(contact.id)))
    return whole


def _describe_side(contacts: list[Contact]) -> Report | None:
    if not contacts:
        return None
    first, *others = contacts
    return {
        "id": first.id,
        "updated_at": first.updated_at.isoformat() if first.updated_at else None,
        "values": dict(first.values),
        "tags": first.values.get("tags") or [],
        "others": [contact.id for contact in others],
    }


def _read_related(exchange: Exchange, contact_id: str) -> Report:
    """What GHL keeps beside the contact."""
    tasks = exchange.send(ghl.TASKS(contact_id=contact_id)).tasks
    notes = exchange.send(ghl.NOTES(contact_id=contact_id)).notes
    events = exchange.send(ghl.APPOINTMENTS(contact_id=contact_id)).events
    named: dict[str, Sequence[Schema]] = {"tasks": tasks, "notes": notes, "appointments": events}
    return {name: [item.model_dump(mode="json") for item in items] for name, items in named.items()}


def _field_comparisons(link: Link, contacts: Mapping[str, Contact], sides: Mapping[str, ContactSide]) -> list[Report]:
    side, contact = next(iter(contacts.items()))
    known = find_by_id(link, side, contact.id)
    fields = {name: one.fields for name, one in sides.items()}
    version, rules = person.rules_now(link, fields)
    broken = broken_rows(version, fields["gist"], fields["ghl"])
    compared = person.compare_with(known, contacts, fields, rules, person.questions_about(known), broken=broken)
    return [
        {"field": one.label, "gist": one.gist, "ghl": one.ghl, "verdict": one.state, "why": one.why}
        for one in compared.all
    ]
