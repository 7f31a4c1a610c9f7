"""Who was erased: keyed digests of addresses, numbers and ids, and what may not be taken in again by them.

An address counts everywhere in this installation, an id in its own account only: two Gist workspaces number their
contacts alike. A number counts only for a record without any address, since relatives and colleagues share numbers.

Nor is the contact taken in that "check my fields" makes (people/field_check.py), by any link of its account.
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integration.models import ErasedDigest, Erasure, InstallationKey, Link, Snapshot
from integration.phone import to_e164
from integration.records import Contact

# The address of a contact that was made to try fields on; example.com is nobody's (RFC 2606).
_TEST_ADDRESS = re.compile(r"gistline-field-check-[0-9a-f]{12}@example\.com", re.IGNORECASE)

# What names somebody: "email", "phone", or an account as `account_of` gives it; then the address, number or id.
Name = tuple[str, str]


def account_of(connection_id: int) -> str:
    return f"id:{connection_id}"


def email_name(email: str) -> Name:
    return "email", email.strip().lower()


def new_test_address() -> str:
    return f"gistline-field-check-{secrets.token_hex(6)}@example.com"


def is_test_address(email: str) -> bool:
    return bool(_TEST_ADDRESS.fullmatch(email.strip()))


def remember(erasure: Erasure, names: Iterable[Name]) -> None:
    """Nobody is taken in by these names any more. To be called in the transaction that erases."""
    key = InstallationKey.make("erasure")
    rows = (ErasedDigest(erasure=erasure, digest=_digest(key, name)) for name in sorted(set(names)))
    ErasedDigest.objects.bulk_create(rows, ignore_conflicts=True)


def find_erased(names: Iterable[Name]) -> set[Name]:
    """Those of the names that belong to somebody who was erased. One query where nobody ever was, else two."""
    key = _read_key()
    digests = {_digest(key, name): name for name in names if name[1]} if key else {}
    if not digests:
        return set()
    known = ErasedDigest.objects.filter(digest__in=list(digests)).values_list("digest", flat=True)
    return {digests[one] for one in known}


def erased_ids(link: Link, side: str, ids: Iterable[str]) -> set[str]:
    account = account_of(link.connection(side).pk)
    return {found for _, found in find_erased((account, one) for one in ids)}


def without_erased(link: Link, contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts but those of somebody who was erased, and those that were made to try fields on. As `find_erased`,
    at most three queries for all of them, of either side.

    A record that is known already is not: whoever was erased is not known any more, so it is somebody else, who now
    has an address that was once theirs.
    """
    real = [one for one in contacts if not is_test_address(one.email)]
    if not real:
        return []
    accounts, country = {"gist": account_of(link.gist_id), "ghl": account_of(link.ghl_id)}, link.phone_country
    names = [(one, _names_of(one, accounts[one.side], country)) for one in real]
    found = find_erased({name for _, several in names for name in several})
    if not found:
        return real
    hit = {one.id for one, several in names if found & several}
    rows = Snapshot.objects.filter(link=link, external_id__in=hit)
    known = set(rows.values_list("side", "external_id"))
    return [one for one, several in names if not found & several or (one.side, one.id) in known]


def _names_of(contact: Contact, account: str, country: str) -> set[Name]:
    names = {(account, contact.id), *(email_name(one) for one in contact.addresses)}
    if not contact.addresses and contact.phone:
        names.add(("phone", to_e164(contact.phone, country) or contact.phone))
    return names


def anybody() -> bool:
    """Whether anybody was ever erased here; one query, before anything is looked up by name."""
    return bool(_read_key())


def is_body_about_erased(account: str, contact_id: str, body: Mapping[str, Any]) -> bool:
    """Whether the body of a webhook is about somebody who was erased: by the contact's id, or by an address in it."""
    names: set[Name] = {email_name(one) for one in _addresses_in(body)}
    return bool(find_erased(names | ({(account, contact_id)} if contact_id else set())))


def _addresses_in(value: Any, key: str = "") -> Iterable[str]:
    """Values of all members whose name says that they hold an e-mail address."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _addresses_in(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _addresses_in(one, key)
    elif isinstance(value, str) and "@" in value and "email" in key.lower():
        yield value


def _digest(key: str, name: Name) -> str:
    return hmac.digest(key.encode(), "\n".join(name).encode(), "sha256").hex()


def _read_key() -> str:
    row = InstallationKey.objects.filter(purpose="erasure").first()
    return str(row.key) if row else ""
