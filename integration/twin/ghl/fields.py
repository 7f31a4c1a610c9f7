"""From what a client writes to what a contact stores: names, phones, tags, dates, custom fields."""

from typing import Any

import phonenumbers

from integration.twin import quirks
from integration.twin.ghl import dto
from integration.twin.ghl.access import refuse
from integration.twin.ghl.dictionary import add_to_dictionary
from integration.twin.store import Doc, Store
from integration.twin.words import words

LISTS = ("CHECKBOX", "MULTIPLE_OPTIONS", "TEXTBOX_LIST")
NUMBERS = ("NUMERICAL", "MONETORY")
PLAIN = words(
    "firstName lastName email address1 city state postalCode website timezone country source assignedTo companyName"
    " gender"
)


def apply(store: Store, location: str, contact: Doc, body: Doc) -> None:
    """Write `body`, already checked, over `contact`. None and "" empty a field."""
    if body.get("name") and not body.get("firstName") and not body.get("lastName"):
        contact["firstName"], _, contact["lastName"] = body["name"].strip().partition(" ")
    contact |= {name: body[name] for name in PLAIN if name in body}
    if "phone" in body:
        contact["phone"] = phone(store, location, body["phone"])
    if "dateOfBirth" in body:
        contact["dateOfBirth"] = body["dateOfBirth"] and dto.birth_date(body["dateOfBirth"]).isoformat()
    if "tags" in body:
        contact["tags"] = tags(body["tags"])
        remember_tags(store, location, contact["tags"])
    _apply_dnd(contact, body)
    if "customFields" in body:
        contact["customFields"] = custom_fields(store, location, contact.get("customFields", []), body["customFields"])
    if quirks.on("ghl_missing_not_null"):
        for name in [name for name, value in contact.items() if value in (None, "")]:
            del contact[name]


def _apply_dnd(contact: Doc, body: Doc) -> None:
    if "dnd" in body:
        contact["dnd"] = body["dnd"]
    if "dndSettings" in body:
        contact["dndSettings"] = {**contact.get("dndSettings", {}), **_lasting(contact, body["dndSettings"])}
    if "inboundDndSettings" in body:
        contact["inboundDndSettings"] = body["inboundDndSettings"]


def _lasting(contact: Doc, wanted: Doc) -> Doc:
    """A permanent refusal of a channel cannot be undone (docs/ghl-api.md#field-semantics)."""
    for channel, setting in contact.get("dndSettings", {}).items():
        changed = channel in wanted and wanted[channel]["status"] != "permanent"
        if changed and setting.get("status") == "permanent":
            raise refuse(400, f"Not authorized to update permanent dnd setting for {channel}")
    return wanted


def phone(store: Store, location: str, text: str | None) -> str | None:
    """E.164, read with the location's country. Raises Refusal for what is no number."""
    if not text or not quirks.on("ghl_phone_e164"):
        return text
    if text.startswith("+1") and len(text) == 12 and text[1:].isdigit():
        return text
    place = store.everywhere("ghl.location", location)
    try:
        parsed = phonenumbers.parse(text, (place[1].get("country") if place else None) or "US")
        if phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    if quirks.on("ghl_bad_phone_refused"):
        raise refuse(400, "Invalid phone number")
    return text.strip()


def tags(names: list[str]) -> list[str]:
    """Trimmed, in lower case, each once (docs/ghl-api.md#tags)."""
    clean = (name.strip().lower() if quirks.on("ghl_tags_lower_case") else name.strip() for name in names)
    return list(dict.fromkeys(name for name in clean if name))


def remember_tags(store: Store, location: str, names: list[str]) -> None:
    """A tag that the location's dictionary does not know yet is added to it."""
    for name in names:
        add_to_dictionary(store, location, name)


def custom_fields(store: Store, location: str, known: list[Doc], given: list[Doc]) -> list[Doc]:
    """The stored list after writing `given`: only fields named in it change, an unknown one is passed over."""
    values = {item["id"]: item["value"] for item in known}
    for item in given:
        definition = definition_of(store, location, item.get("id") or item.get("key"))
        if definition is None:
            continue
        value = next((item[name] for name in ("field_value", "fieldValue", "value") if name in item), None)
        values[definition["id"]] = _typed(definition["dataType"], value)
    return [{"id": name, "value": value} for name, value in values.items() if value not in (None, "", [])]


def definition_of(store: Store, location: str, name: Any) -> Doc | None:
    """By id or by key, with or without "contact." before it."""
    found = store.get("ghl.field", location, str(name))
    if found:
        return found
    key = str(name) if str(name).startswith("contact.") else f"contact.{name}"
    return next(iter(store.find("ghl.field", location, "ext", key)), None)


def _typed(kind: str, value: Any) -> Any:
    if value in (None, "", []):
        return None
    if kind in LISTS:
        return value if isinstance(value, list) else [str(value)]
    if kind in NUMBERS:
        return _number(value)
    return value if isinstance(value, str | dict) else str(value)


def _number(value: Any) -> int | float:
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        raise refuse(422, [f"customFields value {value} must be a number"]) from None
    return int(number) if number.is_integer() else number
