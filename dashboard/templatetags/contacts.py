"""Small pieces of the contact page: moments, values and changes in words."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from dashboard.contacts.timeline import PAIR_STATES, day_name, field_words
from dashboard.templatetags.ui import diff, shown
from integration.models import Pair
from integration.people.search import Live
from integration.records import Contact

register = template.Library()
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@register.filter
def day_time(moment: datetime | None) -> str:
    """`today, 17:00`, `Fri 20 June, 10:30`, in the current time zone."""
    if moment is None:
        return ""
    day = day_name(moment)
    day = day.lower() if day in ("Today", "Tomorrow", "Yesterday") else day
    return f"{day}, {timezone.localtime(moment):%H:%M}"


@register.filter
def hour(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


@register.filter
def as_text(value: Any) -> str:
    """A value as people read it: moments in the current time zone, lists joined."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return day_time(datetime.fromisoformat(value))
    return shown(value)


@register.filter
def field_label(key: str) -> str:
    """`custom_properties.lead_score` or `due_at` as a label."""
    return {"due_at": "Due", "assigned_to": "Assigned to", "start_at": "Start", "end_at": "End", "body": "Text"}.get(
        key, field_words(key)
    )


@register.inclusion_tag("components/badge.html")
def pair_badge(pair: Pair) -> dict[str, str]:
    tone, label = PAIR_STATES[Pair.State(pair.state)]
    return {"tone": tone, "label": label}


@register.inclusion_tag("components/badge.html")
def partner_badge(live: Live, contact: Contact) -> dict[str, str]:
    """Whether a contact that was found live has its other half."""
    other = live.partners.get((contact.side, contact.id))
    return {"tone": "ok", "label": "Paired"} if other else {"tone": "idle", "label": "Not paired"}


@register.inclusion_tag("components/diff.html")
def show_change(change: Mapping[str, Any], users: Mapping[str, str]) -> dict[str, Any]:
    """Before and after of one change; who was assigned by name, moments in the current time zone."""
    before, after = change["before"], change["after"]
    if isinstance(before, list) or isinstance(after, list):
        return diff(before, after)
    if change["field"] == "assigned_to":
        before, after = (users.get(str(one), "somebody") if one else one for one in (before, after))
    return diff(before if before is None else as_text(before), as_text(after))


@register.inclusion_tag("contacts/_value.html")
def show_value(held: Any) -> dict[str, Any]:
    return {"text": as_text(held)}
