"""What the workflow editor shows: each part of the draft with its choices, and what is wrong with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.text import capfirst

from dashboard.workflows.drafts import AS_WRITTEN, ActionDraft, ConditionDraft, Draft, TriggerDraft
from dashboard.workflows.fields import (
    READERS,
    ZONE,
    Options,
    Suggestion,
    known_fields_of,
    known_names,
    known_options,
    suggest_fields,
    suggest_moments,
)
from integration.conditions import OPERATORS
from integration.errors import SetupError
from integration.models import Link
from integration.records import CONSENT_FIELDS
from integration.workflows import describe
from integration.workflows.actions import ACTIONS, Action, Input
from integration.workflows.actions.pairs import pairs_text
from integration.workflows.triggers import TRIGGERS, Trigger

OWNER = ("{{ contact.owner }}", "The contact's owner")
GROUPS = (("Ready-made", ""), ("GHL", "ghl"), ("Gist", "gist"))
_PLACE = re.compile(r"^(triggers|conditions|actions)(?:\[(\d+)\])?(?:\.(\w+))?$")


@dataclass(frozen=True)
class Refusal:
    """Why a draft cannot be saved: the list, the `rid` of the part (0: the list itself) and the value it is about."""

    section: str
    rid: int
    name: str
    sentence: str

    def at(self, section: str, rid: int = 0) -> str:
        return self.sentence if (self.section, self.rid) == (section, rid) else ""


def refusal_of(draft: Draft, problem: SetupError) -> Refusal:
    """Where in the form the refused place stands; the part that is refused is opened."""
    found = _PLACE.match(problem.where)
    section, number, name = found.groups() if found else ("actions", None, None)
    rid = getattr(draft, section)[int(number)].rid if number else 0
    if section == "actions" and rid:
        draft.chosen = rid
    return Refusal(section, rid, name or "", capfirst(problem.problem))


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
    reads: str = ""
    """What is read once the page stands: a kind of choices, or "zone"."""

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

    def problem_of(self, section: str) -> str:
        return self.refusal.at(section) if self.refusal else ""

    @property
    def no_trigger(self) -> str:
        return self.problem_of("triggers")

    @property
    def no_action(self) -> str:
        return self.problem_of("actions")


def view_of(
    link: Link, draft: Draft, refusal: Refusal | None = None, read: Mapping[str, Options] | None = None
) -> EditorView:
    """`read` are choices by kind that were just read; the others stand as they are known."""
    keys = [one.on for one in draft.triggers]
    at = refusal.at if refusal else lambda section, rid=0: ""
    names = known_names(link)
    return EditorView(
        draft,
        [_trigger_view(one, at("triggers", one.rid)) for one in draft.triggers],
        [_condition_view(one, at("conditions", one.rid)) for one in draft.conditions],
        [_action_view(link, one, draft, names, keys, refusal, read or {}) for one in draft.actions],
        suggest_fields(link, keys),
        refusal,
    )


def _trigger_view(draft: TriggerDraft, problem: str) -> TriggerView:
    trigger = TRIGGERS.get(draft.on)
    questions = trigger.options.items() if trigger else ()
    return TriggerView(
        draft, trigger, [OptionView(name, text, draft.options.get(name, "")) for name, text in questions], problem
    )


def _condition_view(draft: ConditionDraft, problem: str) -> ConditionView:
    operator = OPERATORS.get(draft.op)
    return ConditionView(draft, operator is None or operator.takes_value, problem)


# Actions ------------------------------------------------------------------------------------------------


def _action_view(
    link: Link, draft: ActionDraft, whole: Draft, names: Mapping[str, str], keys: list[str], refusal: Refusal | None,
    read: Mapping[str, Options],
) -> ActionView:  # fmt: skip
    action = ACTIONS[draft.do]
    refused = refusal if refusal and refusal.at("actions", draft.rid) else None
    inputs = []
    # Only the open action shows its values: users and calendars of all of them would be many calls.
    if draft.rid == whole.chosen:
        inputs = [_input_view(link, draft, action, one, keys, refused, read) for one in action.inputs]
    # A problem that stands at its value is not said a second time above the action.
    is_shown = any(one.problem for one in inputs)
    problem = refused.sentence if refused and not is_shown else ""
    return ActionView(
        draft, action, describe.describe_values({"do": draft.do, "values": draft.values}, names), problem, inputs
    )


def _input_view(
    link: Link, draft: ActionDraft, action: Action, known: Input, keys: list[str], refusal: Refusal | None,
    read: Mapping[str, Options],
) -> InputView:  # fmt: skip
    value = draft.values.get(known.name, "")
    # The definition holds an object, the form holds its lines.
    if known.type == "pairs" and isinstance(value, dict):
        value = pairs_text(value)
    choices = _choices_for(link, action, known, keys, read)
    problem = refusal.sentence if refusal and refusal.name == known.name else ""
    place = f"{draft.rid}-{known.name}"
    reads = "" if choices.is_fresh else ZONE if known.type == "moment" else known.type
    return InputView(known, place, value, choices.options, problem, choices.problem, reads)


def _choices_for(link: Link, action: Action, known: Input, keys: list[str], read: Mapping[str, Options]) -> Options:
    if known.type in READERS:
        found = read.get(known.type) or known_options(link, known.type)
        return replace(found, options=[OWNER, *found.options]) if known.type == "user" else found
    if known.type == "moment":
        options = [("now", "Now"), *((one.name, one.label) for one in suggest_moments(link, keys))]
        return Options(options, is_fresh="timezone" in link.ghl.settings or "zone" in read)
    if known.type == "field":
        # A workflow may stop e-mails, though no mapping row writes these fields.
        consent = [key for keys in CONSENT_FIELDS.values() for key in keys]
        fields = known_fields_of(link, action.side).values()
        return Options([(one.key, one.label) for one in fields if one.writable or one.key in consent])
    return Options()


def action_groups() -> list[tuple[str, list[Action]]]:
    """Every action in three groups, as the list that one is added from."""
    ready = [one for one in ACTIONS.values() if one.kind != "operation"]
    plain = [one for one in ACTIONS.values() if one.kind == "operation"]
    groups = [(name, [one for one in plain if one.side == side] if side else ready) for name, side in GROUPS]
    return [(name, actions) for name, actions in groups if actions]
