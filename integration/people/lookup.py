"""What `manage.py lookup` tells of one person: both sides as they stand, compared, with what belongs to them in GHL."""

from collections.abc import Mapping, Sequence
from typing import Any

from integration.connections import contacts_of, exchange_for_link
from integration.errors import Gone
from integration.models import Link
from integration.people import person
from integration.people.reading import know_fields
from integration.people.who import SIDES, Somebody, find
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.providers.ghl import contacts as ghl
from integration.providers.operations import Schema
from integration.records import Contact
from integration.samples import keep_fields

Found = dict[str, Any]


def look_up(link: Link, *, email: str = "", gist_id: str = "", ghl_id: str = "") -> Found:
    """`{"link", "gist", "ghl"}`; a side is None when it does not have the person. Give one of the three.

    A person known by the id of one side is found on the other by their pair, else by e-mail address or phone.
    A side is `{"id", "updated_at", "values", "tags", "others"}`, GHL's with `tasks`, `notes` and `appointments`;
    `others` are ids of more contacts with that address. When there is somebody, `fields` holds a verdict for each
    field: `{"field", "gist", "ghl", "verdict", "why"}`. Raises ProviderError.
    """
    who = find(link, "gist" if gist_id else "ghl", gist_id or ghl_id) if gist_id or ghl_id else Somebody(link, {})
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    with exchange_for_link(link) as exchange:
        contacts = find_live(exchange, who, sides, email=email)
        answer: Found = {"link": link.key, **{side: _described(contacts[side]) for side in SIDES}}
        if answer["ghl"]:
            answer["ghl"] |= _around(exchange, answer["ghl"]["id"])
    if both := {side: found[0] for side, found in contacts.items() if found}:
        answer["fields"] = _verdicts(link, both, sides)
    return answer


def find_live(
    exchange: Exchange, who: Somebody, sides: Mapping[str, ContactSide], *, email: str = "", phone: str = ""
) -> dict[str, list[Contact]]:
    """By side, the contacts that are this person, best first. The side asked by id tells by what to look elsewhere."""
    found: dict[str, list[Contact]] = {}
    for side in ("ghl", "gist") if who.ghl_id else ("gist", "ghl"):
        known = next((contacts[0] for contacts in found.values() if contacts), None)
        by = {"email": email or (known.email if known else ""), "phone": phone or (known.phone if known else "")}
        found[side] = exchange.carry_out(_search(who.link, sides[side], who.ids.get(side, ""), by))
    return found


def _search(link: Link, contacts: ContactSide, contact_id: str, by: dict[str, str]) -> Steps[list[Contact]]:
    if not know_fields(link, contacts):
        fields = yield from contacts.load_fields()
        keep_fields(link.connection(contacts.side), fields)
    if contact_id:
        try:
            return [(yield from contacts.read(contact_id))]
        except Gone:
            pass
    if not any(by.values()):
        return []
    found = yield from contacts.find(email=by["email"], phone="" if by["email"] else by["phone"])
    # A look-up may answer with less than the record: custom fields come with reading it.
    whole = []
    for contact in found:
        whole.append((yield from contacts.read(contact.id)))
    return whole


def _described(contacts: list[Contact]) -> Found | None:
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


def _around(exchange: Exchange, contact_id: str) -> Found:
    """What GHL keeps beside the contact."""
    tasks = exchange.send(ghl.TASKS(contact_id=contact_id)).tasks
    notes = exchange.send(ghl.NOTES(contact_id=contact_id)).notes
    events = exchange.send(ghl.APPOINTMENTS(contact_id=contact_id)).events
    named: dict[str, Sequence[Schema]] = {"tasks": tasks, "notes": notes, "appointments": events}
    return {name: [item.model_dump(mode="json") for item in items] for name, items in named.items()}


def _verdicts(link: Link, contacts: Mapping[str, Contact], sides: Mapping[str, ContactSide]) -> list[Found]:
    side, contact = next(iter(contacts.items()))
    who = find(link, side, contact.id)
    fields = {name: one.fields for name, one in sides.items()}
    _, rules = person.rules_now(link, fields)
    compared = person.compare_with(who, contacts, fields, rules, person.questions_about(who))
    return [
        {"field": one.label, "gist": one.gist, "ghl": one.ghl, "verdict": one.state, "why": one.why}
        for one in compared.all
    ]
