"""Whether somebody whose record is gone lives on under another id: deleted and added again, or merged into another."""

from collections.abc import Iterable
from dataclasses import dataclass

from integration.mapping.rules import Rules
from integration.models import Link, OtherEmail, Provider, Snapshot
from integration.names import names_agree
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import Contact
from integration.sync.candidates import name_of, named
from integration.sync.pairing import is_kept_apart, is_taken

# Addresses that are looked for at most: each costs a call.
MOST_ADDRESSES = 4


@dataclass(frozen=True)
class Heir:
    """A record that carries an address or number of the one that is gone. `is_free`: it is the only one, and nobody's
    half, so that the pair can go on with it.
    """

    snapshot: Snapshot
    is_free: bool
    sentence: str


def find_heir(link: Link, rules: Rules, lost: Snapshot, left: Snapshot) -> Heir | None:
    """Among what is known of the side of `lost`; `left` is the other half of the pair. None when nobody is."""
    by_email = _with_addresses(link, lost, {*lost.addresses, *left.addresses}) if "email" in rules.match else []
    found = by_email or (_with_phone(link, lost, left) if "phone" in rules.match else [])
    found = [one for one in found if not is_kept_apart(link, ids_of(one, left))]
    if not found:
        return None
    free = [one for one in found if not is_taken(link, one.side, one.external_id)]
    if len(found) == 1 and free:
        return Heir(found[0], True, "")
    what = "an address of it" if by_email else "its number"
    names = ", ".join(map(named, found[:5]))
    if len(found) > 1:
        return Heir(found[0], False, f"{len(found)} contacts have {what}: {names}. Nothing was deleted.")
    other = found[0].pair.external_id(Provider(lost.side).other) if found[0].pair else ""
    pair = f", which is paired with {Provider(left.side).label}'s {other}," if other else ""
    return Heir(found[0], False, f"{names}{pair} has {what} now. Nothing was deleted.")


def ids_of(one: Snapshot, other: Snapshot) -> dict[str, str]:
    return {one.side: one.external_id, other.side: other.external_id}


def _with_addresses(link: Link, lost: Snapshot, addresses: Iterable[str]) -> list[Snapshot]:
    wanted = list(addresses)
    further = OtherEmail.objects.filter(link=link, email__in=wanted, snapshot__side=lost.side)
    rows = Snapshot.objects.filter(link=link, side=lost.side, email__in=wanted).select_related("pair")
    found = [*rows, *(row.snapshot for row in further.select_related("snapshot__pair"))]
    return list({one.pk: one for one in found if one.pk != lost.pk}.values())


def _with_phone(link: Link, lost: Snapshot, left: Snapshot) -> list[Snapshot]:
    """Without those whose name or address says that they are somebody else."""
    phones = {lost.phone, left.phone} - {""}
    if not phones:
        return []
    rows = Snapshot.objects.filter(link=link, side=lost.side, phone__in=phones).exclude(pk=lost.pk)
    own, name = {*lost.addresses, *left.addresses}, name_of(left) or name_of(lost)
    return [
        one
        for one in rows.select_related("pair").order_by("pk")
        if names_agree(name, name_of(one))
        and (not own or not one.addresses)
        and not is_taken(link, one.side, one.external_id)
    ]


def look_for_heirs(side: ContactSide, lost: Snapshot, left: Snapshot | None) -> Steps[list[Contact]]:
    """Ask the side itself, which may know of a record that nobody has read yet. A call or two for each address."""
    addresses = dict.fromkeys((*lost.addresses, *(left.addresses if left else ())))
    found: dict[str, Contact] = {}
    for address in list(addresses)[:MOST_ADDRESSES]:
        for contact in (yield from side.find_by_address(address)):
            found[contact.id] = contact
    phone = lost.phone or (left.phone if left else "")
    if not found and phone:
        for contact in (yield from side.find(phone=phone)):
            found[contact.id] = contact
    found.pop(lost.external_id, None)
    return list(found.values())
