"""Contacts in the store, and the four shapes the API shows them in (docs/ghl-api.md#contacts)."""

import random
import string

from integration.twin import quirks
from integration.twin.clock import iso, milliseconds, now_ms
from integration.twin.ghl.access import refuse
from integration.twin.store import Doc, Row, Store
from integration.twin.words import words

KIND = "ghl.contact"
LETTERS = string.ascii_letters + string.digits
INTERNAL = ("followers", "campaigns", "workflows", "additionalEmails", "additionalPhones", "inboundDndSettings")


def new_id(source: random.Random | None = None) -> str:
    """Twenty letters and digits."""
    return "".join((source or random).choices(LETTERS, k=20))


def row(contact: Doc) -> Row:
    return Row(
        KIND,
        contact["locationId"],
        contact["id"],
        contact,
        email=(contact.get("email") or "").lower() or None,
        phone=contact.get("phone"),
        ext=contact.get("businessId"),
        name=full_name(contact).lower() or None,
        added=milliseconds(contact["dateAdded"]),
        updated=milliseconds(contact["dateUpdated"]),
    )


def full_name(contact: Doc) -> str:
    return " ".join(part for part in (contact.get("firstName"), contact.get("lastName")) if part)


def save(store: Store, contact: Doc) -> Doc:
    """Store as changed now."""
    contact["dateUpdated"] = iso(now_ms())
    store.put(row(contact))
    return contact


def load(store: Store, location: str, contact_id: str) -> Doc:
    """Raises Refusal when the location has no such contact: with 400, not 404 (docs/ghl-api.md#errors)."""
    contact = store.get(KIND, location, contact_id)
    if contact is None:
        status = 400 if quirks.on("ghl_unknown_contact_400") else 404
        raise refuse(status, f"Contact with id {contact_id} not found")
    return contact


def must_exist(store: Store, location: str, contact_id: str) -> None:
    load(store, location, contact_id)


def touch(store: Store, location: str, contact_id: str) -> None:
    """A task or note of the contact changed: whether that moves its dateUpdated is unknown (docs/ghl-api.md#search)."""
    if not quirks.on("ghl_notes_do_not_touch"):
        save(store, load(store, location, contact_id))


def blank(location: str) -> Doc:
    now = iso(now_ms())
    return {
        "id": new_id(),
        "locationId": location,
        "type": "lead",
        "dnd": False,
        "tags": [],
        "customFields": [],
        "dateAdded": now,
        "dateUpdated": now,
    }


def shown(contact: Doc) -> Doc:
    """As GET by id shows it."""
    plain = {name: value for name, value in contact.items() if name not in INTERNAL}
    return {**plain, **_companions(contact)}


def created(contact: Doc) -> Doc:
    """As create answers it: without `name`, with a few fields nothing else shows."""
    if not quirks.on("ghl_create_answer_small"):
        return shown(contact)
    answer = {**shown(contact), "deleted": False, "bounceEmail": False, "unsubscribeEmail": False}
    for name in ("name", "timezone", "keyword", "gender"):
        answer.pop(name, None)
    born = contact.get("dateOfBirth")
    if born:
        answer |= {"birthMonth": int(born[5:7]), "birthDay": int(born[8:10])}
        answer["dateOfBirth"] = f"{born}T00:00:00.000Z" if quirks.on("ghl_dob_midnight") else born
    return {**answer, "offers": [], "products": []}


def hit(contact: Doc, business_name: str | None, search_after: list[object]) -> Doc:
    """As the search shows it (docs/ghl-api.md#search)."""
    plain = {name: value for name, value in contact.items() if name not in (*INTERNAL, "dndSettings", "keyword")}
    answer = {
        **plain,
        "additionalEmails": contact.get("additionalEmails", []),
        "additionalPhones": contact.get("additionalPhones", []),
        "followers": contact.get("followers", []),
        "businessName": business_name,
        "phoneLabel": None,
        "validEmail": None,
        "searchAfter": search_after,
    }
    if quirks.on("ghl_search_address"):
        answer["address"] = answer.pop("address1", None)
    if quirks.on("ghl_search_companion_names"):
        names = _companions(contact)
        answer |= {name: names[name] for name in ("firstNameLowerCase", "lastNameLowerCase") if name in names}
    return answer


def listed(contact: Doc) -> Doc:
    """As the deprecated list shows it: names in lower case, nulls for what is empty (docs/ghl-api.md#contacts)."""
    answer = {name: contact.get(name) for name in LISTED}
    first, last = contact.get("firstName"), contact.get("lastName")
    if quirks.on("ghl_list_lower_names"):
        answer |= {"firstName": first and first.lower(), "lastName": last and last.lower()}
    answer |= {"firstNameRaw": first, "lastNameRaw": last, "contactName": full_name(contact).lower() or None}
    return {**answer, "followers": contact.get("followers", []), "attributions": []}


LISTED = words(
    "id locationId firstName lastName email timezone companyName phone dnd type source assignedTo city state"
    " postalCode address1 country website dateAdded dateUpdated dateOfBirth tags customFields businessId"
)


def _companions(contact: Doc) -> Doc:
    """The fields made of others: full name, and everything in lower case."""
    name, first, last = full_name(contact), contact.get("firstName"), contact.get("lastName")
    made = {
        "name": name,
        "firstNameLowerCase": (first or "").lower(),
        "lastNameLowerCase": (last or "").lower(),
        "fullNameLowerCase": name.lower(),
        "emailLowerCase": (contact.get("email") or "").lower(),
    }
    return {key: value for key, value in made.items() if value}
