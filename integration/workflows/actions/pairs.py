"""Named values as lines, `name = value`: how an operator types what has no field of its own."""

import json
from collections.abc import Mapping
from typing import Any

from integration.records import parse_json


def parse_pairs(text: str) -> dict[str, Any]:
    """`{name: value}` of lines; a text that begins with a brace is read as JSON. Raises ValueError with the line.

    A value is a text, unless it is true, false, null, or a list, object or quoted text as JSON has them.
    """
    if text.lstrip().startswith("{"):
        parsed = parse_json(text)
        if not isinstance(parsed, dict):
            raise ValueError("must be a JSON object")
        return parsed
    pairs = {}
    for line in filter(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"“{line.strip()[:60]}” is no name and value: write one a line, like city = Bern")
        pairs[name.strip()] = _read_value(value.strip())
    return pairs


def pairs_text(pairs: Mapping[str, Any]) -> str:
    """The lines that `parse_pairs` reads back as they were."""
    return "\n".join(f"{name} = {_value_text(value)}" for name, value in pairs.items())


def _read_value(text: str) -> Any:
    if text in ("true", "false", "null") or text[:1] in ("[", "{", '"'):
        # A placeholder begins with braces too, and is a text.
        return text if text.startswith("{{") else parse_json(text)
    return text


def _value_text(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = "\n" not in value and "\r" not in value and value == value.strip()
    return value if plain and _is_read_as_text(value) else json.dumps(value, ensure_ascii=False)


def _is_read_as_text(value: str) -> bool:
    try:
        return bool(_read_value(value) == value)
    except ValueError:
        return False
