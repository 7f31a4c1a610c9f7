"""What the catalogue's pages look up."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(mapping: Mapping[str, Any], key: str) -> Any:
    """What stands under the key; None where nothing does."""
    return mapping.get(key)
