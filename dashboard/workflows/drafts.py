"""The workflow editor's draft. It lives in the form alone: read from it, changed by a button, written back into it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboard.drafts import Difference
from integration.workflows import conditions, triggers, words
from integration.workflows.actions import ACTIONS, Input
from integration.workflows.conditions import OPERATORS
from integration.workflows.definition import Definition
from integration.workflows.triggers import TRIGGERS

MOST = 100
"""Parts of a kind that are read from a form; a definition takes fewer."""
AS_WRITTEN = "text:"
"""Before a moment that is no moment relative to another, in the list that it is picked from."""


@dataclass
class TriggerDraft:
    """`rid` names it in the form and nowhere else, as it does the other parts."""

    rid: int
    on: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class ConditionDraft:
    rid: int
    field: str = "contact.email"
    op: str = "is_not_blank"
    value: str = ""


@dataclass
class ActionDraft:
    rid: int
    do: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Draft:
    """A definition as it stands in the form; `chosen` is the `rid` of the action that is open, 0 for none."""

    triggers: list[TriggerDraft]
    conditions: list[ConditionDraft]
    actions: list[ActionDraft]
    match: str = "all"
    chosen: int = 0

    def definition(self) -> Definition:
        """What `definition.checked` takes."""
        return {
            "triggers": [{"on": one.on, **one.options} for one in self.triggers],
            "match": self.match,
            "conditions": [{"field": one.field, "op": one.op, "value": one.value} for one in self.conditions],
            "actions": [{"do": one.do, "values": one.values} for one in self.actions],
        }


def draft_of(definition: Mapping[str, Any]) -> Draft:
    """The draft that equals a saved definition."""
    return Draft(
        [TriggerDraft(n, one["on"], _without(one, "on")) for n, one in enumerate(definition["triggers"], 1)],
        [ConditionDraft(n, **one) for n, one in enumerate(definition["conditions"], 1)],
        [ActionDraft(n, one["do"], dict(one["values"])) for n, one in enumerate(definition["actions"], 1)],
        definition["match"],
    )


def _without(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


# From the form ------------------------------------------------------------------------------------------


def read_draft(form: QueryDict) -> Draft:
    """The draft as the form holds it, in the order in which its parts stand there."""
    return Draft(
        [_read_trigger(form, rid) for rid in _rids(form, "trigger")],
        [_read_condition(form, rid) for rid in _rids(form, "condition")],
        [_read_action(form, rid) for rid in _rids(form, "action") if form.get(f"do-{rid}") in ACTIONS],
        "any" if form.get("match") == "any" else "all",
        _number(form.get("chosen", "")),
    )


def _rids(form: QueryDict, name: str) -> list[int]:
    return list(dict.fromkeys(number for rid in form.getlist(name)[:MOST] if (number := _number(rid))))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _read_trigger(form: QueryDict, rid: int) -> TriggerDraft:
    on = form.get(f"on-{rid}", "")
    options = TRIGGERS[on].options if on in TRIGGERS else {}
    return TriggerDraft(rid, on, {name: form.get(f"option-{rid}-{name}", "") for name in options})


def _read_condition(form: QueryDict, rid: int) -> ConditionDraft:
    return ConditionDraft(rid, *(form.get(f"{name}-{rid}", "").strip() for name in ("field", "op", "value")))


def _read_action(form: QueryDict, rid: int) -> ActionDraft:
    """Values of the open action stand in single fields, those of the others in one hidden field."""
    do = form.get(f"do-{rid}", "")
    if (folded := form.get(f"values-{rid}")) is not None:
        return ActionDraft(rid, do, _folded(folded))
    return ActionDraft(rid, do, {one.name: _read_value(form, f"{rid}-{one.name}", one) for one in ACTIONS[do].inputs})


def _folded(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _read_value(form: QueryDict, place: str, known: Input) -> Any:
    if known.type == "moment":
        return _read_moment(form, place)
    if known.type == "flag":
        return f"value-{place}" in form
    return form.get(f"value-{place}", "")


def _read_moment(form: QueryDict, place: str) -> Any:
    start = form.get(f"from-{place}", "")
    if not start or start.startswith(AS_WRITTEN):
        return start.removeprefix(AS_WRITTEN)
    return {"from": start, **{name: form.get(f"{name}-{place}", "").strip() for name in ("days", "hours", "at")}}


# Actions ------------------------------------------------------------------------------------------------


def act(draft: Draft, form: QueryDict) -> None:
    """Carry out what a button of the form says, as `verb` or `verb:which`. Unknown ones change nothing."""
    verb, _, which = form.get("do", "").partition(":")
    if (added := form.get("new-trigger", "")) in TRIGGERS:
        draft.triggers.append(TriggerDraft(_next(draft.triggers), added))
    if verb == "add-condition":
        draft.conditions.append(ConditionDraft(_next(draft.conditions)))
    elif verb == "add" and which in ACTIONS:
        draft.actions.append(ActionDraft(_next(draft.actions), which))
        draft.chosen = draft.actions[-1].rid
    elif verb == "close":
        draft.chosen = 0
    elif verb in VERBS:
        VERBS[verb](draft, _number(which))


def _next(parts: list[Any]) -> int:
    return max((part.rid for part in parts), default=0) + 1


def _drop_trigger(draft: Draft, rid: int) -> None:
    draft.triggers = [one for one in draft.triggers if one.rid != rid]


def _drop_condition(draft: Draft, rid: int) -> None:
    draft.conditions = [one for one in draft.conditions if one.rid != rid]


def _drop_action(draft: Draft, rid: int) -> None:
    draft.actions = [one for one in draft.actions if one.rid != rid]


def _open(draft: Draft, rid: int) -> None:
    draft.chosen = rid if any(one.rid == rid for one in draft.actions) else draft.chosen


def _move(by: int) -> Any:
    def move(draft: Draft, rid: int) -> None:
        place = next((n for n, one in enumerate(draft.actions) if one.rid == rid), None)
        if place is not None:
            draft.actions.insert(max(0, place + by), draft.actions.pop(place))

    return move


VERBS: Mapping[str, Any] = {
    "remove-trigger": _drop_trigger,
    "remove-condition": _drop_condition,
    "remove": _drop_action,
    "open": _open,
    "up": _move(-1),
    "down": _move(1),
}


# Differences --------------------------------------------------------------------------------------------


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changed between two definitions, part by part."""
    lines = _of_sets("When", *([_trigger(one) for one in each.get("triggers", ())] for each in (before, after)))
    if before.get("match", "all") != after.get("match", "all"):
        lines.append(Difference("Only if", f"{after['match']} of the conditions must hold now", "run"))
    lines += _of_sets("Only if", *([_condition(one) for one in each.get("conditions", ())] for each in (before, after)))
    return lines + _of_actions(before.get("actions", []), after.get("actions", []))


def _trigger(entry: Mapping[str, Any]) -> str:
    return triggers.words(entry) if entry.get("on") in TRIGGERS else str(entry.get("on"))


def _condition(entry: Mapping[str, Any]) -> str:
    return conditions.words(entry) if entry.get("op") in OPERATORS else str(entry.get("field"))


def _of_sets(place: str, old: list[str], new: list[str]) -> list[Difference]:
    added = [Difference(place, f"added: {one}", "ok") for one in new if one not in old]
    return added + [Difference(place, f"removed: {one}", "bad") for one in old if one not in new]


def _of_actions(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Difference]:
    """Equal ones are the same, wherever they stand; of the rest, those of one kind were changed into each other."""
    gone, come = _left_over(old, new), _left_over(new, old)
    lines: list[Difference] = []
    for one in list(gone):
        if other := next((each for each in come if each["do"] == one["do"]), None):
            gone.remove(one)
            come.remove(other)
            lines.append(Difference(_title(one), f"was {_told(one)}, is now {_told(other)}", "run"))
    lines += [Difference(_title(one), f"added: {_told(one)}", "ok") for one in come]
    lines += [Difference(_title(one), f"removed: {_told(one)}", "bad") for one in gone]
    if [one for one in old if one in new] != [one for one in new if one in old]:
        lines.append(Difference("Then", "the actions in another order", "idle"))
    return lines


def _left_over(these: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is here more often than there."""
    left = list(these)
    for other in others:
        if other in left:
            left.remove(other)
    return left


def _title(entry: Mapping[str, Any]) -> str:
    return ACTIONS[entry["do"]].title


def _told(entry: Mapping[str, Any]) -> str:
    return words.values(entry) or "without values"
