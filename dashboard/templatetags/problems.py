"""Pieces of the problem pages: stored webhooks in words."""

from django import template

from dashboard.problems import refusals
from integration.models import EventState, InboxEvent
from integration.sync.reasons import Reason

register = template.Library()


@register.filter
def refusal(code: str) -> Reason:
    """Why a webhook was turned away, in words."""
    return refusals.describe_refusal(code)


@register.inclusion_tag("components/badge.html")
def event_badge(event: InboxEvent) -> dict[str, str]:
    state = EventState(event.state)
    return {"tone": state.tone, "label": str(state.label)}
