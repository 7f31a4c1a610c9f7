"""The filters of a link as their form holds them: read from it, changed by a button, shown again with what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst

from dashboard.drafts import next_rid, read_rids, split_action
from dashboard.inputs import read_number
from dashboard.workflows.fields import known_fields_of
from integration.conditions import OPERATORS, Operator
from integration.errors import SetupError
from integration.mapping.filters import COMPARISONS, EVERYBODY, MOST_CONDITIONS, OPT_IN, check_filter, words_of_filter
from integration.models import Link, Provider
from integration.records import SIDES, Side

# What people are told apart by most often stands first in the list of fields.
FIRST = {"gist": [("tags", "Tag"), ("segments", "Segment")], "ghl": [("tags", "Tag")]}
CONSENT = (OPT_IN, "E-mail consent")
OPERATOR_CHOICES = [OPERATORS[key] for key in COMPARISONS]


@dataclass
class ConditionDraft:
    """`rid` names it in the form and nowhere else."""

    rid: int
    field: str = "tags"
    op: str = "is"
    value: str = ""
    problem: str = ""

    @property
    def is_consent(self) -> bool:
        """A condition without comparison and value: somebody has opted out or has not."""
        return self.field == OPT_IN

    @property
    def takes_value(self) -> bool:
        operator = OPERATORS.get(self.op)
        return not self.is_consent and (operator is None or operator.takes_value)


@dataclass
class FilterDraft:
    """The filter of one side. `fields` are the choices of its rows, `words` say whom the saved one takes."""

    side: Side
    conditions: list[ConditionDraft] = field(default_factory=list)
    match: str = "all"
    fields: list[tuple[str, str]] = field(default_factory=list)
    words: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        return Provider(self.side).label

    @property
    def operators(self) -> list[Operator]:
        return OPERATOR_CHOICES

    @property
    def is_saved(self) -> bool:
        """Whether the link has a filter for this side now."""
        return self.words != EVERYBODY

    @property
    def is_full(self) -> bool:
        return len(self.conditions) >= MOST_CONDITIONS

    @property
    def is_refused(self) -> bool:
        return bool(self.problem) or any(one.problem for one in self.conditions)

    def as_json(self) -> dict[str, Any]:
        """What `check_filter` takes."""
        conditions = [{"field": one.field, "op": one.op, "value": one.value} for one in self.conditions]
        return {"match": self.match, "conditions": conditions}


def drafts_of(link: Link) -> list[FilterDraft]:
    """The drafts that equal the saved filters, Gist's first."""
    return [_with_choices(link, _draft_of(side, getattr(link, f"{side}_filter"))) for side in SIDES]


def _draft_of(side: Side, saved: Mapping[str, Any] | None) -> FilterDraft:
    if not saved:
        return FilterDraft(side)
    conditions = [ConditionDraft(number, **one) for number, one in enumerate(saved["conditions"], 1)]
    return FilterDraft(side, conditions, saved["match"])


def _with_choices(link: Link, draft: FilterDraft) -> FilterDraft:
    first = FIRST[draft.side]
    named = {key for key, _ in first}
    known = [(one.key, one.label) for one in known_fields_of(link, draft.side).values() if one.key not in named]
    # A field that was not in the last list of fields keeps its condition all the same.
    listed = named | {key for key, _ in known} | {OPT_IN}
    unlisted = [(one.field, one.field) for one in draft.conditions if one.field not in listed]
    draft.fields = [*first, CONSENT, *sorted(known, key=lambda one: one[1].casefold()), *unlisted]
    draft.words = words_of_filter(draft.side, getattr(link, f"{draft.side}_filter"))
    return draft


# From the form -------------------------------------------------------------------------------------------


def read_drafts(link: Link, form: QueryDict) -> list[FilterDraft]:
    """The drafts as the form holds them, after what its button asks for."""
    drafts = {side: _read_draft(side, form) for side in SIDES}
    verb, about = split_action(form.get("do", ""))
    draft = drafts.get(about[0]) if about else None  # type: ignore[call-overload]
    if draft and verb == "add" and not draft.is_full:
        draft.conditions.append(ConditionDraft(next_rid(draft.conditions)))
    elif draft and verb == "remove" and len(about) > 1:
        gone = read_number(about[1])
        draft.conditions = [one for one in draft.conditions if one.rid != gone]
    return [_with_choices(link, draft) for draft in drafts.values()]


def _read_draft(side: Side, form: QueryDict) -> FilterDraft:
    conditions = [_read_condition(side, form, rid) for rid in read_rids(form, f"{side}-condition", MOST_CONDITIONS)]
    return FilterDraft(side, conditions, "any" if form.get(f"{side}-match") == "any" else "all")


def _read_condition(side: str, form: QueryDict, rid: int) -> ConditionDraft:
    field_, op, value = (form.get(f"{side}-{name}-{rid}", "").strip() for name in ("field", "op", "value"))
    return ConditionDraft(rid, field_, op or "is", value)


def check_drafts(drafts: list[FilterDraft]) -> dict[str, dict[str, Any] | None] | None:
    """The filters as the link keeps them, by side; None when one is refused, which the drafts then say where it is."""
    checked: dict[str, dict[str, Any] | None] = {}
    for draft in drafts:
        try:
            checked[draft.side] = check_filter(draft.side, draft.as_json())
        except SetupError as problem:
            _mark_refused(draft, problem)
    return checked if len(checked) == len(drafts) else None


def _mark_refused(draft: FilterDraft, problem: SetupError) -> None:
    place = re.search(r"conditions\[(\d+)\]", problem.where)
    marked: FilterDraft | ConditionDraft = draft.conditions[int(place[1])] if place else draft
    marked.problem = capfirst(problem.problem)
