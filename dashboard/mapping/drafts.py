"""The mapping editor's draft. It lives in the form alone: read from it, changed by one action, written back into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboard.drafts import Difference, find_item, move_item, next_rid, read_rids, split_action
from dashboard.inputs import read_json_field, read_number, refuse_field
from integration.mapping.transforms import TRANSFORMS, Option
from integration.mapping.versions import RowInput, RowProblem
from integration.models import Direction, MappingVersion, Owner

CYCLE = (Direction.TWO_WAY, Direction.GIST_TO_GHL, Direction.GHL_TO_GIST)
# What nearly every link maps; a new link begins with it.
DEFAULT_ROWS: tuple[RowInput, ...] = (
    {"gist": "email", "ghl": "email"},
    {"gist": "name", "ghl": "name"},
    {"gist": "phone", "ghl": "phone", "steps": [{"name": "phone_e164"}]},
    {"gist": "tags", "ghl": "tags"},
)
# Steps that a newly picked pair of fields begins with.
USUAL_STEPS: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("phone", "phone"): [{"name": "phone_e164"}],
    ("name", "firstName"): [{"name": "first_name"}],
    ("name", "lastName"): [{"name": "last_name"}],
}
MOST_ROWS = 300
RULE_OF_LINK = "Link's rule"


@dataclass
class RowDraft:
    """One row as it stands in the form. `rid` names it there and nowhere else."""

    rid: int
    gist: str = ""
    ghl: str = ""
    direction: str = Direction.TWO_WAY.value
    owner: str = ""
    blank_overwrites: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)

    def as_input(self) -> RowInput:
        return RowInput(
            gist=self.gist,
            ghl=self.ghl,
            direction=self.direction,
            owner=self.owner,
            blank_overwrites=self.blank_overwrites,
            steps=self.steps,
        )


@dataclass
class Draft:
    """All rows in their order; `chosen` is the `rid` of the row that is open beside the list, 0 for none.

    `read` is the number of the version that it was made from, 0 for none.
    """

    rows: list[RowDraft]
    chosen: int = 0
    read: int = 0

    def inputs(self) -> list[RowInput]:
        return [row.as_input() for row in self.rows]

    def add(self, gist: str, ghl: str) -> RowDraft:
        steps = [dict(step) for step in USUAL_STEPS.get((gist, ghl), [])]
        row = RowDraft(next_rid(self.rows), gist, ghl, steps=steps)
        self.rows.append(row)
        return row


def draft_of(version: MappingVersion | None) -> Draft:
    """The draft that equals a saved version; an empty one where nothing was saved yet."""
    rows = [
        RowDraft(number, row.gist_field, row.ghl_field, row.direction, row.owner, row.blank_overwrites, list(row.steps))
        for number, row in enumerate(version.rows.all() if version else (), 1)
    ]
    return Draft(rows, read=version.number if version else 0)


# From the form ------------------------------------------------------------------------------------------


def read_draft(form: QueryDict) -> Draft:
    """The draft as the form holds it, in the order in which its rows stand there."""
    rows = [_read_row(form, rid) for rid in read_rids(form, "row", MOST_ROWS)]
    draft = Draft(rows, read_number(form.get("chosen", "")), read_number(form.get("read", "")))
    gist, ghl = form.get("new-gist", ""), form.get("new-ghl", "")
    if gist and ghl:
        draft.chosen = draft.add(gist, ghl).rid
    return draft


def _read_row(form: QueryDict, rid: int) -> RowDraft:
    return RowDraft(
        rid,
        gist=form.get(f"gist-{rid}", ""),
        ghl=form.get(f"ghl-{rid}", ""),
        direction=form.get(f"direction-{rid}", Direction.TWO_WAY.value),
        owner=form.get(f"owner-{rid}", ""),
        blank_overwrites=f"blank-{rid}" in form,
        steps=_read_steps(form, rid),
    )


def _read_steps(form: QueryDict, rid: int) -> list[dict[str, Any]]:
    """Steps of the open row stand in single fields, those of the others in one hidden field."""
    if f"steps-{rid}" in form:
        return _folded_steps(form.get(f"steps-{rid}", ""), f"steps-{rid}")
    names = ((sid, form.get(f"step-name-{rid}-{sid}", "")) for sid in form.getlist(f"step-{rid}"))
    steps = [_read_step(form, f"{rid}-{sid}", name) for sid, name in names if name in TRANSFORMS]
    added = form.get("add-step", "")
    return [*steps, *([_new_step(added)] if added in TRANSFORMS else [])]


def _folded_steps(text: str, name: str) -> list[dict[str, Any]]:
    steps = read_json_field(text, name) if text else []
    if not isinstance(steps, list) or not all(map(_is_step, steps)):
        raise refuse_field(name, "is no list of steps")
    return steps


def _is_step(step: Any) -> bool:
    """Whether the editor can show the step; whether its options make sense is checked on saving."""
    if not isinstance(step, dict) or not isinstance(step.get("name"), str) or step["name"] not in TRANSFORMS:
        return False
    kinds = {option.name: option.kind for option in TRANSFORMS[step["name"]].options}
    return all(_could_be_typed(kinds.get(name, "text"), value) for name, value in step.items())


def _could_be_typed(kind: str, value: Any) -> bool:
    texts = value.values() if kind == "table" and isinstance(value, dict) else [value]
    return all(isinstance(text, str) for text in texts)


def _read_step(form: QueryDict, place: str, name: str) -> dict[str, Any]:
    options = TRANSFORMS[name].options
    return {"name": name, **{option.name: _read_option(form, f"{place}-{option.name}", option) for option in options}}


def _read_option(form: QueryDict, place: str, option: Option) -> Any:
    if option.kind != "table":
        return form.get(f"option-{place}", option.default)
    lines = zip(form.getlist(f"left-{place}"), form.getlist(f"right-{place}"), strict=False)
    return {left.strip(): right.strip() for left, right in lines if left.strip()}


def _new_step(name: str) -> dict[str, Any]:
    return {"name": name, **{option.name: option.default for option in TRANSFORMS[name].options}}


# Actions ------------------------------------------------------------------------------------------------


def apply_action(draft: Draft, action: str) -> None:
    """Carry out what a button of the form says: `verb:row` or `verb:row:step`. Unknown ones change nothing."""
    verb, about = split_action(action)
    numbers = [read_number(text) for text in about]
    row = find_item(draft.rows, numbers[0]) if numbers else None
    if verb in ACTIONS and row:
        ACTIONS[verb](draft, row, *numbers[1:2])
    elif verb == "close":
        draft.chosen = 0


def _remove_row(draft: Draft, row: RowDraft, _: int = 0) -> None:
    draft.rows.remove(row)
    draft.chosen = 0 if draft.chosen == row.rid else draft.chosen


def _turn_direction(draft: Draft, row: RowDraft, _: int = 0) -> None:
    # A form can hold any text as the direction.
    row.direction = CYCLE[(CYCLE.index(Direction(row.direction)) + 1) % 3] if row.direction in CYCLE else CYCLE[0]


def _open_row(draft: Draft, row: RowDraft, _: int = 0) -> None:
    draft.chosen = row.rid


def _move_row(by: int) -> Any:
    def move(draft: Draft, row: RowDraft, _: int = 0) -> None:
        move_item(draft.rows, row, by)

    return move


def _drop_step(draft: Draft, row: RowDraft, index: int = 0) -> None:
    del row.steps[index : index + 1]


ACTIONS: Mapping[str, Any] = {
    "remove": _remove_row,
    "direction": _turn_direction,
    "open": _open_row,
    "up": _move_row(-1),
    "down": _move_row(1),
    "step-remove": _drop_step,
}


# Differences --------------------------------------------------------------------------------------------


def compare_versions(before: Sequence[RowInput], after: Sequence[RowInput]) -> list[Difference]:
    """What changed between two versions, row by row; rows are the same when both their fields are."""
    old, new = {_pair_of(row): row for row in before}, {_pair_of(row): row for row in after}
    lines = [Difference(_pair_in_words(pair), "added", "ok") for pair in new if pair not in old]
    lines += [Difference(_pair_in_words(pair), "removed", "bad") for pair in old if pair not in new]
    for pair in (pair for pair in new if pair in old):
        lines += [Difference(_pair_in_words(pair), what, "run") for what in _describe_changes(old[pair], new[pair])]
    # Only rows of both versions can be in another order: an added one moves all below it without changing anything.
    common = [pair for pair in old if pair in new]
    if common != [pair for pair in new if pair in old]:
        lines.append(Difference("All rows", "in another order", "idle"))
    return lines


def _pair_of(row: RowInput) -> tuple[str, str]:
    return row["gist"], row["ghl"]


def _pair_in_words(pair: tuple[str, str]) -> str:
    return f"{pair[0]} and {pair[1]}"


def _owner_in_words(row: RowInput) -> str:
    """As the editor has it in its list of owners."""
    return str(dict(Owner.choices).get(row["owner"], row["owner"])) if row["owner"] else RULE_OF_LINK


def _describe_changes(old: RowInput, new: RowInput) -> list[str]:
    changes = []
    if old["direction"] != new["direction"]:
        changes.append(f"direction {Direction(old['direction']).label}, now {Direction(new['direction']).label}")
    if old["owner"] != new["owner"]:
        changes.append(f"owner {_owner_in_words(old)}, now {_owner_in_words(new)}")
    if old["blank_overwrites"] != new["blank_overwrites"]:
        changes.append("a blank overwrites now" if new["blank_overwrites"] else "a blank overwrites no longer")
    if old["steps"] != new["steps"]:
        changes.append(f"steps {_step_titles(old)}, now {_step_titles(new)}")
    return changes


def _step_titles(row: RowInput) -> str:
    return ", ".join(TRANSFORMS[step["name"]].title for step in row["steps"]) or "none"


def problems_by_row(draft: Draft, problems: Sequence[RowProblem]) -> dict[int, list[str]]:
    """Sentences by `rid`."""
    found: dict[int, list[str]] = {}
    for problem in problems:
        found.setdefault(draft.rows[problem.index].rid, []).append(problem.message)
    return found
