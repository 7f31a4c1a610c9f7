"""Making a record on the side that lacks it: whether the person is there already, and what that side will not take."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from integration.errors import Duplicate
from integration.mapping.rules import Rules
from integration.models import Change, ChangeAction, ChangeState, Provider
from integration.names import names_agree
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.records import Contact, Value, Values, is_blank
from integration.sync.decision import FieldSkip


def find_existing(side: ContactSide, known: Contact, values: Values, *, whole: bool) -> Steps[list[Contact]]:
    """Who is there already under what is about to be written, or under a further address of `known`. `whole`: with all
    that their side knows of them.
    """
    texts = {key: str(values.get(key) or "") for key in ("email", "phone", "user_id", "name")}
    found = list((yield from side.find(**texts)))
    for address in known.addresses if not found else ():
        if address != texts["email"].lower():
            found += yield from side.find(email=address)
    unique = list({one.id: one for one in found}.values())
    return (yield from _read_whole(side, unique)) if whole else unique


def may_be(known: Contact, other: Contact) -> bool:
    """Whether `other` can be this person: addresses that differ say no, and so do names where there is no address."""
    if set(known.addresses) & set(other.addresses):
        return True
    if known.addresses and other.addresses:
        return False
    return names_agree(*(str(one.values.get("name") or "") for one in (known, other)))


def with_matched_field(known: Contact, existing: Contact, problem: Duplicate) -> Contact:
    """The contact that is in the way, with the address by which it was found: reading it may not show further ones."""
    return _with_addresses(existing, [known.email] if problem.field == "email" and known.email else [])


def _with_addresses(contact: Contact, addresses: Iterable[str]) -> Contact:
    missing = [address for address in addresses if address not in contact.addresses]
    return replace(contact, other_emails=(*(contact.other_emails or ()), *missing)) if missing else contact


def _read_whole(side: ContactSide, found: Sequence[Contact]) -> Steps[list[Contact]]:
    """With the addresses by which they were found, which reading them may not show."""
    whole = []
    for one in found:
        whole.append(_with_addresses((yield from side.read(one.id)), one.addresses))
    return whole


def why_left_out(known: Contact, found: Sequence[Contact], rules: Rules) -> str:
    """Whether the person is there already, as somebody whom the filter of that side does not take: in a sentence."""
    return rules.why_not_taken(one for one in found if may_be(known, one))


def identifies(values: Values) -> bool:
    """Whether a record with these values could be told apart from others."""
    return any(not is_blank(values.get(key)) for key in ("email", "phone", "user_id"))


def left_out_of(created: Change, key: str, value: Value) -> Change:
    """A field that the API refused while it took the rest of a new record."""
    return Change(
        kind="contact",
        side=created.side,
        external_id=created.external_id,
        action=ChangeAction.UPDATE,
        field=key,
        after=value,
        state=ChangeState.FAILED,
        rule=created.rule,
    )


def leave_out_phone(change: Change, existing: Contact, problem: Duplicate) -> FieldSkip | None:
    """Take the number of somebody else out of what is to be created; None where that is not what stands in the way, or
    where nothing else would say who the new record is.

    The skip is held: a full run tries the number again.
    """
    values: Values = change.after or {}
    if problem.field != "phone" or not values.get("email"):
        return None
    number = values.get("phone")
    change.after = {key: value for key, value in values.items() if key != "phone"}
    return phone_taken(str(number), existing.label, existing.id)


def phone_taken(number: str, label: str, contact_id: str) -> FieldSkip:
    sentence = f"{number} belongs to GHL's “{label}” ({contact_id}), and the location does not allow it twice."
    return FieldSkip("phone", "phone_taken", sentence, held=True)


def address_taken(other: Contact) -> Duplicate:
    """Raised where Gist would write a new person over a contact that is somebody else."""
    name = f"“{other.label}” ({other.id})"
    return Duplicate(
        f"{Provider(other.side).label} keeps one contact per e-mail address, and this one is that of {name}, who is "
        "another pair's or somebody else.",
        existing_id=other.id,
        field="email",
        provider=other.side,
    )
