"""What the mapping editor shows: each row with its two fields, samples, possible partners and steps at work."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from dashboard.mapping.drafts import RULE_OF_LINK, Draft, RowDraft
from integration.connections.fields import KEEP_MINUTES, fields_of, fields_read_at, known_fields
from integration.connections.samples import sample_of
from integration.connections.session import contacts_of, exchange_for
from integration.errors import ProviderError
from integration.mapping.losses import losses_between
from integration.mapping.transforms import TRANSFORMS, Context, Option, Transform, apply_steps
from integration.mapping.versions import RowProblem, check_rows
from integration.models import Connection, Direction, Link, Owner
from integration.moments import is_recent
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import Contact, Field, Value
from integration.values import Unreadable

Fields = Mapping[str, Field]
# Seconds after which samples are read anew, and for which they are shown meanwhile.
SAMPLE_SECONDS, SAMPLE_KEPT_SECONDS = 300, 24 * 3600
OWNERS = [("", RULE_OF_LINK), *Owner.choices]


@dataclass(frozen=True)
class Sides:
    """Fields of both sides as read last, with one real contact of each for the samples (None: none to be had).

    `read_at` is when the older list of fields was read, None when one never was; `is_fresh`: nothing has to be read.
    """

    gist: Fields
    ghl: Fields
    gist_sample: Contact | None = None
    ghl_sample: Contact | None = None
    read_at: datetime | None = None
    is_fresh: bool = True

    def resolve(self, side: str, key: str) -> Field | None:
        return resolve_gist(key, self.gist) if side == "gist" else resolve_ghl(key, self.ghl)

    def sample(self, side: str, found: Field | None) -> Value:
        contact = self.gist_sample if side == "gist" else self.ghl_sample
        return contact.values.get(found.key) if contact and found else None

    def check(self, draft: Draft) -> list[RowProblem]:
        return check_rows(draft.inputs(), self.gist, self.ghl)


Samples = tuple[Contact | None, Contact | None]
NO_SAMPLES: Samples = (None, None)


def known_sides(link: Link) -> Sides:
    """What was read last; nobody is asked."""
    times = [fields_read_at(connection) for connection in link.connections.values()]
    sampled_at, kept = cache.get(_samples_key(link)) or (0.0, (None, None))
    samples = [Contact(**one) if one else None for one in kept]
    is_fresh = all(is_recent(one, KEEP_MINUTES) for one in times) and time.time() - sampled_at < SAMPLE_SECONDS
    read_at = min(datetime.fromisoformat(one) for one in times if one) if all(times) else None
    return Sides(known_fields(link.gist), known_fields(link.ghl), samples[0], samples[1], read_at, is_fresh)


def read_sides(link: Link) -> Sides:
    """Raises ProviderError when the fields cannot be read; samples are left out when only they cannot."""
    fields = {side: fields_of(link.connection(side), refresh=True) for side in ("gist", "ghl")}
    gist_sample, ghl_sample = _read_samples(link)
    return Sides(fields["gist"], fields["ghl"], gist_sample, ghl_sample, timezone.now())


def _read_samples(link: Link) -> Samples:
    """One contact of each side, the same person where there is one; kept for a while, so that a click costs no call."""
    try:
        gist = sample_of(link.gist)
        # The same person on both sides shows at a glance whether two fields mean the same thing.
        samples = (gist, _same_person(link.ghl, gist) or sample_of(link.ghl))
    except ProviderError:
        # Kept too, in place of what was shown before: a page that reads each time it is looked at would never rest.
        samples = NO_SAMPLES
    kept = [{"side": one.side, "id": one.id, "values": one.values} if one else None for one in samples]
    cache.set(_samples_key(link), (time.time(), kept), SAMPLE_KEPT_SECONDS)
    return samples


def _samples_key(link: Link) -> str:
    return f"mapping-sample:{link.pk}"


def _same_person(connection: Connection, contact: Contact | None) -> Contact | None:
    if contact is None or not contact.email:
        return None
    with exchange_for(connection) as exchange:
        found = exchange.carry_out(contacts_of(connection).find(email=contact.email))
    return found[0] if found else None


# Choices of fields --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """One option of a field list. `why` says why it cannot be picked, "" when it can."""

    key: str
    label: str
    why: str = ""


def field_choices(sides: Sides, side: str, other: Field | None = None) -> list[tuple[str, list[Choice]]]:
    """Fields of `side` in two groups; those that make no possible pair with `other` carry the reason."""
    fields = sides.gist if side == "gist" else sides.ghl
    groups: dict[str, list[Choice]] = {"Built in": [], "Custom": []}
    for found in fields.values():
        group = "Custom" if found.custom_id or found.key.startswith(GIST_CUSTOM) else "Built in"
        groups[group].append(Choice(found.key, _choice_label(found), _why_impossible(sides, side, found, other)))
    return [(name, group) for name, group in groups.items() if group]


def _choice_label(found: Field) -> str:
    return found.label if found.writable else f"{found.label} (read only)"


def _why_impossible(sides: Sides, side: str, found: Field, other: Field | None) -> str:
    """Only two read-only ends make an impossible pair; what can be written is not looked at further."""
    if other is None or other.writable or found.writable:
        return ""
    pair = (found, other) if side == "gist" else (other, found)
    problems = check_rows([{"gist": pair[0].key, "ghl": pair[1].key}], sides.gist, sides.ghl)
    return problems[0].message if problems else ""


# Rows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepTrial:
    """A step chain at work on the sample: `after`, or the sentence why there is none."""

    side: str
    towards: str
    before: Value
    after: Value
    problem: str = ""


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

    @property
    def title(self) -> str:
        return self.gist.label if self.gist else self.draft.gist or "New row"

    @property
    def direction(self) -> str:
        return direction_of(self.draft.direction, self.gist, self.ghl)

    @property
    def can_turn(self) -> bool:
        return bool(self.gist and self.ghl and self.gist.writable and self.ghl.writable)

    @property
    def is_possible(self) -> bool:
        return not (self.gist and self.ghl) or self.gist.writable or self.ghl.writable

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
    def steps_json(self) -> str:
        return json.dumps(self.draft.steps)

    @property
    def via(self) -> str:
        steps = [TRANSFORMS[step["name"]].title for step in self.draft.steps]
        return steps[0] if len(steps) == 1 else f"{len(steps)} steps" if steps else ""

    @property
    def steps(self) -> list[StepView]:
        return [_step_view(step) for step in self.draft.steps]


def direction_of(wanted: str, gist: Field | None, ghl: Field | None) -> str:
    """The direction in effect: values never flow into a read-only field. Between two of them nothing flows."""
    if gist and ghl and not (gist.writable or ghl.writable):
        return wanted
    if gist and not gist.writable:
        return Direction.GIST_TO_GHL.value
    if ghl and not ghl.writable:
        return Direction.GHL_TO_GIST.value
    return wanted if wanted in Direction.values else Direction.TWO_WAY.value


def _step_view(step: Mapping[str, Any]) -> StepView:
    transform = TRANSFORMS[step["name"]]
    return StepView(transform, [(option, _option_value(option, step)) for option in transform.options])


def _option_value(option: Option, step: Mapping[str, Any]) -> Any:
    value = step.get(option.name, option.default)
    if option.kind != "table":
        return value
    return [*(value.items() if isinstance(value, dict) else ()), ("", "")]


def row_views(draft: Draft, sides: Sides, problems: Mapping[int, list[str]]) -> list[RowView]:
    return [_row_view(row, sides, problems.get(row.rid, [])) for row in draft.rows]


def _row_view(row: RowDraft, sides: Sides, problems: Sequence[str]) -> RowView:
    gist, ghl = sides.resolve("gist", row.gist), sides.resolve("ghl", row.ghl)
    # Put right in the draft itself, so that the version which is saved is the one that is shown.
    row.direction = direction_of(row.direction, gist, ghl)
    return RowView(
        row,
        gist,
        ghl,
        field_choices(sides, "gist", ghl),
        field_choices(sides, "ghl", gist),
        sides.sample("gist", gist),
        sides.sample("ghl", ghl),
        list(problems),
    )


def try_steps(view: RowView, context: Context) -> list[StepTrial]:
    """Before and after on the sample, for each way the row goes."""
    ways = []
    if view.direction != Direction.GHL_TO_GIST:
        ways.append(_try_one_way(view.draft, "Gist", "GHL", view.gist_sample, context))
    if view.direction != Direction.GIST_TO_GHL:
        ways.append(_try_one_way(view.draft, "GHL", "Gist", view.ghl_sample, context))
    return ways


def _try_one_way(row: RowDraft, side: str, towards: str, before: Value, context: Context) -> StepTrial:
    try:
        after = apply_steps(before, [*row.steps], backward=towards == "Gist", context=context)
    except (Unreadable, KeyError) as problem:
        return StepTrial(side, towards, before, None, str(problem))
    return StepTrial(side, towards, before, after)
