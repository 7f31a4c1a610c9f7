"""Pieces of the workflow pages: definitions in words."""

from collections.abc import Mapping
from typing import Any

from django import template

from integration.models import Execution, ExecutionState
from integration.workflows import triggers
from integration.workflows.actions import ACTIONS
from integration.workflows.templates import TEMPLATES
from integration.workflows.triggers import TRIGGERS

register = template.Library()

ICONS = {
    "welcome_new_contact": "user-plus",
    "keep_in_step": "arrow-path",
    "task_done": "check-circle",
    "contact_opened": "chat-bubble-left-right",
    "meeting_booked": "calendar-days",
    "tag_bridge": "tag",
}


@register.filter
def trigger_lines(definition: Mapping[str, Any]) -> list[str]:
    return [triggers.describe_trigger(entry) for entry in definition["triggers"]]


@register.filter
def trigger_title(key: str) -> str:
    return TRIGGERS[key].title if key in TRIGGERS else key


@register.filter
def action_titles(definition: Mapping[str, Any]) -> list[str]:
    """What is done, in order, each kind once."""
    return list(dict.fromkeys(ACTIONS[entry["do"]].title for entry in definition["actions"]))


@register.filter
def first_side(definition: Mapping[str, Any]) -> str:
    """The side of the first trigger."""
    return TRIGGERS[definition["triggers"][0]["on"]].side


@register.filter
def template_title(key: str) -> str:
    return TEMPLATES[key].title if key in TEMPLATES else key


@register.filter
def template_icon(key: str) -> str:
    return ICONS.get(key, "bolt")


@register.filter
def same(one: Any, other: Any) -> bool:
    return bool(one == other)


@register.filter
def plain_number(value: Any) -> str:
    """A number without the zeros that say nothing; what is no number yet as it was typed."""
    return f"{value:g}" if isinstance(value, int | float) and value else str(value or "")


@register.filter
def execution_person(execution: Execution) -> str:
    return execution.label or execution.gist_id or execution.ghl_id or "Somebody unknown"


@register.filter
def state_tone(execution: Execution) -> str:
    return ExecutionState(execution.state).tone


@register.inclusion_tag("components/badge.html")
def state_badge(execution: Execution) -> dict[str, str]:
    state = ExecutionState(execution.state)
    return {"tone": state.tone, "label": str(state.label)}
