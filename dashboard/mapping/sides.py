"""The fields of both sides with real people for the samples, and which fields can be picked for which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from dashboard.mapping.drafts import Draft
from dashboard.mapping.samples import Samples, known_samples, read_samples
from integration.connections.fields import KEEP_MINUTES, fields_of, fields_read_at, known_fields
from integration.connections.samples import SamplePerson
from integration.mapping.checks import RowProblem, check_rows
from integration.mapping.drift import FieldDrift, find_drift, note_fields, note_time
from integration.mapping.transforms import Context
from integration.mapping.types import why_impossible
from integration.models import Link
from integration.moments import is_recent
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import CUSTOM as GIST_CUSTOM
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import Field, Value

Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Sides:
    """Fields of both sides as read last, with people for the samples.

    `read_at` is when the older list of fields was read, None when one never was; `is_fresh`: nothing has to be read.
    """

    link: Link
    gist: Fields
    ghl: Fields
    samples: Samples = field(default_factory=Samples)
    read_at: datetime | None = None
    is_fresh: bool = True

    def fields(self, side: str) -> Fields:
        return self.gist if side == "gist" else self.ghl

    def resolve(self, side: str, key: str) -> Field | None:
        return resolve_gist(key, self.gist) if side == "gist" else resolve_ghl(key, self.ghl)

    def name(self, side: str, key: str) -> str:
        """What a field is called on screen."""
        found = self.resolve(side, key)
        return found.label if found else key.rpartition(".")[2] or "nothing"

    def check(self, draft: Draft) -> list[RowProblem]:
        return check_rows(draft.inputs(), self.gist, self.ghl)

    def context(self, person: SamplePerson | None) -> Context:
        return Context(self.link.phone_country, self.link.zone, person.values("ghl") if person else {})


def known_sides(link: Link) -> Sides:
    """What was read last; nobody is asked."""
    times = [fields_read_at(connection) for connection in link.connections.values()]
    samples = known_samples(link)
    is_fresh = all(is_recent(one, KEEP_MINUTES) for one in times) and samples.is_fresh
    read_at = min(datetime.fromisoformat(one) for one in times if one) if all(times) else None
    return Sides(link, known_fields(link.gist), known_fields(link.ghl), samples, read_at, is_fresh)


def read_sides(link: Link) -> Sides:
    """Raises ProviderError when the fields cannot be read; samples are left out when only they cannot."""
    gist, ghl = (fields_of(link.connection(side), refresh=True) for side in ("gist", "ghl"))
    return Sides(link, gist, ghl, read_samples(link, gist, ghl), timezone.now())


@dataclass(frozen=True)
class Drift:
    """What changed about the fields since somebody agreed to them, and since when."""

    lines: tuple[FieldDrift, ...] = ()
    since: datetime | None = None

    @property
    def stopped(self) -> frozenset[str]:
        """Keys of GHL's fields whose rows have stopped."""
        return frozenset(one.key for one in self.lines if one.stops)


def drift_of(sides: Sides) -> Drift:
    if sides.read_at is None:
        return Drift()
    fields = {"gist": sides.gist, "ghl": sides.ghl}
    agreed = note_fields(sides.link, fields)
    lines = find_drift(agreed, fields)
    return Drift(tuple(lines), note_time(agreed, lines))


# Choices of fields --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """One option of a field list. `why` says why it cannot be picked, "" when it can."""

    key: str
    label: str
    why: str = ""


def field_choices(sides: Sides, side: str, other: Field | None = None) -> list[tuple[str, list[Choice]]]:
    """Fields of `side` in two groups; those that make no possible pair with `other` carry the reason."""
    groups: dict[str, list[Choice]] = {"Built in": [], "Custom": []}
    for found in sides.fields(side).values():
        group = "Custom" if found.custom_id or found.key.startswith(GIST_CUSTOM) else "Built in"
        groups[group].append(Choice(found.key, _choice_label(found), _why_not(side, found, other)))
    return [(name, group) for name, group in groups.items() if group]


def _choice_label(found: Field) -> str:
    return found.label if found.writable else f"{found.label} (read only)"


def _why_not(side: str, found: Field, other: Field | None) -> str:
    if other is None:
        return ""
    return why_impossible(found, other) if side == "gist" else why_impossible(other, found)


def sample_value(person: SamplePerson | None, side: str, found: Field | None) -> Value:
    return person.values(side).get(found.key) if person and found else None
