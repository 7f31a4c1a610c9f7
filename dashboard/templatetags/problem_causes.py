"""Pieces of the pages of problems by cause."""

from django import template

from integration.causes.words import name_of_field
from integration.models import Problem, ProblemState

register = template.Library()


@register.inclusion_tag("components/badge.html")
def problem_badge(problem: Problem, retrying: bool = False) -> dict[str, str]:
    """Its state with its mark; who acknowledged it is said beside."""
    if retrying:
        return {"tone": "run", "label": "Retrying"}
    state = ProblemState(problem.state)
    by = f" by {problem.state_by}" if problem.state_by and state != ProblemState.OPEN else ""
    return {"tone": state.tone, "label": f"{state.label}{by}"}


@register.filter
def field_words(key: str) -> str:
    return name_of_field(key)
