"""A workflow's definition: its shape, and every refusal with its place.

{"triggers": [{"on": "gist.tag_added", "tag": "task-done:*"}],
 "match": "all",
 "conditions": [{"field": "contact.email", "op": "ends_with", "value": "@acme.com"}],
 "actions": [{"do": "task.create", "values": {"title": "Call {{ contact.name }}",
                                              "due_at": {"from": "now", "days": 2, "at": "17:00"}}}]}
"""

import re
from collections.abc import Mapping
from typing import Any

from integration.conditions import OPERATORS
from integration.errors import SetupError
from integration.moments import moment_of
from integration.records import find_unstorable
from integration.workflows import placeholders
from integration.workflows.actions import ACTIONS, Action, Input
from integration.workflows.actions.pairs import parse_pairs
from integration.workflows.actions.tag_bridge import BRIDGE, PICKED
from integration.workflows.triggers import TRIGGERS

Definition = dict[str, Any]
MOST_ACTIONS = 50
_TIME = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d$")


def check_definition(raw: Any) -> Definition:
    """The definition, tidied. Raises SetupError with the place: `actions[1].title`."""
    if not isinstance(raw, Mapping):
        raise SetupError("a workflow is an object with triggers, conditions and actions.")
    if problem := find_unstorable(raw):
        raise SetupError(f"the workflow {problem}.")
    triggers = [_check_trigger(one, f"triggers[{i}]") for i, one in enumerate(_read_list(raw, "triggers"))]
    if not triggers:
        raise SetupError("choose at least one trigger.", "triggers")
    keys = [trigger["on"] for trigger in triggers]
    conditions = [
        _check_condition(one, keys, f"conditions[{i}]") for i, one in enumerate(_read_list(raw, "conditions"))
    ]
    actions = [_check_action(one, keys, f"actions[{i}]") for i, one in enumerate(_read_list(raw, "actions"))]
    if not actions:
        raise SetupError("add at least one action.", "actions")
    if len(actions) > MOST_ACTIONS:
        raise SetupError(f"has {len(actions)} actions; {MOST_ACTIONS} is the most.", "actions")
    _check_bridge(triggers, actions)
    match = "any" if raw.get("match") == "any" else "all"
    return {"triggers": triggers, "match": match, "conditions": conditions, "actions": actions}


def _check_bridge(triggers: list[dict[str, str]], actions: list[dict[str, Any]]) -> None:
    """A workflow or campaign is for one tag: left open, any tag would put people into it."""
    if not any(one["do"] == BRIDGE and set(PICKED) & set(one["values"]) for one in actions):
        return
    for number, trigger in enumerate(triggers):
        if "tag" in TRIGGERS[trigger["on"]].options and not trigger.get("tag", "").strip("*"):
            raise SetupError("name the tag: as it stands, any tag would do it.", f"triggers[{number}]")


def _read_list(raw: Mapping[str, Any], name: str) -> list[Any]:
    found = raw.get(name) or []
    if not isinstance(found, list):
        raise SetupError("must be a list.", name)
    return found


def _check_trigger(raw: Any, where: str) -> dict[str, str]:
    key = raw.get("on") if isinstance(raw, Mapping) else None
    trigger = TRIGGERS.get(str(key))
    if trigger is None:
        raise SetupError(f"“{key}” is not a trigger; known are: {', '.join(TRIGGERS)}.", where)
    # A misspelt option in a setup file would otherwise be ignored, and the workflow would start for everybody.
    unknown = set(raw) - {"on", *trigger.options}
    if unknown:
        raise SetupError(f"“{sorted(unknown)[0]}” does not belong to {trigger.title}.", where)
    return {name: str(value).strip() for name, value in raw.items() if str(value or "").strip()}


def _check_condition(raw: Any, triggers: list[str], where: str) -> dict[str, str]:
    if not isinstance(raw, Mapping) or not str(raw.get("field") or "").strip():
        raise SetupError("needs a field.", where)
    operator = OPERATORS.get(str(raw.get("op")))
    if operator is None:
        raise SetupError(f"“{raw.get('op')}” is not an operator; known are: {', '.join(OPERATORS)}.", where)
    field = str(raw["field"]).strip()
    if problem := placeholders.check_name(field, triggers):
        raise SetupError(problem, where)
    value = "" if raw.get("value") is None else str(raw["value"]).strip()
    # An empty value is contained in every text, so the condition would always hold without anybody noticing.
    if operator.takes_value and not value:
        raise SetupError(f"“{operator.title}” needs a value. To look for nothing, use “is blank”.", where)
    return {"field": field, "op": operator.key, "value": value if operator.takes_value else ""}


def _check_action(raw: Any, triggers: list[str], where: str) -> dict[str, Any]:
    key = raw.get("do") if isinstance(raw, Mapping) else None
    action = ACTIONS.get(str(key))
    if action is None:
        raise SetupError(f"“{key}” is not an action of this catalogue.", where)
    given = raw.get("values") or {}
    inputs = {one.name: one for one in action.inputs}
    if not isinstance(given, Mapping) or set(given) - set(inputs):
        extra = sorted(set(given) - set(inputs))[:1] if isinstance(given, Mapping) else ["values"]
        raise SetupError(f"“{extra[0]}” is not a value of “{action.title}”; known are: {', '.join(inputs)}.", where)
    values = {name: _check_value(inputs[name], value, triggers, f"{where}.{name}") for name, value in given.items()}
    _check_required(action, values, where)
    return {"do": action.key, "values": {name: value for name, value in values.items() if value not in ("", None)}}


def _check_required(action: Action, values: Mapping[str, Any], where: str) -> None:
    if missing := action.missing_input(values):
        raise SetupError(f"“{action.title}” needs {missing.label.lower()}.", f"{where}.{missing.name}")


def _check_value(known: Input, value: Any, triggers: list[str], where: str) -> Any:
    # Read once here: the definition keeps the object, so a broken line is refused on saving and not while it runs.
    if known.type == "pairs" and isinstance(value, str) and value.strip():
        value = _read_pairs(value, where)
    if problem := placeholders.check_placeholders(value, triggers):
        raise SetupError(problem, where)
    if known.type == "moment":
        return _check_moment(value, triggers, where) if value else None
    if known.type == "flag":
        # A flag comes as true from JSON and YAML, and as text from a form.
        return value in (True, "true", "on", "1", "yes")
    if known.type != "pairs" and not _is_plain(value):
        raise SetupError("must be a text.", where)
    return value.strip() if isinstance(value, str) else value


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return value is None or isinstance(value, str | int | float)


def _read_pairs(text: str, where: str) -> dict[str, Any]:
    try:
        return parse_pairs(text)
    except ValueError as problem:
        raise SetupError(f"{problem}.", where) from None


def _check_moment(value: Any, triggers: list[str], where: str) -> Any:
    """A fixed moment as text, which may hold placeholders, or one relative to now or to a field."""
    if isinstance(value, str):
        # With a placeholder in it nobody can tell before the facts are known; the action refuses it then.
        if not placeholders.is_filled_in(value) and moment_of(value.strip()) is None:
            raise SetupError(f"“{value}” is no moment; write it like 2026-01-31T17:00:00Z.", where)
        return value.strip()
    if not isinstance(value, Mapping) or "from" not in value:
        raise SetupError("must be a moment, or days and hours from one.", where)
    if value["from"] != "now" and (problem := placeholders.check_name(value["from"], triggers)):
        raise SetupError(problem, where)
    at = str(value.get("at") or "").strip()
    if at and not _TIME.match(at):
        raise SetupError(f"“{at}” is no time of day; write it like 17:00.", where)
    span = {"days": _check_span(value, "days", 3650, where), "hours": _check_span(value, "hours", 87_600, where)}
    return {"from": value["from"].strip(), **span} | ({"at": at} if at else {})


def _check_span(value: Mapping[str, Any], name: str, most: float, where: str) -> float:
    try:
        number = float(value.get(name) or 0)
    except (TypeError, ValueError, OverflowError):
        raise SetupError("days and hours must be numbers.", where) from None
    # Written so that NaN is refused too: it compares false with everything.
    if not abs(number) <= most:
        raise SetupError("lies more than ten years away.", where)
    return number
