"""What the mapping editor shows: each row with its two fields, samples, possible partners and steps at work."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.mapping.differences import RULE_OF_LINK
from dashboard.mapping.drafts import Draft, RowDraft
from dashboard.mapping.free import kind_of
from dashboard.mapping.sides import Choice, Sides, field_choices, sample_value
from integration.connections.samples import SamplePerson
from integration.mapping.losses import losses_between
from integration.mapping.rules import fit_to_field
from integration.mapping.transforms import TRANSFORMS, Option, Transform, apply_steps
from integration.mapping.types import can_append, misfits
from integration.models import Direction, Owner, WriteMode
from integration.records import Field, Side, Value, is_blank
from integration.values import Unreadable, as_text

OWNERS = [("", RULE_OF_LINK), *Owner.choices]
# Values without a counterpart that are named in a row.
MOST_NAMED = 3


@dataclass(frozen=True)
class StepTrial:
    """A row at work on one person: `after` is what would be written, or `problem` the sentence why nothing is."""

    person: str
    before: Value
    after: Value
    problem: str = ""


@dataclass(frozen=True)
class Trials:
    """One way of a row, on five people."""

    side: str
    towards: str
    lines: list[StepTrial]


@dataclass(frozen=True)
class StepView:
    """One step with its transform and the values of its options. `table` lines end with an empty one to fill in."""

    transform: Transform
    options: list[tuple[Option, Any]]


@dataclass(frozen=True)
class RowView:
    """A row of the draft with everything the page shows of it."""

    draft: RowDraft
    gist: Field | None
    ghl: Field | None
    gist_choices: list[tuple[str, list[Choice]]]
    ghl_choices: list[tuple[str, list[Choice]]]
    gist_sample: Value
    ghl_sample: Value
    problems: list[str]
    has_stopped: bool = False
    """Its GHL field was changed over there, and nobody agreed to it yet."""
    unmatched: Mapping[str, int] = field(default_factory=dict)
    """Values of Gist that the GHL field does not offer, and how many of the people read have them."""
    people: int = 0

    @property
    def title(self) -> str:
        return self.gist.label if self.gist else self.draft.gist or "New row"

    @property
    def direction(self) -> str:
        return direction_of(self.draft.direction, self.gist, self.ghl)

    @property
    def can_turn(self) -> bool:
        return bool(self.gist and self.ghl and not misfits_of(self.draft, self.gist, self.ghl))

    @property
    def is_possible(self) -> bool:
        return not (self.gist and self.ghl) or len(misfits_of(self.draft, self.gist, self.ghl)) < 2

    @property
    def source(self) -> str:
        """The side a one-way row comes from; "" when both write."""
        return {"gist_to_ghl": "Gist", "ghl_to_gist": "GHL"}.get(self.direction, "")

    @property
    def notes(self) -> list[str]:
        found = ((name, f) for name, f in (("Gist", self.gist), ("GHL", self.ghl)) if f and f.note)
        notes = [f"{name}, {f.label}: {f.note}" for name, f in found if f.create_only or not f.writable]
        return [*notes, *self._losses()]

    def _losses(self) -> list[str]:
        """What the row's values lose on the ways that it goes."""
        towards = {"gist_to_ghl": ["ghl"], "ghl_to_gist": ["gist"]}.get(self.direction, ["gist", "ghl"])
        return losses_between(self.gist, self.ghl, towards) if self.gist and self.ghl else []

    @property
    def modes(self) -> list[tuple[str, str]]:
        """How the row may write; adding needs fields that can hold more than they do."""
        targets = [one for one in (self.gist, self.ghl) if one and one.writable]
        takes_more = bool(targets) and all(map(can_append, targets))
        return [(value, label) for value, label in WriteMode.choices if takes_more or value != WriteMode.APPEND]

    @property
    def mode_words(self) -> str:
        """What the row says of how it writes; "" where it writes whenever something changes."""
        mode = self.draft.write_mode
        return str(dict(WriteMode.choices).get(mode, "")) if mode != WriteMode.OVERWRITE else ""

    @property
    def unmatched_words(self) -> str:
        named = ", ".join(f"“{value}”" for value in list(self.unmatched)[:MOST_NAMED])
        more = f" and {len(self.unmatched) - MOST_NAMED} more" if len(self.unmatched) > MOST_NAMED else ""
        number = sum(self.unmatched.values())
        is_one = len(self.unmatched) == 1
        return (
            f"{named}{more} {'is' if is_one else 'are'} not among GHL's choices: {number:,} of {self.people:,} people "
            "read would be left out. Add the option to GHL, or give it a value in a table."
        )

    @property
    def kinds(self) -> Mapping[str, str]:
        return {side: kind_of(one) for side, one in (("gist", self.gist), ("ghl", self.ghl)) if one}

    @property
    def steps_json(self) -> str:
        return json.dumps(self.draft.steps)

    @property
    def via(self) -> str:
        steps = [TRANSFORMS[step["name"]].title for step in self.draft.steps]
        return steps[0] if len(steps) == 1 else f"{len(steps)} steps" if steps else ""

    @property
    def steps(self) -> list[StepView]:
        return [_step_view(step) for step in self.draft.steps]


def misfits_of(row: RowDraft, gist: Field, ghl: Field) -> dict[str, str]:
    """As `types.misfits`; what steps make of a value shows on real ones only."""
    if not row.steps:
        return misfits(gist, ghl)
    return {side: "read only" for side, one in (("gist", gist), ("ghl", ghl)) if not one.writable}


def direction_of(wanted: str, gist: Field | None, ghl: Field | None) -> str:
    """The direction in effect: values never flow into a read-only field. Between two of them nothing flows."""
    if gist and ghl and not (gist.writable or ghl.writable):
        return wanted if wanted in Direction.values else Direction.TWO_WAY.value
    if gist and not gist.writable:
        return Direction.GIST_TO_GHL.value
    if ghl and not ghl.writable:
        return Direction.GHL_TO_GIST.value
    return wanted if wanted in Direction.values else Direction.TWO_WAY.value


def set_directions(draft: Draft, sides: Sides) -> None:
    """Put directions right in the draft itself, so that what is kept is what is shown."""
    for row in draft.rows:
        row.direction = direction_of(row.direction, sides.resolve("gist", row.gist), sides.resolve("ghl", row.ghl))


def narrow_direction(row: RowDraft, sides: Sides) -> None:
    """A new row goes the one way in which its fields fit, where there is only one."""
    gist, ghl = sides.resolve("gist", row.gist), sides.resolve("ghl", row.ghl)
    refused = list(misfits_of(row, gist, ghl)) if gist and ghl else []
    if len(refused) == 1:
        row.direction = Direction.GHL_TO_GIST.value if refused[0] == "ghl" else Direction.GIST_TO_GHL.value


def _step_view(step: Mapping[str, Any]) -> StepView:
    transform = TRANSFORMS[step["name"]]
    return StepView(transform, [(option, _option_value(option, step)) for option in transform.options])


def _option_value(option: Option, step: Mapping[str, Any]) -> Any:
    value = step.get(option.name, option.default)
    if option.kind != "table":
        return value
    return [*(value.items() if isinstance(value, dict) else ()), ("", "")]


def row_views(
    draft: Draft, sides: Sides, problems: Mapping[int, list[str]], stopped: frozenset[str], person: SamplePerson | None
) -> list[RowView]:
    return [_row_view(row, sides, problems.get(row.rid, []), stopped, person) for row in draft.rows]


def _row_view(
    row: RowDraft, sides: Sides, problems: Sequence[str], stopped: frozenset[str], person: SamplePerson | None
) -> RowView:
    gist, ghl = sides.resolve("gist", row.gist), sides.resolve("ghl", row.ghl)
    return RowView(
        row,
        gist,
        ghl,
        field_choices(sides, "gist", ghl),
        field_choices(sides, "ghl", gist),
        sample_value(person, "gist", gist),
        sample_value(person, "ghl", ghl),
        list(problems),
        has_stopped=(ghl.key if ghl else row.ghl) in stopped,
        unmatched=find_unmatched(row, sides, gist, ghl),
        people=len(sides.samples.people),
    )


# At work on real people ---------------------------------------------------------------------------------


def find_unmatched(row: RowDraft, sides: Sides, gist: Field | None, ghl: Field | None) -> dict[str, int]:
    """Values of Gist for which the GHL field has no option, and how many people have each, the commonest first."""
    if not (gist and ghl) or not ghl.options or ghl.takes_others or row.direction == Direction.GHL_TO_GIST:
        return {}
    found: Counter[str] = Counter()
    for person in sides.samples.people:
        before = person.values("gist").get(gist.key)
        for value in before if isinstance(before, list) else [before]:
            if not is_blank(value) and _is_unmatched(row, sides, ghl, value, person):
                found[as_text(value)] += 1
    return dict(found.most_common())


def _is_unmatched(row: RowDraft, sides: Sides, ghl: Field, value: Value, person: SamplePerson) -> bool:
    try:
        _convert(row, sides, "ghl", ghl, value, person)
    except Unreadable as problem:
        return problem.reason == "not_offered"
    except KeyError:
        return False
    return False


def _convert(row: RowDraft, sides: Sides, side: Side, target: Field, value: Value, person: SamplePerson) -> Value:
    context = sides.context(person)
    changed = apply_steps(value, [*row.steps], backward=side == "gist", context=context)
    return fit_to_field(side, target, changed, context)


def try_steps(view: RowView, sides: Sides, people: Sequence[SamplePerson]) -> list[Trials]:
    """Before and after on real people, for each way the row goes."""
    ways: list[Trials] = []
    if view.gist and view.ghl and view.direction != Direction.GHL_TO_GIST:
        ways.append(Trials("Gist", "GHL", [_try(view.draft, sides, "ghl", view.gist, view.ghl, one) for one in people]))
    if view.gist and view.ghl and view.direction != Direction.GIST_TO_GHL:
        ways.append(
            Trials("GHL", "Gist", [_try(view.draft, sides, "gist", view.ghl, view.gist, one) for one in people])
        )
    return ways


def _try(row: RowDraft, sides: Sides, to: Side, source: Field, target: Field, person: SamplePerson) -> StepTrial:
    before = person.values("gist" if to == "ghl" else "ghl").get(source.key)
    try:
        after = _convert(row, sides, to, target, before, person)
    except (Unreadable, KeyError) as problem:
        return StepTrial(person.label, before, None, str(problem))
    return StepTrial(person.label, before, after)


def add_missing_values(row: RowDraft, sides: Sides) -> None:
    """Give the values without a counterpart a line each in the row's value table, which is made where there is none."""
    gist, ghl = sides.resolve("gist", row.gist), sides.resolve("ghl", row.ghl)
    missing = find_unmatched(row, sides, gist, ghl)
    table = next((step for step in row.steps if step["name"] == "table"), None)
    if table is None:
        table = {"name": "table", **{one.name: one.default for one in TRANSFORMS["table"].options}}
        row.steps.append(table)
    table["table"] = {**table["table"], **{value: "" for value in missing if value not in table["table"]}}
