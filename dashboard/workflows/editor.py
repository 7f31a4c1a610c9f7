"""What the workflow editor shows: each part of the draft with its choices, and what is wrong with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import capfirst

from dashboard.workflows.drafts import AS_WRITTEN, ActionDraft, ConditionDraft, Draft, TriggerDraft
from dashboard.workflows.fields import Pick, Suggestion, fields_of, known_names, moments, pick, suggestions
from integration.errors import SetupError
from integration.models import Link
from integration.workflows import words
from integration.workflows.actions import ACTIONS, Action, Input
from integration.workflows.conditions import OPERATORS
from integration.workflows.triggers import TRIGGERS, Trigger

OWNER = "{{ contact.owner }}"
GROUPS = (("Ready-made", ""), ("GHL", "ghl"), ("Gist", "gist"))
_PLACE = re.compile(r"^(triggers|conditions|actions)(?:\[(\d+)\])?(?:\.(\w+))?$")


@dataclass(frozen=True)
class Refusal:
    """Why a draft cannot be saved: the list, the `rid` of the part (0: the list itself) and the value it is about."""

    part: str
    rid: int
    name: str
    sentence: str

    def at(self, part: str, rid: int = 0) -> str:
        return self.sentence if (self.part, self.rid) == (part, rid) else ""


def refusal_of(draft: Draft, problem: SetupError) -> Refusal:
    """Where in the form the refused place stands; the part that is refused is opened."""
    found = _PLACE.match(problem.where)
    part, number, name = found.groups() if found else ("actions", None, None)
    rid = getattr(draft, part)[int(number)].rid if number else 0
    if part == "actions" and rid:
        draft.chosen = rid
    return Refusal(part, rid, name or "", capfirst(problem.problem))


@dataclass(frozen=True)
class OptionView:
    name: str
    question: str
    value: str


@dataclass(frozen=True)
class TriggerView:
    draft: TriggerDraft
    trigger: Trigger | None
    options: list[OptionView]
    problem: str = ""


@dataclass(frozen=True)
class ConditionView:
    draft: ConditionDraft
    takes_value: bool
    problem: str = ""


@dataclass(frozen=True)
class InputView:
    """One value of the open action. `place` names it in the form."""

    input: Input
    place: str
    value: Any
    options: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""
    trouble: str = ""
    """Why the choices could not be read."""

    @property
    def start(self) -> str:
        """What a moment is relative to, as its list of choices holds it."""
        if self.is_relative:
            return str(self.value.get("from", ""))
        return f"{AS_WRITTEN}{self.value}" if self.value else ""

    @property
    def is_relative(self) -> bool:
        """A draft need not be tidy: days and hours may be missing yet."""
        return isinstance(self.value, Mapping)

    @property
    def has_start(self) -> bool:
        return any(self.start == key for key, _ in self.options)

    @property
    def start_words(self) -> str:
        return self.start if self.is_relative else f"As written: {self.value}"

    @property
    def is_known(self) -> bool:
        return self.value in ("", None) or any(str(self.value) == key for key, _ in self.options)


@dataclass(frozen=True)
class ActionView:
    draft: ActionDraft
    action: Action
    summary: str
    problem: str
    inputs: list[InputView] = field(default_factory=list)

    @property
    def values_json(self) -> str:
        return json.dumps(self.draft.values)


@dataclass(frozen=True)
class EditorView:
    """The whole draft, ready to be shown."""

    draft: Draft
    triggers: list[TriggerView]
    conditions: list[ConditionView]
    actions: list[ActionView]
    suggestions: list[Suggestion]
    refusal: Refusal | None

    @property
    def sides(self) -> list[str]:
        """Sides that the actions write to."""
        return [side for side in ("gist", "ghl") if any(one.action.side == side for one in self.actions)]

    @property
    def has_moment(self) -> bool:
        return any(field.is_relative for one in self.actions for field in one.inputs)

    def problem_of(self, part: str) -> str:
        return self.refusal.at(part) if self.refusal else ""

    @property
    def no_trigger(self) -> str:
        return self.problem_of("triggers")

    @property
    def no_action(self) -> str:
        return self.problem_of("actions")


def view_of(link: Link, draft: Draft, refusal: Refusal | None = None) -> EditorView:
    keys = [one.on for one in draft.triggers]
    at = refusal.at if refusal else lambda part, rid=0: ""
    names = known_names(link)
    return EditorView(
        draft,
        [_trigger_view(one, at("triggers", one.rid)) for one in draft.triggers],
        [_condition_view(one, at("conditions", one.rid)) for one in draft.conditions],
        [_action_view(link, one, draft, names, keys, refusal) for one in draft.actions],
        suggestions(link, keys),
        refusal,
    )


def _trigger_view(draft: TriggerDraft, problem: str) -> TriggerView:
    trigger = TRIGGERS.get(draft.on)
    asked = trigger.options.items() if trigger else ()
    return TriggerView(
        draft, trigger, [OptionView(name, text, draft.options.get(name, "")) for name, text in asked], problem
    )


def _condition_view(draft: ConditionDraft, problem: str) -> ConditionView:
    operator = OPERATORS.get(draft.op)
    return ConditionView(draft, operator is None or operator.takes_value, problem)


# Actions ------------------------------------------------------------------------------------------------


def _action_view(
    link: Link, draft: ActionDraft, whole: Draft, names: Mapping[str, str], keys: list[str], refusal: Refusal | None
) -> ActionView:
    action = ACTIONS[draft.do]
    refused = refusal if refusal and refusal.at("actions", draft.rid) else None
    inputs = []
    if draft.rid == whole.chosen:
        inputs = [_input_view(link, draft, action, one, keys, refused) for one in action.inputs]
    told = any(one.problem for one in inputs)
    problem = refused.sentence if refused and not told else ""
    return ActionView(draft, action, words.values({"do": draft.do, "values": draft.values}, names), problem, inputs)


def _input_view(
    link: Link, draft: ActionDraft, action: Action, known: Input, keys: list[str], refusal: Refusal | None
) -> InputView:
    value = draft.values.get(known.name, "")
    if known.type == "long" and isinstance(value, dict):
        value = json.dumps(value, indent=2, ensure_ascii=False)
    choices = _choices(link, action, known, keys)
    problem = refusal.sentence if refusal and refusal.name == known.name else ""
    place = f"{draft.rid}-{known.name}"
    return InputView(known, place, value, choices.options, problem, choices.problem)


def _choices(link: Link, action: Action, known: Input, keys: list[str]) -> Pick:
    if known.type == "user":
        found = pick(link, "user")
        return Pick([(OWNER, "The contact's owner"), *found.options], found.problem)
    if known.type in ("calendar", "teammate"):
        return pick(link, known.type)
    if known.type == "moment":
        return Pick([("now", "Now"), *((one.name, one.label) for one in moments(link, keys))])
    if known.type == "field":
        return Pick([(one.key, one.label) for one in fields_of(link, action.side).values() if one.writable])
    return Pick()


def picker() -> list[tuple[str, list[Action]]]:
    """Every action in three groups, as the list that one is added from."""
    ready = [one for one in ACTIONS.values() if one.kind != "operation"]
    plain = [one for one in ACTIONS.values() if one.kind == "operation"]
    groups = [(name, [one for one in plain if one.side == side] if side else ready) for name, side in GROUPS]
    return [(name, actions) for name, actions in groups if actions]
