"""Conditions of a workflow: field, operator, value; all of them or any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.workflows.placeholders import look_up


@dataclass(frozen=True)
class Operator:
    key: str
    title: str
    takes_value: bool = True


OPERATORS = {
    operator.key: operator
    for operator in (
        Operator("is", "is"),
        Operator("is_not", "is not"),
        Operator("contains", "contains"),
        Operator("not_contains", "does not contain"),
        Operator("starts_with", "starts with"),
        Operator("ends_with", "ends with"),
        Operator("is_blank", "is blank", takes_value=False),
        Operator("is_not_blank", "is not blank", takes_value=False),
        Operator("greater", "is greater than"),
        Operator("less", "is less than"),
    )
}


def unmet(definition: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Why the workflow is not for this person, in a sentence; "" when it is."""
    conditions = definition.get("conditions") or []
    if not conditions:
        return ""
    failed = [condition for condition in conditions if not holds(condition, facts)]
    if definition.get("match") == "any":
        return "" if len(failed) < len(conditions) else "None of its conditions holds."
    return f"This condition does not hold: {words(failed[0])}." if failed else ""


def words(condition: Mapping[str, Any]) -> str:
    operator = OPERATORS[condition["op"]]
    value = f" “{condition.get('value', '')}”" if operator.takes_value else ""
    return f"{condition['field']} {operator.title}{value}"


def holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether one condition holds. Texts are compared without case; numbers as numbers where both are."""
    held, wanted = look_up(condition["field"], facts), condition.get("value")
    if condition["op"] in ("greater", "less"):
        return _compared(held, wanted, condition["op"])
    texts = [_plain(one) for one in (held if isinstance(held, list) else [held])]
    return _TESTS[condition["op"]](texts, _plain(wanted))


_TESTS = {
    "is": lambda texts, wanted: wanted in texts,
    "is_not": lambda texts, wanted: wanted not in texts,
    "contains": lambda texts, wanted: any(wanted in text for text in texts),
    "not_contains": lambda texts, wanted: not any(wanted in text for text in texts),
    "starts_with": lambda texts, wanted: any(text.startswith(wanted) for text in texts),
    "ends_with": lambda texts, wanted: any(text.endswith(wanted) for text in texts),
    "is_blank": lambda texts, wanted: not any(texts),
    "is_not_blank": lambda texts, wanted: any(texts),
}


def _plain(value: Any) -> str:
    text = "" if value is None else str(value).strip().casefold()
    return text.removesuffix(".0") if text.removesuffix(".0").lstrip("-").isdecimal() else text


def _compared(held: Any, wanted: Any, op: str) -> bool:
    if held is None or held == "":
        return False
    try:
        one, other = float(str(held).replace(",", "")), float(str(wanted).replace(",", ""))
    except ValueError:
        return str(held) > str(wanted) if op == "greater" else str(held) < str(wanted)
    return one > other if op == "greater" else one < other
