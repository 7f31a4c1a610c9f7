"""From what a client writes to what a contact stores: names, phones, tags, dates, custom fields."""

from typing import Any

import phonenumbers

from integration.twin import quirks
from integration.twin.ghl import dto
from integration.twin.ghl.access import refuse
from integration.twin.ghl.dictionary import add_to_dictionary
from integration.twin.store import Doc, Store
from integration.twin.words import split_words

LISTS = ("CHECKBOX", "MULTIPLE_OPTIONS", "TEXTBOX_LIST")
# MONETORY is how GHL spells it (docs/ghl-api.md#custom-fields).
NUMBERS = ("NUMERICAL", "MONETORY")
PLAIN = split_words(
    "firstName lastName email address1 city state postalCode website timezone country source assignedTo companyName"
    " gender"
)


def apply_body(store: Store, location: str, contact: Doc, body: Doc) -> None:
    """Write `body`, already checked, over `contact`. None and "" empty a field."""
    # A name is split only when no first or last name is sent; those two go before it.
    if body.get("name") and not body.get("firstName") and not body.get("lastName"):
        contact["firstName"], _, contact["lastName"] = body["name"].strip().partition(" ")
    contact |= {name: body[name] for name in PLAIN if name in body}
    if body.get("email") and contact.get("additionalEmails"):
        # It becomes the main one, and the former main one is lost (docs/ghl-api.md#second-addresses).
        kept = [item for item in contact["additionalEmails"] if item["email"].lower() != body["email"].lower()]
        contact["additionalEmails"] = kept
    if "phone" in body:
        contact["phone"] = normalise_phone(store, location, body["phone"])
    if "dateOfBirth" in body:
        contact["dateOfBirth"] = body["dateOfBirth"] and dto.birth_date(body["dateOfBirth"]).isoformat()
    if "tags" in body:
        contact["tags"] = normalise_tags(body["tags"])
        remember_tags(store, location, contact["tags"])
    _apply_dnd(contact, body)
    if "customFields" in body:
        contact["customFields"] = merge_custom_fields(
            store, location, contact.get("customFields", []), body["customFields"]
        )
    if quirks.is_on("ghl_missing_not_null"):
        for name in [name for name, value in contact.items() if value in (None, "")]:
            del contact[name]


def _apply_dnd(contact: Doc, body: Doc) -> None:
    if "dnd" in body:
        contact["dnd"] = body["dnd"]
    if "dndSettings" in body:
        # Channels that are not named keep their state, hence merged and not replaced.
        contact["dndSettings"] = {**contact.get("dndSettings", {}), **_refuse_permanent(contact, body["dndSettings"])}
    if "inboundDndSettings" in body:
        contact["inboundDndSettings"] = body["inboundDndSettings"]


def _refuse_permanent(contact: Doc, wanted: Doc) -> Doc:
    """A permanent refusal of a channel cannot be undone (docs/ghl-api.md#field-semantics)."""
    for channel, setting in contact.get("dndSettings", {}).items():
        changed = channel in wanted and wanted[channel]["status"] != "permanent"
        if changed and setting.get("status") == "permanent":
            raise refuse(400, f"Not authorized to update permanent dnd setting for {channel}")
    return wanted


def normalise_phone(store: Store, location: str, text: str | None) -> str | None:
    """E.164, read with the location's country. Raises Refusal for what is no number."""
    if not text or not quirks.is_on("ghl_phone_e164"):
        return text
    # Already E.164, as nearly all phones of the sandbox are: they need no parsing.
    if text.startswith("+1") and len(text) == 12 and text[1:].isdigit():
        return text
    place = store.find_anywhere("ghl.location", location)
    try:
        parsed = phonenumbers.parse(text, (place[1].get("country") if place else None) or "US")
        if phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    if quirks.is_on("ghl_bad_phone_refused"):
        raise refuse(400, "Invalid phone number")
    return text.strip()


def normalise_tags(names: list[str]) -> list[str]:
    """Trimmed, in lower case, each once (docs/ghl-api.md#tags)."""
    clean = (name.strip().lower() if quirks.is_on("ghl_tags_lower_case") else name.strip() for name in names)
    return list(dict.fromkeys(name for name in clean if name))


def remember_tags(store: Store, location: str, names: list[str]) -> None:
    """A tag that the location's dictionary does not know yet is added to it."""
    for name in names:
        add_to_dictionary(store, location, name)


def merge_custom_fields(store: Store, location: str, known: list[Doc], given: list[Doc]) -> list[Doc]:
    """The stored list after writing `given`: only fields named in it change, an unknown one is passed over."""
    values = {item["id"]: item["value"] for item in known}
    for item in given:
        definition = definition_of(store, location, item.get("id") or item.get("key"))
        # Whether GHL ignores or refuses an unknown id is unverified; here it is ignored
        # (docs/ghl-api.md#custom-fields).
        if definition is None:
            continue
        # v2 calls it field_value, v3 fieldValue, and value is taken too (docs/ghl-api.md#custom-fields).
        value = next((item[name] for name in ("field_value", "fieldValue", "value") if name in item), None)
        values[definition["id"]] = _typed_value(definition["dataType"], value)
    return [{"id": name, "value": value} for name, value in values.items() if value not in (None, "", [])]


def definition_of(store: Store, location: str, name: Any) -> Doc | None:
    """By id or by key, with or without "contact." before it."""
    found = store.get("ghl.field", location, str(name))
    if found:
        return found
    key = str(name) if str(name).startswith("contact.") else f"contact.{name}"
    return next(iter(store.find("ghl.field", location, "ext", key)), None)


def _typed_value(kind: str, value: Any) -> Any:
    if value in (None, "", []):
        return None
    if kind in LISTS:
        return value if isinstance(value, list) else [str(value)]
    if kind in NUMBERS:
        return _read_number(value)
    return value if isinstance(value, str | dict) else str(value)


def _read_number(value: Any) -> int | float:
    try:
        number = float(str(value))
    except ValueError:
        raise refuse(422, [f"customFields value {value} must be a number"]) from None
    return int(number) if number.is_integer() else number
