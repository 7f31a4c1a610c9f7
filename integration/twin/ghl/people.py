"""Contacts in the store, and the four shapes the API shows them in (docs/ghl-api.md#contacts)."""

import random
import string

from integration.twin import quirks
from integration.twin.clock import now_ms, to_iso, to_milliseconds
from integration.twin.ghl.access import refuse
from integration.twin.store import Doc, Row, Store
from integration.twin.words import split_words

KIND = "ghl.contact"
LETTERS = string.ascii_letters + string.digits
# Stored with a contact, but absent from GET by id; the search adds some of them again.
INTERNAL = ("followers", "campaigns", "workflows", "additionalPhones", "inboundDndSettings")


def new_id(source: random.Random | None = None) -> str:
    """Twenty letters and digits."""
    return "".join((source or random).choices(LETTERS, k=20))


def contact_row(contact: Doc) -> Row:
    return Row(
        KIND,
        contact["locationId"],
        contact["id"],
        contact,
        email=(contact.get("email") or "").lower() or None,
        phone=contact.get("phone"),
        ext=contact.get("businessId"),
        # SQLite's LIKE ignores the case of ASCII letters only, so names are kept and looked for in lower case.
        name=full_name(contact).lower() or None,
        added=to_milliseconds(contact["dateAdded"]),
        updated=to_milliseconds(contact["dateUpdated"]),
    )


def full_name(contact: Doc) -> str:
    return " ".join(word for word in (contact.get("firstName"), contact.get("lastName")) if word)


def save_contact(store: Store, contact: Doc, *, touch: bool = True) -> Doc:
    """Store as changed now; without `touch` its date of change stays."""
    if touch:
        contact["dateUpdated"] = to_iso(now_ms())
    store.put(contact_row(contact))
    return contact


def other_emails(contact: Doc) -> list[str]:
    """The further addresses, in lower case."""
    return [item["email"].lower() for item in contact.get("additionalEmails", [])]


def load_contact(store: Store, location: str, contact_id: str) -> Doc:
    """Raises Refusal when the location has no such contact: with 400, not 404 (docs/ghl-api.md#errors)."""
    contact = store.get(KIND, location, contact_id)
    if contact is None:
        status = 400 if quirks.is_on("ghl_unknown_contact_400") else 404
        raise refuse(status, f"Contact with id {contact_id} not found")
    return contact


def must_exist(store: Store, location: str, contact_id: str) -> None:
    load_contact(store, location, contact_id)


def touch_contact(store: Store, location: str, contact_id: str) -> None:
    """A task or note of the contact changed: whether that moves its dateUpdated is unknown (docs/ghl-api.md#search)."""
    if not quirks.is_on("ghl_notes_do_not_touch"):
        save_contact(store, load_contact(store, location, contact_id))


def blank_contact(location: str) -> Doc:
    now = to_iso(now_ms())
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


def contact_answer(contact: Doc) -> Doc:
    """As GET by id shows it."""
    hidden = INTERNAL if quirks.is_on("ghl_get_other_emails") else (*INTERNAL, "additionalEmails")
    plain = {name: value for name, value in contact.items() if name not in hidden}
    return {**plain, **_derived_fields(contact)}


def created_answer(contact: Doc) -> Doc:
    """As create answers it: without `name`, with a few fields nothing else shows."""
    if not quirks.is_on("ghl_create_answer_small"):
        return contact_answer(contact)
    answer = {**contact_answer(contact), "deleted": False, "bounceEmail": False, "unsubscribeEmail": False}
    for name in ("name", "timezone", "keyword", "gender"):
        answer.pop(name, None)
    date_of_birth = contact.get("dateOfBirth")
    if date_of_birth:
        answer |= {"birthMonth": int(date_of_birth[5:7]), "birthDay": int(date_of_birth[8:10])}
        answer["dateOfBirth"] = f"{date_of_birth}T00:00:00.000Z" if quirks.is_on("ghl_dob_midnight") else date_of_birth
    return {**answer, "offers": [], "products": []}


def search_hit(contact: Doc, business_name: str | None, search_after: list[object]) -> Doc:
    """As the search shows it (docs/ghl-api.md#search)."""
    left_out = (*INTERNAL, "keyword", *(["dndSettings"] if quirks.is_on("ghl_search_no_dnd_settings") else []))
    plain = {name: value for name, value in contact.items() if name not in left_out}
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
    if quirks.is_on("ghl_search_address"):
        # The search names this one field differently (docs/ghl-api.md#search).
        answer["address"] = answer.pop("address1", None)
    if quirks.is_on("ghl_search_companion_names"):
        names = _derived_fields(contact)
        answer |= {name: names[name] for name in ("firstNameLowerCase", "lastNameLowerCase") if name in names}
    return answer


def list_entry(contact: Doc) -> Doc:
    """As the deprecated list shows it: names in lower case, nulls for what is empty (docs/ghl-api.md#contacts)."""
    answer = {name: contact.get(name) for name in LISTED}
    first, last = contact.get("firstName"), contact.get("lastName")
    if quirks.is_on("ghl_list_lower_names"):
        answer |= {"firstName": first and first.lower(), "lastName": last and last.lower()}
    answer |= {"firstNameRaw": first, "lastNameRaw": last, "contactName": full_name(contact).lower() or None}
    return {**answer, "followers": contact.get("followers", []), "attributions": []}


LISTED = split_words(
    "id locationId firstName lastName email timezone companyName phone dnd type source assignedTo city state"
    " postalCode address1 country website dateAdded dateUpdated dateOfBirth tags customFields businessId"
)


def _derived_fields(contact: Doc) -> Doc:
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
