"""The mapping editor's draft. It lives in the form alone: read from it, changed by one action, written back into it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from integration.mapping.transforms import TRANSFORMS, Option
from integration.mapping.versions import RowInput, RowProblem
from integration.models import Direction
from integration.models import Mapping as MappingRow

CYCLE = (Direction.TWO_WAY, Direction.GIST_TO_GHL, Direction.GHL_TO_GIST)
DEFAULT_ROWS: tuple[RowInput, ...] = (
    {"gist": "email", "ghl": "email"},
    {"gist": "name", "ghl": "name"},
    {"gist": "phone", "ghl": "phone", "steps": [{"name": "phone_e164"}]},
    {"gist": "tags", "ghl": "tags"},
)
"""What nearly every link maps; a new link begins with it."""
USUAL_STEPS: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("phone", "phone"): [{"name": "phone_e164"}],
    ("name", "firstName"): [{"name": "first_name"}],
    ("name", "lastName"): [{"name": "last_name"}],
}
"""Steps that a newly picked pair of fields begins with."""
MOST_ROWS = 300


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
    """All rows in their order; `chosen` is the `rid` of the row that is open beside the list, 0 for none."""

    rows: list[RowDraft]
    chosen: int = 0

    def row(self, rid: int) -> RowDraft | None:
        return next((row for row in self.rows if row.rid == rid), None)

    def inputs(self) -> list[RowInput]:
        return [row.as_input() for row in self.rows]

    def add(self, gist: str, ghl: str) -> RowDraft:
        steps = [dict(step) for step in USUAL_STEPS.get((gist, ghl), [])]
        row = RowDraft(max((row.rid for row in self.rows), default=0) + 1, gist, ghl, steps=steps)
        self.rows.append(row)
        return row


def draft_of(rows: Iterable[MappingRow]) -> Draft:
    """The draft that equals a saved version."""
    return Draft([
        RowDraft(number, row.gist_field, row.ghl_field, row.direction, row.owner, row.blank_overwrites, list(row.steps))
        for number, row in enumerate(rows, 1)
    ])  # fmt: skip


# From the form ------------------------------------------------------------------------------------------


def read_draft(form: QueryDict) -> Draft:
    """The draft as the form holds it, in the order in which its rows stand there."""
    rids = [number for rid in form.getlist("row")[:MOST_ROWS] if (number := _number(rid))]
    draft = Draft([_read_row(form, rid) for rid in dict.fromkeys(rids)], _number(form.get("chosen", "")))
    gist, ghl = form.get("new-gist", ""), form.get("new-ghl", "")
    if gist and ghl:
        draft.chosen = draft.add(gist, ghl).rid
    return draft


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


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
        return _folded_steps(form.get(f"steps-{rid}", ""))
    names = ((sid, form.get(f"step-name-{rid}-{sid}", "")) for sid in form.getlist(f"step-{rid}"))
    steps = [_read_step(form, f"{rid}-{sid}", name) for sid, name in names if name in TRANSFORMS]
    added = form.get("add-step", "")
    return [*steps, *([_new_step(added)] if added in TRANSFORMS else [])]


def _folded_steps(text: str) -> list[dict[str, Any]]:
    try:
        steps = json.loads(text)
    except ValueError:
        return []
    names = [step.get("name") if isinstance(step, dict) else None for step in steps] if isinstance(steps, list) else []
    return steps if names and all(isinstance(name, str) and name in TRANSFORMS for name in names) else []


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


def act(draft: Draft, action: str) -> None:
    """Carry out what a button of the form says: `verb:row` or `verb:row:step`. Unknown ones change nothing."""
    verb, *rest = action.split(":")
    numbers = [_number(part) for part in rest]
    row = draft.row(numbers[0]) if numbers else None
    if verb in ACTIONS and row:
        ACTIONS[verb](draft, row, *numbers[1:2])
    elif verb == "close":
        draft.chosen = 0


def _remove(draft: Draft, row: RowDraft, _: int = 0) -> None:
    draft.rows.remove(row)
    draft.chosen = 0 if draft.chosen == row.rid else draft.chosen


def _turn(draft: Draft, row: RowDraft, _: int = 0) -> None:
    row.direction = CYCLE[(CYCLE.index(Direction(row.direction)) + 1) % 3] if row.direction in CYCLE else CYCLE[0]


def _open(draft: Draft, row: RowDraft, _: int = 0) -> None:
    draft.chosen = row.rid


def _move(by: int) -> Any:
    def move(draft: Draft, row: RowDraft, _: int = 0) -> None:
        place = draft.rows.index(row)
        draft.rows.remove(row)
        draft.rows.insert(max(0, place + by), row)

    return move


def _drop_step(draft: Draft, row: RowDraft, index: int = 0) -> None:
    del row.steps[index : index + 1]


ACTIONS: Mapping[str, Any] = {
    "remove": _remove,
    "direction": _turn,
    "open": _open,
    "up": _move(-1),
    "down": _move(1),
    "step-remove": _drop_step,
}


# Differences --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One line of a comparison: which row, and what is so now and was not before. `tone` as of a status."""

    row: str
    what: str
    tone: str


def differences(before: Sequence[RowInput], after: Sequence[RowInput]) -> list[Difference]:
    """What changed between two versions, row by row; rows are the same when both their fields are."""
    old, new = {_pair(row): row for row in before}, {_pair(row): row for row in after}
    lines = [Difference(_name(pair), "added", "ok") for pair in new if pair not in old]
    lines += [Difference(_name(pair), "removed", "bad") for pair in old if pair not in new]
    for pair in (pair for pair in new if pair in old):
        lines += [Difference(_name(pair), what, "run") for what in _changed(old[pair], new[pair])]
    common = [pair for pair in old if pair in new]
    if common != [pair for pair in new if pair in old]:
        lines.append(Difference("All rows", "in another order", "idle"))
    return lines


def _pair(row: RowInput) -> tuple[str, str]:
    return row["gist"], row["ghl"]


def _name(pair: tuple[str, str]) -> str:
    return f"{pair[0]} and {pair[1]}"


def _changed(old: RowInput, new: RowInput) -> list[str]:
    said = []
    if old["direction"] != new["direction"]:
        said.append(f"direction {Direction(old['direction']).label}, now {Direction(new['direction']).label}")
    if old["owner"] != new["owner"]:
        said.append(f"owner {old['owner'] or 'by the link'}, now {new['owner'] or 'by the link'}")
    if old["blank_overwrites"] != new["blank_overwrites"]:
        said.append("a blank overwrites now" if new["blank_overwrites"] else "a blank overwrites no longer")
    if old["steps"] != new["steps"]:
        said.append(f"steps {_steps(old)}, now {_steps(new)}")
    return said


def _steps(row: RowInput) -> str:
    return ", ".join(TRANSFORMS[step["name"]].title for step in row["steps"]) or "none"


def problems_by_row(draft: Draft, problems: Sequence[RowProblem]) -> dict[int, list[str]]:
    """Sentences by `rid`."""
    found: dict[int, list[str]] = {}
    for problem in problems:
        found.setdefault(draft.rows[problem.index].rid, []).append(problem.message)
    return found
