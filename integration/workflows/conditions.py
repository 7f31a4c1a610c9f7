"""Conditions of a workflow: field, operator, value; all of them or any of them."""

from collections.abc import Mapping
from typing import Any

from integration.conditions import OPERATORS, value_meets
from integration.workflows.placeholders import look_up


def find_unmet_condition(definition: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Why the workflow is not for this person, in a sentence; "" when it is."""
    conditions = definition.get("conditions") or []
    if not conditions:
        return ""
    failed = [condition for condition in conditions if not condition_holds(condition, facts)]
    if definition.get("match") == "any":
        return "" if len(failed) < len(conditions) else "None of its conditions holds."
    return f"This condition does not hold: {describe_condition(failed[0])}." if failed else ""


def describe_condition(condition: Mapping[str, Any]) -> str:
    operator = OPERATORS[condition["op"]]
    value = f" “{condition.get('value', '')}”" if operator.takes_value else ""
    return f"{condition['field']} {operator.title}{value}"


def condition_holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether one condition holds for what the facts say of its field."""
    return value_meets(condition, look_up(condition["field"], facts))
