"""A definition in words: its actions and moments as lists, differences and summaries tell them."""

from collections.abc import Mapping
from typing import Any

from integration.workflows.actions import ACTIONS, Input

LONGEST = 80
Names = Mapping[str, str]
"""What users, calendars and teammates are called, by id."""


def action(entry: Mapping[str, Any], names: Names | None = None) -> str:
    """An action with its values: `Create a task: “Call {{ contact.name }}”, due in 2 days`."""
    told = values(entry, names)
    return f"{ACTIONS[entry['do']].title}: {told}" if told else ACTIONS[entry["do"]].title


def values(entry: Mapping[str, Any], names: Names | None = None) -> str:
    """The values alone; "" when nothing is set."""
    given = entry.get("values") or {}
    doing = ACTIONS[entry["do"]]
    told = ((one, given.get(one.name)) for one in doing.inputs if given.get(one.name) not in (None, "", [], False))
    if doing.kind == "operation":
        return ", ".join(f"{one.label.lower()} {_value(one, value, names or {}, named=False)}" for one, value in told)
    return ", ".join(_value(one, value, names or {}) for one, value in told)


def _value(known: Input, value: Any, names: Names, named: bool = True) -> str:
    """`named`: values that say nothing by themselves are told with their label."""
    label = f"{known.label.lower()} " if named else ""
    if known.type == "flag":
        return known.label[:1].lower() + known.label[1:] if named else "yes"
    if known.type == "moment" and isinstance(value, Mapping):
        return label + moment(value)
    if known.type in ("user", "calendar", "teammate"):
        return f"{label}{names.get(str(value), value)}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())
    return f"“{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}”"


def moment(value: Mapping[str, Any]) -> str:
    """`in 2 days at 17:00`, `1 hour before event.start_at`."""
    days, hours = (_number(value.get(name)) for name in ("days", "hours"))
    at = f" at {value['at']}" if value.get("at") else ""
    if value["from"] == "now":
        return f"{_from_now(days, hours)}{at}"
    return f"{_away(days, hours)}{value['from']}{at}"


def _number(value: Any) -> float:
    """What stands in a draft need not be a number yet."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0


def _from_now(days: float, hours: float) -> str:
    if not days and not hours:
        return "today"
    return f"in {_span(days, hours)}" if days >= 0 and hours >= 0 else f"{_span(days, hours)} ago"


def _away(days: float, hours: float) -> str:
    if not days and not hours:
        return ""
    return f"{_span(days, hours)} {'after' if days >= 0 and hours >= 0 else 'before'} "


def _span(days: float, hours: float) -> str:
    """Lengths that point the same way lose their sign; others keep it, so that nothing false is said."""
    mixed = days * hours < 0
    parts = [(days, "day"), (hours, "hour")]
    return " ".join(
        f"{number if mixed else abs(number):g} {unit}{'' if abs(number) == 1 else 's'}"
        for number, unit in parts
        if number
    )
