"""The fields of a Gist contact that can be mapped (docs/gist-api.md#contacts, #custom-properties)."""

from collections.abc import Iterable, Mapping
from typing import Any

from integration.records import CONSENT_NOTE, Field, Value
from integration.values import Unreadable

CUSTOM = "custom_properties."
# Characters of a custom property (docs/gist-api.md#custom-properties). Longer text is left out and not cut: what was
# cut would come back as a change and overwrite the other side.
LONGEST_TEXT = 255
_OWN = "Set by Gist."
_UNSURE = "Gist's documentation does not list it as writable; check it with your account."

BUILT_IN: dict[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Full name"),
        Field("first_name", "First name", writable=False, note="Gist derives it from the full name: map that."),
        Field("last_name", "Last name", writable=False, note="Gist derives it from the full name: map that."),
        Field("email", "E-mail", "email"),
        Field("phone", "Phone", "phone"),
        Field("user_id", "User id", note="Your own id; a contact that has one is a user."),
        Field("tags", "Tags", "tags"),
        Field("segments", "Segments", "choices", writable=False, note="Gist decides itself who is in a segment."),
        Field("company_name", "Company", note=_UNSURE),
        Field("job_title", "Job title", note=_UNSURE),
        Field("website_url", "Website", note=_UNSURE),
        Field("industry", "Industry", note=_UNSURE),
        Field("preferred_language", "Preferred language", note=_UNSURE),
        Field("date_of_birth", "Date of birth", note=_UNSURE),
        Field("gender", "Gender", note=_UNSURE),
        Field("unsubscribed_from_emails", "Unsubscribed from e-mails", "boolean", writable=False, note=CONSENT_NOTE),
        Field("city", "City", writable=False, note="Gist finds the place itself: use a custom property."),
        Field("country", "Country", writable=False, note="Gist finds the place itself: use a custom property."),
        Field("id", "Gist id", writable=False, note=_OWN),
        Field("type", "User or lead", writable=False, note=_OWN),
        Field("created_at", "Created", "moment", writable=False, note=_OWN),
        Field("updated_at", "Last changed", "moment", writable=False, note=_OWN),
        Field("last_seen_at", "Last seen", "moment", writable=False, note=_OWN),
        Field("signed_up_at", "Signed up", "moment", note="When the person signed up."),
    )
}


def custom_property(name: str, sample: Any = None) -> Field:
    """Gist lists no definitions: a property is known by being used, and a new one comes to be when written."""
    if name.endswith("_at"):
        return Field(CUSTOM + name, name, "moment", note="Gist keeps dates as seconds since 1970.")
    if isinstance(sample, bool):
        return Field(CUSTOM + name, name, "boolean")
    if isinstance(sample, int | float):
        return Field(CUSTOM + name, name, "number")
    return Field(CUSTOM + name, name)


def all_fields(samples: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    """Built-in fields and every custom property seen on `samples` (their `custom_properties`)."""
    seen: dict[str, Any] = {}
    for sample in samples:
        # Properties that are not set come as null (docs/gist-api.md#contacts); any value tells more of the type than
        # none.
        seen |= {name: value for name, value in sample.items() if value is not None or name not in seen}
    return BUILT_IN | {CUSTOM + name: custom_property(name, seen[name]) for name in sorted(seen)}


def resolve_field(key: str, fields: Mapping[str, Field]) -> Field | None:
    """The field a setup file means. A custom property nobody has yet is fine: writing it creates it."""
    name = key.removeprefix(CUSTOM)
    if key in fields:
        return fields[key]
    return custom_property(name) if key.startswith(CUSTOM) and is_property_name(name) else None


def check_value(key: str, value: Value) -> None:
    """Raises Unreadable for what Gist would refuse in this field."""
    if key.startswith(CUSTOM) and isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Unreadable(
            f"The value has {len(value)} characters; Gist takes at most {LONGEST_TEXT} in a custom property.",
            "too_long",
        )


def is_property_name(name: str) -> bool:
    """Docs/gist-api.md#custom-properties: up to 190 characters, no dot or dollar sign."""
    return 0 < len(name) <= 190 and not set(name) & {".", "$"}
