"""Values and moments of a definition in words, for lists, comparisons and summaries."""

from collections.abc import Mapping
from typing import Any

from integration.workflows.actions import ACTIONS, Input

LONGEST = 80
# What users, calendars and teammates are called, by id.
Names = Mapping[str, str]


def describe_values(entry: Mapping[str, Any], names: Names | None = None) -> str:
    """The values of an action, `“Call {{ contact.name }}”, due in 2 days`; "" when nothing is set."""
    given = entry.get("values") or {}
    known_action = ACTIONS[entry["do"]]
    filled_in = (
        (one, given.get(one.name)) for one in known_action.inputs if given.get(one.name) not in (None, "", [], False)
    )
    # Inputs of plain operations are parameters of an API and say nothing without their names. Ready-made actions read
    # as a sentence.
    if known_action.kind == "operation":
        return ", ".join(
            f"{one.label.lower()} {_describe_value(one, value, names or {}, named=False)}" for one, value in filled_in
        )
    return ", ".join(_describe_value(one, value, names or {}) for one, value in filled_in)


def _describe_value(known: Input, value: Any, names: Names, named: bool = True) -> str:
    """`named`: values that say nothing by themselves get their label in front."""
    label = f"{known.label.lower()} " if named else ""
    # A flag that is set is its own sentence ("a changed name is changed in titles too"); one that is not set was left
    # out above.
    if known.type == "flag":
        return known.label[:1].lower() + known.label[1:] if named else "yes"
    if known.type == "moment" and isinstance(value, Mapping):
        return label + describe_moment(value)
    if known.type in ("user", "calendar", "teammate", "campaign", "automation"):
        return f"{label}{names.get(str(value), value)}"
    if isinstance(value, Mapping):
        value = [f"{name} = {one}" for name, one in value.items()]
    text = ", ".join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())
    return f"“{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}”"


def describe_moment(value: Mapping[str, Any]) -> str:
    """`in 2 days at 17:00`, `1 hour before event.start_at`."""
    days, hours = (_number_or_zero(value.get(name)) for name in ("days", "hours"))
    at = f" at {value['at']}" if value.get("at") else ""
    if value["from"] == "now":
        return f"{_from_now(days, hours)}{at}"
    return f"{_distance_words(days, hours)}{value['from']}{at}"


def _number_or_zero(value: Any) -> float:
    """What stands in a draft need not be a number yet."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0


def _from_now(days: float, hours: float) -> str:
    if not days and not hours:
        return "today"
    return f"in {_span_words(days, hours)}" if days >= 0 and hours >= 0 else f"{_span_words(days, hours)} ago"


def _distance_words(days: float, hours: float) -> str:
    if not days and not hours:
        return ""
    return f"{_span_words(days, hours)} {'after' if days >= 0 and hours >= 0 else 'before'} "


def _span_words(days: float, hours: float) -> str:
    """Lengths that point the same way lose their sign; others keep it, so that nothing false is said."""
    mixed = days * hours < 0
    parts = [(days, "day"), (hours, "hour")]
    return " ".join(
        f"{number if mixed else abs(number):g} {unit}{'' if abs(number) == 1 else 's'}"
        for number, unit in parts
        if number
    )
