"""One condition on one value: its operators, and whether it holds. Workflows and the filters of links share them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.values import Unreadable, as_text, fold_text, member_key, read_number


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


def value_meets(condition: Mapping[str, Any], held: Any) -> bool:
    """Whether `held` meets a condition `{"op", "value"}`. Texts are compared without case; numbers as numbers where
    both are.
    """
    wanted = condition.get("value")
    if condition["op"] in ("greater", "less"):
        return _compare_sizes(held, wanted, condition["op"])
    # A field with several values, such as tags, counts as a whole: "is" means one of them, "is not" means none.
    if isinstance(held, list):
        return _TESTS[condition["op"]]([member_key(one) for one in held], member_key(as_text(wanted)))
    return _TESTS[condition["op"]]([fold_text(held)], fold_text(wanted))


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


def _compare_sizes(held: Any, wanted: Any, op: str) -> bool:
    if held is None or held == "":
        return False
    one, other = _number_or_text(held), _number_or_text(wanted)
    # A number is neither greater nor less than what is none, as "7,5" or a code.
    if isinstance(one, str) != isinstance(other, str):
        return False
    return one > other if op == "greater" else one < other  # type: ignore[operator]


def _number_or_text(value: Any) -> int | float | str:
    """Numbers and dates share the two operators: moments as `utc_text` writes them compare rightly as text."""
    try:
        return read_number(value)
    except Unreadable:
        return str(value)
