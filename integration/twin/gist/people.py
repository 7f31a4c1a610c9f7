"""Contacts in the store and as the API shows them (docs/gist-api.md#contacts)."""

from typing import Any

from integration.twin import quirks
from integration.twin.clock import now_s
from integration.twin.gist.access import refuse
from integration.twin.store import Doc, Row, Store
from integration.twin.words import words

KIND = "gist.contact"
PLAIN = words(
    "job_title company_name website_url mobile_phone_number fax_number preferred_language industry date_of_birth"
    " gender last_seen_ip last_seen_user_agent"
)
KEY_LENGTH, TEXT_LENGTH, MOST_PROPERTIES = 190, 255, 250


def row(workspace: str, contact: Doc) -> Row:
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


def blank(contact_id: int, now: int) -> Doc:
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
        "signed_up_at": 0 if quirks.on("gist_signed_up_zero") else None,
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
        "unsubscribed_from_emails": "false" if quirks.on("gist_unsubscribed_string") else False,
    }


def new(store: Store) -> Doc:
    return blank(store.number("gist.id"), now_s())


def save(store: Store, workspace: str, contact: Doc) -> Doc:
    """Store as changed now; the time has whole seconds, so two changes may share it."""
    contact["updated_at"] = now_s()
    store.put(row(workspace, contact))
    return contact


def find(store: Store, workspace: str, who: Doc) -> Doc | None:
    """By id, else user_id, else e-mail: the first one given decides."""
    if who.get("id") not in (None, ""):
        return store.get(KIND, workspace, who["id"])
    for name, column in (("user_id", "ext"), ("email", "email")):
        if who.get(name) not in (None, ""):
            value = str(who[name]).lower() if name == "email" else str(who[name])
            found = next(iter(store.find(KIND, workspace, column, value)), None)
            if found or name == "email":
                return found
    return None


def load(store: Store, workspace: str, who: Doc) -> Doc:
    """Raises Refusal(404)."""
    contact = find(store, workspace, who)
    if contact is None:
        raise refuse(404, "Contact not found")
    return contact


def apply(contact: Doc, body: Doc) -> None:
    """Write the fields of `body`; those left out stay, null empties."""
    if "email" in body:
        contact["email"] = _text(body["email"])
    if body.get("user_id") not in (None, ""):
        contact["user_id"] = str(body["user_id"]) if quirks.on("gist_user_id_string") else body["user_id"]
        contact["type"] = "user"
    if "name" in body:
        name(contact, _text(body["name"]))
    if "phone" in body:
        contact["phone"] = _text(body["phone"])
    if "signed_up_at" in body:
        contact["signed_up_at"] = int(body["signed_up_at"] or 0)
    if "unsubscribed_from_emails" in body:
        refused = str(body["unsubscribed_from_emails"]).lower() == "true"
        contact["unsubscribed_from_emails"] = str(refused).lower() if quirks.on("gist_unsubscribed_string") else refused
    contact |= {key: _text(body[key]) for key in PLAIN if key in body}
    if "custom_properties" in body:
        contact["custom_properties"] |= properties(body["custom_properties"])
        if len(contact["custom_properties"]) > MOST_PROPERTIES:
            raise refuse(422, f"A workspace holds at most {MOST_PROPERTIES} custom properties")


def name(contact: Doc, full: str | None) -> None:
    contact |= {"name": full, "full_name": full, "first_name": full.split(" ")[0] if full else None}


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def properties(given: Any) -> Doc:
    """Plain values only; raises Refusal for keys and values Gist does not keep (docs/gist-api.md#custom-properties)."""
    if not isinstance(given, dict):
        raise refuse(422, "custom_properties must be an object")
    for key, value in given.items():
        if len(key) > KEY_LENGTH or "." in key or "$" in key:
            raise refuse(422, f"Custom property name {key[:40]} is not allowed")
        if isinstance(value, list | dict):
            raise refuse(422, f"Custom property {key} must be a plain value")
        if isinstance(value, str) and len(value) > TEXT_LENGTH:
            raise refuse(422, f"Custom property {key} is too long (maximum is {TEXT_LENGTH} characters)")
    return given
