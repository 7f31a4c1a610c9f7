"""Lines of the audit trail, in words."""

import json
from typing import Any

from django import template

from dashboard.audit.words import describe
from integration.models import AuditEntry

register = template.Library()


@register.filter
def audit_words(code: str) -> str:
    return describe(code)


@register.filter
def audit_changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Name, before and after of what changed."""
    before, after = entry.before or {}, entry.after or {}
    return [(name, _short(before.get(name)), _short(after.get(name))) for name in {**before, **after}]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
