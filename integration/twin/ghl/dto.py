"""Checking request bodies the way the API's DTOs do: every complaint in one 422 (docs/ghl-api.md#write-fields)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from integration.twin import quirks
from integration.twin.clock import to_milliseconds
from integration.twin.ghl.access import refuse
from integration.twin.store import Doc

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
BIRTH = re.compile(r"(\d{4})[-/._](\d{2})[-/._](\d{2})|(\d{2})[-/._](\d{2})[-/._](\d{4})")
# RCS exists on live accounts only (docs/ghl-api.md#field-semantics).
CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB", "RCS")


@dataclass(frozen=True)
class Rule:
    """How one property is checked: `check(name, value)` returns what is wrong with it, "" when nothing is."""

    check: Callable[[str, Any], str]
    required: bool = False
    null: bool = False


def check_body(body: Any, rules: Mapping[str, Rule]) -> Doc:
    """The body, when it keeps to `rules`. Raises Refusal(422) with all complaints otherwise."""
    if not isinstance(body, dict):
        raise refuse(422, ["body must be an object"])
    complaints = []
    # No published schema forbids further properties, yet the server does (docs/ghl-api.md#field-semantics).
    if quirks.is_on("ghl_unknown_property_422"):
        complaints += [f"property {name} should not exist" for name in body if name not in rules]
    for name, rule in rules.items():
        complaint = _complaint_of(name, rule, body)
        if complaint:
            complaints.append(complaint)
    if complaints:
        raise refuse(422, complaints)
    return body


def _complaint_of(name: str, rule: Rule, body: Doc) -> str:
    if name not in body:
        return f"{name} should not be empty" if rule.required else ""
    if body[name] is None:
        return "" if rule.null else f"{name} must not be null"
    return rule.check(name, body[name])


def check_text(name: str, value: Any) -> str:
    return "" if isinstance(value, str) else f"{name} must be a string"


def check_filled(name: str, value: Any) -> str:
    return check_text(name, value) or ("" if value.strip() else f"{name} should not be empty")


def check_flag(name: str, value: Any) -> str:
    return "" if isinstance(value, bool) else f"{name} must be a boolean value"


def check_number(name: str, value: Any) -> str:
    # A bool is an int in Python, but no number in JSON.
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if good else f"{name} must be a number conforming to the specified constraints"


def check_email(name: str, value: Any) -> str:
    good = isinstance(value, str) and EMAIL.fullmatch(value)
    return "" if good else f"{name} must be an email"


def check_texts(name: str, value: Any) -> str:
    if not isinstance(value, list):
        return f"{name} must be an array"
    return "" if all(isinstance(item, str) for item in value) else f"each value in {name} must be a string"


def check_list(name: str, value: Any) -> str:
    return "" if isinstance(value, list) else f"{name} must be an array"


def check_object(name: str, value: Any) -> str:
    return "" if isinstance(value, dict) else f"{name} must be an object"


def check_custom_fields(name: str, value: Any) -> str:
    if not isinstance(value, list):
        return f"{name} must be an array"
    good = all(isinstance(item, dict) and (item.get("id") or item.get("key")) for item in value)
    return "" if good else f"each value in {name} needs an id or a key"


def check_dnd_settings(name: str, value: Any) -> str:
    if not isinstance(value, dict):
        return f"{name} must be an object"
    for channel, setting in value.items():
        if channel not in CHANNELS:
            return f"{name}.property {channel} should not exist"
        if not isinstance(setting, dict) or setting.get("status") not in ("active", "inactive", "permanent"):
            return f"{name}.{channel}.status must be one of the following values: active, inactive, permanent"
    return ""


def check_moment(name: str, value: Any) -> str:
    """An ISO 8601 date and time."""
    try:
        to_milliseconds(value)
    except (TypeError, ValueError):
        return f"{name} must be a valid ISO 8601 date string"
    return ""


def one_of(*choices: str) -> Callable[[str, Any], str]:
    def check_choice(name: str, value: Any) -> str:
        return "" if value in choices else f"{name} must be one of the following values: {', '.join(choices)}"

    return check_choice


def check_country(name: str, value: Any) -> str:
    good = value == "" or (isinstance(value, str) and re.fullmatch(r"[A-Z]{2}", value))
    return "" if good else f"{name} must be a valid ISO31661 Alpha2 code"


def check_birth_date(name: str, value: Any) -> str:
    try:
        birth_date(value)
    except (TypeError, ValueError):
        return f"{name} must be a date in the form YYYY-MM-DD or MM-DD-YYYY"
    return ""


def birth_date(value: str) -> date:
    """YYYY-MM-DD or MM-DD-YYYY with - / . or _ between (docs/ghl-api.md#field-semantics). Raises ValueError."""
    found = BIRTH.match(value)
    if not found:
        raise ValueError(value)
    year, month, day, month_first, day_second, year_last = found.groups()
    return date(int(year or year_last), int(month or month_first), int(day or day_second))
