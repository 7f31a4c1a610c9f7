"""The workflow editor's draft. It lives in the form alone: read from it, changed by a button, written back into it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboard.drafts import Difference, find_item, move_item, next_rid, read_rids, split_action
from dashboard.inputs import read_json_field, read_number, refuse_field
from integration.conditions import OPERATORS
from integration.models import Workflow
from integration.workflows import conditions, describe, triggers
from integration.workflows.actions import ACTIONS, Input
from integration.workflows.definition import Definition
from integration.workflows.triggers import TRIGGERS

# Parts of a kind that are read from a form; a definition takes fewer.
MOST_ITEMS = 100
# Before a moment that is no moment relative to another, in the list that it is picked from.
AS_WRITTEN = "text:"


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
    """A definition as it stands in the form; `chosen` is the `rid` of the action that is open, 0 for none.

    `read` is the number of the version that it was made from.
    """

    triggers: list[TriggerDraft]
    conditions: list[ConditionDraft]
    actions: list[ActionDraft]
    match: str = "all"
    chosen: int = 0
    read: int = 0

    def definition(self) -> Definition:
        """What `check_definition` takes."""
        return {
            "triggers": [{"on": one.on, **one.options} for one in self.triggers],
            "match": self.match,
            "conditions": [{"field": one.field, "op": one.op, "value": one.value} for one in self.conditions],
            "actions": [{"do": one.do, "values": one.values} for one in self.actions],
        }


def draft_of(workflow: Workflow) -> Draft:
    """The draft that equals what is saved."""
    definition = workflow.definition
    return Draft(
        [TriggerDraft(n, one["on"], _entry_without(one, "on")) for n, one in enumerate(definition["triggers"], 1)],
        [ConditionDraft(n, **one) for n, one in enumerate(definition["conditions"], 1)],
        [ActionDraft(n, one["do"], dict(one["values"])) for n, one in enumerate(definition["actions"], 1)],
        definition["match"],
        read=workflow.version,
    )


def _entry_without(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


# From the form ------------------------------------------------------------------------------------------


def read_draft(form: QueryDict) -> Draft:
    """The draft as the form holds it, in the order in which its parts stand there."""
    return Draft(
        [_read_trigger(form, rid) for rid in read_rids(form, "trigger", MOST_ITEMS)],
        [_read_condition(form, rid) for rid in read_rids(form, "condition", MOST_ITEMS)],
        [_read_action(form, rid) for rid in read_rids(form, "action", MOST_ITEMS) if form.get(f"do-{rid}") in ACTIONS],
        "any" if form.get("match") == "any" else "all",
        read_number(form.get("chosen", "")),
        read_number(form.get("read", "")),
    )


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
        return ActionDraft(rid, do, _read_folded(folded, f"values-{rid}", ACTIONS[do].inputs))
    return ActionDraft(rid, do, {one.name: _read_value(form, f"{rid}-{one.name}", one) for one in ACTIONS[do].inputs})


def _read_folded(text: str, name: str, inputs: Iterable[Input]) -> dict[str, Any]:
    values = read_json_field(text, name) if text else {}
    moments = [one.name for one in inputs if one.type == "moment"]
    # Whether the other values make sense is checked on saving, which says so at their place.
    if not isinstance(values, dict) or not all(_could_be_shown(values.get(moment)) for moment in moments):
        raise refuse_field(name, "holds no values of this action")
    return values


def _could_be_shown(moment: Any) -> bool:
    """Whether the editor can show the moment: as it was written, or with what it is relative to."""
    if not isinstance(moment, dict):
        return moment is None or isinstance(moment, str)
    plain = all(value is None or isinstance(value, str | int | float) for value in moment.values())
    return plain and isinstance(moment.get("from"), str)


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


def apply_action(draft: Draft, form: QueryDict) -> None:
    """Carry out what a button of the form says, as `verb` or `verb:which`. Unknown ones change nothing."""
    verb, about = split_action(form.get("do", ""))
    which = ":".join(about)
    # A list to pick from and not a button: it comes with whatever button was pressed.
    if (added := form.get("new-trigger", "")) in TRIGGERS:
        draft.triggers.append(TriggerDraft(next_rid(draft.triggers), added))
    if verb == "add-condition":
        draft.conditions.append(ConditionDraft(next_rid(draft.conditions)))
    elif verb == "add" and which in ACTIONS:
        draft.actions.append(ActionDraft(next_rid(draft.actions), which))
        draft.chosen = draft.actions[-1].rid
    elif verb == "close":
        draft.chosen = 0
    elif verb in VERBS:
        VERBS[verb](draft, read_number(which))


def _drop_trigger(draft: Draft, rid: int) -> None:
    draft.triggers = [one for one in draft.triggers if one.rid != rid]


def _drop_condition(draft: Draft, rid: int) -> None:
    draft.conditions = [one for one in draft.conditions if one.rid != rid]


def _drop_action(draft: Draft, rid: int) -> None:
    draft.actions = [one for one in draft.actions if one.rid != rid]


def _open_action(draft: Draft, rid: int) -> None:
    draft.chosen = rid if find_item(draft.actions, rid) else draft.chosen


def _move_action(by: int) -> Any:
    def move(draft: Draft, rid: int) -> None:
        if action := find_item(draft.actions, rid):
            move_item(draft.actions, action, by)

    return move


VERBS: Mapping[str, Any] = {
    "remove-trigger": _drop_trigger,
    "remove-condition": _drop_condition,
    "remove": _drop_action,
    "open": _open_action,
    "up": _move_action(-1),
    "down": _move_action(1),
}


# Differences --------------------------------------------------------------------------------------------


def compare_definitions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changed between two definitions, part by part."""
    lines = _of_sets(
        "When", *([_trigger_in_words(one) for one in each.get("triggers", ())] for each in (before, after))
    )
    if before.get("match", "all") != after.get("match", "all"):
        lines.append(Difference("Only if", f"{after['match']} of the conditions must hold now", "run"))
    lines += _of_sets(
        "Only if", *([_condition_in_words(one) for one in each.get("conditions", ())] for each in (before, after))
    )
    return lines + _of_actions(before.get("actions", []), after.get("actions", []))


def _trigger_in_words(entry: Mapping[str, Any]) -> str:
    return triggers.describe_trigger(entry) if entry.get("on") in TRIGGERS else str(entry.get("on"))


def _condition_in_words(entry: Mapping[str, Any]) -> str:
    return conditions.describe_condition(entry) if entry.get("op") in OPERATORS else str(entry.get("field"))


def _of_sets(place: str, old: list[str], new: list[str]) -> list[Difference]:
    added = [Difference(place, f"added: {one}", "ok") for one in new if one not in old]
    return added + [Difference(place, f"removed: {one}", "bad") for one in old if one not in new]


def _of_actions(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Difference]:
    """Equal ones are the same, wherever they stand; of the rest, those of one kind were changed into each other."""
    gone, come = _left_over(old, new), _left_over(new, old)
    lines: list[Difference] = []
    for one in list(gone):
        # Actions carry no id, so a removed and an added one of the same kind count as one that was changed.
        if other := next((each for each in come if each["do"] == one["do"]), None):
            gone.remove(one)
            come.remove(other)
            what = f"was {_describe_values(one)}, is now {_describe_values(other)}"
            lines.append(Difference(_action_title(one), what, "run"))
    lines += [Difference(_action_title(one), f"added: {_describe_values(one)}", "ok") for one in come]
    lines += [Difference(_action_title(one), f"removed: {_describe_values(one)}", "bad") for one in gone]
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


def _action_title(entry: Mapping[str, Any]) -> str:
    return ACTIONS[entry["do"]].title


def _describe_values(entry: Mapping[str, Any]) -> str:
    return describe.describe_values(entry) or "without values"
