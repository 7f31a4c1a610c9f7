"""Contacts in the store and as the API shows them (docs/gist-api.md#contacts)."""

from typing import Any

from integration.twin import quirks
from integration.twin.clock import now_s
from integration.twin.gist.access import refuse
from integration.twin.store import Doc, Row, Store
from integration.twin.words import split_words

KIND = "gist.contact"
PLAIN = split_words(
    "job_title company_name website_url mobile_phone_number fax_number preferred_language industry date_of_birth"
    " gender last_seen_ip last_seen_user_agent"
)
# In characters, and properties per workspace (docs/gist-api.md#custom-properties).
KEY_LENGTH, TEXT_LENGTH, MOST_PROPERTIES = 190, 255, 250


def contact_row(workspace: str, contact: Doc) -> Row:
    return Row(
        KIND,
        workspace,
        str(contact["id"]),
        contact,
        email=(contact["email"] or "").lower() or None,
        phone=contact["phone"],
        ext=contact["user_id"],
        name=(contact["name"] or "").lower() or None,
        added=contact["created_at"],
        updated=contact["updated_at"],
    )


def blank_contact(contact_id: int, now: int) -> Doc:
    return {
        "id": contact_id,
        "type": "lead",
        "user_id": None,
        "email": None,
        "name": None,
        "full_name": None,
        "first_name": None,
        "phone": None,
        "avatar": None,
        "created_at": now,
        "updated_at": now,
        "last_seen_at": None,
        "signed_up_at": 0 if quirks.is_on("gist_signed_up_zero") else None,
        "last_contacted_at": None,
        "session_count": None,
        "landing_url": None,
        "original_referrer": None,
        "last_seen_ip": None,
        "last_seen_user_agent": None,
        "location_data": {},
        "tags": [],
        "segments": [],
        "social_profiles": [],
        "custom_properties": {},
        "unsubscribed_from_emails": "false" if quirks.is_on("gist_unsubscribed_string") else False,
    }


def new_contact(store: Store) -> Doc:
    return blank_contact(store.next_number("gist.id"), now_s())


def save_contact(store: Store, workspace: str, contact: Doc) -> Doc:
    """Store as changed now; the time has whole seconds, so two changes may share it."""
    contact["updated_at"] = now_s()
    store.put(contact_row(workspace, contact))
    return contact


def find_contact(store: Store, workspace: str, named: Doc) -> Doc | None:
    """By id, else user_id, else e-mail: the first one given decides."""
    if named.get("id") not in (None, ""):
        return store.get(KIND, workspace, named["id"])
    for name, column in (("user_id", "ext"), ("email", "email")):
        if named.get(name) not in (None, ""):
            value = str(named[name]).lower() if name == "email" else str(named[name])
            found = next(iter(store.find(KIND, workspace, column, value)), None)
            # An unknown user_id falls through to the e-mail: that is how a lead becomes a user.
            if found or name == "email":
                return found
    return None


def load_contact(store: Store, workspace: str, named: Doc) -> Doc:
    """Raises Refusal(404)."""
    contact = find_contact(store, workspace, named)
    if contact is None:
        raise refuse(404, "Contact not found")
    return contact


def apply_body(contact: Doc, body: Doc) -> None:
    """Write the fields of `body`; those left out stay, null empties."""
    if "email" in body:
        contact["email"] = _text_or_none(body["email"])
    if body.get("user_id") not in (None, ""):
        contact["user_id"] = str(body["user_id"]) if quirks.is_on("gist_user_id_string") else body["user_id"]
        contact["type"] = "user"
    if "name" in body:
        set_name(contact, _text_or_none(body["name"]))
    if "phone" in body:
        contact["phone"] = _text_or_none(body["phone"])
    if "signed_up_at" in body:
        contact["signed_up_at"] = int(body["signed_up_at"] or 0)
    if "unsubscribed_from_emails" in body:
        # Clients send a boolean or a text, and a text comes back (docs/gist-api.md#contacts).
        refused = str(body["unsubscribed_from_emails"]).lower() == "true"
        contact["unsubscribed_from_emails"] = (
            str(refused).lower() if quirks.is_on("gist_unsubscribed_string") else refused
        )
    contact |= {key: _text_or_none(body[key]) for key in PLAIN if key in body}
    if "custom_properties" in body:
        contact["custom_properties"] |= check_properties(body["custom_properties"])
        if len(contact["custom_properties"]) > MOST_PROPERTIES:
            raise refuse(422, f"A workspace holds at most {MOST_PROPERTIES} custom properties")


def set_name(contact: Doc, full: str | None) -> None:
    contact |= {"name": full, "full_name": full, "first_name": full.split(" ")[0] if full else None}


def _text_or_none(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def check_properties(given: Any, *, lists: bool = False) -> Doc:
    """Raises Refusal for keys and values Gist does not keep (docs/gist-api.md#custom-properties).

    Plain values only; those of a conversation may be `lists` of plain values too (docs/gist-api.md#conversations).
    """
    if not isinstance(given, dict):
        raise refuse(422, "custom_properties must be an object")
    for key, value in given.items():
        if len(key) > KEY_LENGTH or "." in key or "$" in key:
            raise refuse(422, f"Custom property name {key[:40]} is not allowed")
        for one in value if lists and isinstance(value, list) else [value]:
            if isinstance(one, list | dict):
                raise refuse(422, f"Custom property {key} must be a plain value")
            if isinstance(one, str) and len(one) > TEXT_LENGTH:
                raise refuse(422, f"Custom property {key} is too long (maximum is {TEXT_LENGTH} characters)")
    return given
