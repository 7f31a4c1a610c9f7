"""The fields of a GHL contact that can be mapped, built in and custom (docs/ghl-api.md#write-fields)."""

from collections.abc import Iterable, Mapping

from integration.providers.ghl.countries import is_country_code
from integration.providers.ghl.schemas import CustomField
from integration.records import CONSENT_NOTE, Field, FieldType, Value, is_blank
from integration.values import Unreadable

CUSTOM = "customFields."
# No length is documented; longer ones are refused here with words instead of there without (docs/ghl-api.md#notes).
LONGEST_NOTE = 65_000
_ONCE = "GHL takes this when a contact is created and refuses it afterwards."
_OWN = "Set by GHL."

BUILT_IN: dict[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Full name", note="Written as first and last name."),
        Field("firstName", "First name"),
        Field("lastName", "Last name"),
        Field("email", "E-mail", "email"),
        Field("phone", "Phone", "phone"),
        Field("tags", "Tags", "tags"),
        Field("companyName", "Company", create_only=True, note=_ONCE),
        Field("address1", "Street address"),
        Field("city", "City"),
        Field("state", "State"),
        Field("postalCode", "Postal code"),
        Field("country", "Country", note="Two letters, as US."),
        Field("website", "Website"),
        Field("timezone", "Time zone", note="A zone name, as America/New_York."),
        Field("dateOfBirth", "Date of birth", "date"),
        Field("gender", "Gender", create_only=True, note=_ONCE),
        Field("source", "Source"),
        Field("assignedTo", "Assigned to", note="The id of a user of the location."),
        Field("dnd", "Do not disturb, all channels", "boolean", writable=False, note=CONSENT_NOTE),
        Field("dndSettings.Email", "Do not disturb, e-mail", writable=False, note=CONSENT_NOTE),
        Field("type", "Type", writable=False, note=_OWN),
        Field("id", "GHL id", writable=False, note=_OWN),
        Field("dateAdded", "Created", "moment", writable=False, note=_OWN),
        Field("dateUpdated", "Last changed", "moment", writable=False, note=_OWN),
    )
}

_TYPES: dict[str, FieldType] = {
    "NUMERICAL": "number",
    "MONETORY": "number",
    "DATE": "date",
    "PHONE": "phone",
    "EMAIL": "email",
    "SINGLE_OPTIONS": "choice",
    "RADIO": "choice",
    "CHECKBOX": "choices",
    "MULTIPLE_OPTIONS": "choices",
}
_UNWRITABLE = {"FILE_UPLOAD": "Files cannot be mapped.", "TEXTBOX_LIST": "Lists of text boxes cannot be mapped."}


def custom_field(definition: CustomField) -> Field:
    """The mappable field of a definition; its key is the field's own key without `contact.`."""
    options = (
        o if isinstance(o, str) else (o.get("name") or o.get("label") or "") for o in definition.picklistOptions or ()
    )
    note = _UNWRITABLE.get(definition.dataType, "")
    return Field(
        key=CUSTOM + (definition.fieldKey.removeprefix("contact.") or definition.id),
        label=definition.name or definition.fieldKey,
        type=_TYPES.get(definition.dataType, "text"),
        writable=not note,
        options=tuple(option for option in options if option),
        takes_others=definition.isAllowedCustomOption,
        note=note,
        custom_id=definition.id,
        data_type=definition.dataType,
    )


def check_value(key: str, value: Value) -> None:
    """Raises Unreadable for what GHL would refuse in this field, and the whole contact with it."""
    if key == "country" and not is_blank(value) and not is_country_code(str(value)):
        raise Unreadable(f"“{value}” is no country code as GHL takes it, such as DE or US.", "no_country")


def all_fields(definitions: Iterable[CustomField]) -> dict[str, Field]:
    return BUILT_IN | {field.key: field for field in map(custom_field, definitions)}


def resolve_field(key: str, fields: Mapping[str, Field]) -> Field | None:
    """The field a setup file means: by key, or for custom ones by GHL's id or the name shown there."""
    if key in fields:
        return fields[key]
    wanted = key.removeprefix(CUSTOM).removeprefix("contact.").casefold()
    if not key.startswith(CUSTOM):
        return None
    named = (f for f in fields.values() if f.custom_id and wanted in (f.custom_id.casefold(), f.label.casefold()))
    by_key = (f for f in fields.values() if f.custom_id and f.key.removeprefix(CUSTOM).casefold() == wanted)
    return next(by_key, None) or next(named, None)
