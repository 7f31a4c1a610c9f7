"""The group of the mapping editor for what is carried to Gist: a switch for each property, with somebody's values."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from dashboard.drafts import Difference
from dashboard.mapping.sides import Sides
from integration.mapping.carried import NAMES, PROPERTIES, Property, carried_names, in_order
from integration.mapping.versions import current_version
from integration.models import Link, MappingVersion, Pair
from integration.moments import moment_text
from integration.records import CARRIED_LABELS, Value, Values, is_blank
from integration.related.gist_properties import PREFIX, carried_values
from integration.related.store import by_contact

TYPES = {"task": "tasks", "note": "notes", "appointment": "appointments", "": "address"}
NOTES = {
    "ghl_last_task_done": "GHL does not say when a task was completed: the last one of its list counts.",
    "ghl_last_note": "Gist keeps 255 characters: longer notes are cut with “…”, and stand whole on the contact page.",
    "ghl_next_appointment_at": "Gist keeps a moment in whole seconds. Quick runs leave appointments to webhooks.",
    "gistline_url": "Written with the first of the others that Gist shows of somebody, for it never changes.",
}


@dataclass(frozen=True)
class CarriedRow:
    """`in_ghl` is what should be shown of the sample person, `in_gist` what is; both None where it is not known."""

    shows: Property
    is_on: bool
    in_gist: Value = None
    in_ghl: Value = None

    @property
    def type(self) -> str:
        return TYPES[self.shows.kind]

    @property
    def explanation(self) -> str:
        return NOTES.get(self.shows.name, "")


@dataclass(frozen=True)
class CarriedGroup:
    """`by_workflows`: the link was made before there were switches, and its workflows alone carry."""

    rows: list[CarriedRow]
    by_workflows: bool


def carried_group(link: Link, sides: Sides) -> CarriedGroup:
    """The switches as they stand, with what was known last of the editor's sample person; nobody is asked."""
    names = carried_names(link) if current_version(link) else list(NAMES)
    sample = next((one.gist for one in sides.samples.five(0) if one.gist), None)
    held = sample.values if sample else {}
    known = _known_values(link, sample.id) if sample else {}
    rows = [
        CarriedRow(one, one.name in (names or ()), _shown(one.name, held.get(PREFIX + one.name)), known.get(one.name))
        for one in PROPERTIES
    ]
    return CarriedGroup(rows, names is None)


def _known_values(link: Link, gist_id: str) -> Values:
    pair = Pair.objects.filter(link=link, kind="contact", gist_id=gist_id, state__in=Pair.TOGETHER).first()
    return carried_values(link, gist_id, by_contact(link, [pair.ghl_id]).get(pair.ghl_id, {})) if pair else {}


def _shown(name: str, value: Value) -> Value:
    """Gist keeps moments as seconds (docs/gist-api.md#dates)."""
    return moment_text(value) or value if name.endswith("_at") and not is_blank(value) else value


def read_switches(form: QueryDict) -> list[str]:
    """The properties that are switched on in the form."""
    return in_order(form.getlist("carried"))


def compare_carried(before: MappingVersion | None, after: MappingVersion | None) -> list[Difference]:
    """What two versions carry to Gist and what not, by its label."""
    old, new = (set(_names(version)) for version in (before, after))
    lines = [Difference(CARRIED_LABELS[name], "carried to Gist", "ok") for name in in_order(new - old)]
    return lines + [
        Difference(CARRIED_LABELS[name], "no longer carried to Gist", "bad") for name in in_order(old - new)
    ]


def _names(version: MappingVersion | None) -> Sequence[str]:
    return (version.carried or ()) if version else ()
