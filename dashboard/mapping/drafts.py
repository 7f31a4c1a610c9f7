"""The draft as the mapping editor's form holds it: read from it, changed by one action, then kept on the server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboard.drafts import find_item, move_item, next_rid, read_rids, split_action
from dashboard.inputs import read_json_field, read_number, refuse_field
from integration.mapping.checks import RowProblem
from integration.mapping.rows import RowInput, pair_of, with_defaults
from integration.mapping.transforms import TRANSFORMS, Option
from integration.models import Direction, MappingDraft, WriteMode

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
LONGEST_PAGE_NAME = 32


@dataclass
class RowDraft:
    """One row as it stands in the form. `rid` names it there and nowhere else."""

    rid: int
    gist: str = ""
    ghl: str = ""
    direction: str = Direction.TWO_WAY.value
    owner: str = ""
    blank_overwrites: bool = False
    write_mode: str = WriteMode.OVERWRITE.value
    steps: list[dict[str, Any]] = field(default_factory=list)

    def as_input(self) -> RowInput:
        return RowInput(
            gist=self.gist,
            ghl=self.ghl,
            direction=self.direction,
            owner=self.owner,
            blank_overwrites=self.blank_overwrites,
            write_mode=self.write_mode,
            steps=self.steps,
        )


@dataclass
class Draft:
    """All rows in their order, and what the page shows of them.

    `read` is the number of the version that the rows were made from, `revision` that of the draft as the page knows it,
    `page` names the open page. `chosen` is the `rid` of the row that is open beside the list, 0 for none. Samples are
    of `person`, the place in the five that `others` picks.
    """

    rows: list[RowDraft]
    read: int = 0
    revision: int = 0
    page: str = ""
    chosen: int = 0
    person: int = 0
    others: int = 0

    def inputs(self) -> list[RowInput]:
        return [row.as_input() for row in self.rows]

    def add(self, gist: str, ghl: str, direction: str = Direction.TWO_WAY.value) -> RowDraft:
        steps = [dict(step) for step in USUAL_STEPS.get((gist, ghl), [])]
        row = RowDraft(next_rid(self.rows), gist, ghl, direction, steps=steps)
        self.rows.append(row)
        return row

    def take_rows(self, rows: Iterable[RowInput]) -> None:
        """Show `rows` in place of those of the form. A row that stood there keeps its number, and stays open."""
        numbers = {(row.gist, row.ghl): row.rid for row in self.rows}
        first_new = next_rid(self.rows)
        self.rows = [_row_draft(numbers.get(pair_of(row), first_new + place), row) for place, row in enumerate(rows)]

    def keys(self, side: str) -> set[str]:
        return {row.gist if side == "gist" else row.ghl for row in self.rows}


def _row_draft(rid: int, row: RowInput) -> RowDraft:
    facts = with_defaults(row)
    return RowDraft(
        rid, facts["gist"], facts["ghl"], facts["direction"], facts["owner"], facts["blank_overwrites"],
        facts["write_mode"], list(facts["steps"]),
    )  # fmt: skip


def draft_of(kept: MappingDraft, page: str) -> Draft:
    """The form's draft that equals the one kept on the server."""
    rows = [_row_draft(number, row) for number, row in enumerate(kept.rows, 1)]
    return Draft(rows, kept.read, kept.revision, page)


# From the form ------------------------------------------------------------------------------------------


def read_draft(form: QueryDict) -> Draft:
    """The draft as the form holds it, in the order in which its rows stand there."""
    rows = [_read_row(form, rid) for rid in read_rids(form, "row", MOST_ROWS)]
    numbers = {name: read_number(form.get(name, "")) for name in ("read", "revision", "chosen", "person", "others")}
    draft = Draft(rows, page=form.get("page", "")[:LONGEST_PAGE_NAME], **numbers)
    gist, ghl = form.get("new-gist", ""), form.get("new-ghl", "")
    if gist and ghl:
        draft.chosen = draft.add(gist, ghl).rid
    _connect(draft, form)
    return draft


def _connect(draft: Draft, form: QueryDict) -> None:
    """What was dragged or picked: a field onto a field makes a row, or gives the end of one another field."""
    gist, ghl = form.get("connect-gist", ""), form.get("connect-ghl", "")
    if not (gist and ghl):
        return
    row = find_item(draft.rows, read_number(form.get("connect-row", "")))
    if row is None:
        draft.add(gist, ghl)
    else:
        row.gist, row.ghl = gist, ghl


def _read_row(form: QueryDict, rid: int) -> RowDraft:
    return RowDraft(
        rid,
        gist=form.get(f"gist-{rid}", ""),
        ghl=form.get(f"ghl-{rid}", ""),
        direction=form.get(f"direction-{rid}", Direction.TWO_WAY.value),
        owner=form.get(f"owner-{rid}", ""),
        blank_overwrites=f"blank-{rid}" in form,
        write_mode=form.get(f"write-{rid}", WriteMode.OVERWRITE.value),
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
    if kind == "table":
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return isinstance(value, str)


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
    elif verb == "next-person":
        draft.person += 1
    elif verb == "other-people":
        draft.others, draft.person = draft.others + 1, 0


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


def problems_by_row(draft: Draft, problems: Sequence[RowProblem]) -> dict[int, list[str]]:
    """Sentences by `rid`."""
    found: dict[int, list[str]] = {}
    for problem in problems:
        found.setdefault(draft.rows[problem.index].rid, []).append(problem.message)
    return found
