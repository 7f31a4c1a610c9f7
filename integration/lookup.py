"""One person as both sides know them at this moment."""

from collections.abc import Sequence
from typing import Any

from integration.connections import contacts_of, exchange_for_link
from integration.errors import Gone
from integration.models import Link, Pair
from integration.providers.exchange import Exchange, Steps
from integration.providers.ghl import contacts as ghl
from integration.providers.operations import Schema
from integration.records import Contact

Found = dict[str, Any]


def look_up(link: Link, *, email: str = "", gist_id: str = "", ghl_id: str = "") -> dict[str, Any]:
    """`{"link", "gist", "ghl"}`; a side is None when it does not have the person. Give one of the three.

    A person known by the id of one side is found on the other by their pair, else by e-mail address or phone.
    A side is `{"id", "updated_at", "values", "tags", "others"}`, GHL's with `tasks`, `notes` and `appointments`;
    `others` are ids of more contacts with that address. Raises ProviderError.
    """
    pair = _pair(link, gist_id, ghl_id)
    ids = {"gist": gist_id or (pair.gist_id if pair else ""), "ghl": ghl_id or (pair.ghl_id if pair else "")}
    found: dict[str, list[Contact]] = {}
    with exchange_for_link(link) as exchange:
        # The side that was asked by id goes first: it knows by what to look on the other.
        for side in ("ghl", "gist") if ghl_id else ("gist", "ghl"):
            known = next((contacts[0] for contacts in found.values() if contacts), None)
            by = {"email": email or (known.email if known else ""), "phone": known.phone if known else ""}
            found[side] = exchange.carry_out(_search(link, side, ids[side], by))
        answer: dict[str, Any] = {"link": link.key}
        for side in ("gist", "ghl"):
            answer[side] = _described(found[side])
        if answer["ghl"]:
            answer["ghl"] |= _around(exchange, answer["ghl"]["id"])
    return answer


def _pair(link: Link, gist_id: str, ghl_id: str) -> Pair | None:
    if not gist_id and not ghl_id:
        return None
    by = {"gist_id": gist_id} if gist_id else {"ghl_id": ghl_id}
    return Pair.objects.filter(link=link, kind="contact", **by).first()


def _search(link: Link, side: str, contact_id: str, by: dict[str, str]) -> Steps[list[Contact]]:
    contacts = contacts_of(link.connection(side))
    yield from contacts.load_fields()
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
