"""What Gist shows of a GHL contact's tasks, notes and appointments: custom properties that follow them.

Gist has no such objects (docs/gist-api.md#contacts), so custom properties show them: these are computed anew whenever
something changes, and only those that differ are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from integration.models import Change, Link
from integration.moments import utc_text
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated
from integration.providers.gist.fields import LONGEST_TEXT
from integration.records import Contact, RelatedRecord, RelatedType, Value, Values
from integration.related.write_result import WriteResult
from integration.sync.apply import update_contact
from integration.sync.plan import updates_of
from integration.values import same_value

OPEN_TASKS, NEXT_TASK, NEXT_TASK_DUE = "ghl_open_tasks", "ghl_next_task", "ghl_next_task_due_at"
LAST_TASK, LAST_NOTE, NEXT_APPOINTMENT = "ghl_last_task_done", "ghl_last_note", "ghl_next_appointment_at"
ADDRESS = "gistline_url"
PREFIX = "custom_properties."


@dataclass(frozen=True)
class Property:
    """A custom property that Gistline writes in Gist."""

    name: str
    shows: str


PROPERTIES = (
    Property(OPEN_TASKS, "how many tasks are open"),
    Property(NEXT_TASK, "the open task that is due first"),
    Property(NEXT_TASK_DUE, "when that task is due"),
    Property(LAST_TASK, "the task that was completed last"),
    Property(LAST_NOTE, "the newest note, shortened"),
    Property(NEXT_APPOINTMENT, "when the next appointment begins"),
    Property(ADDRESS, "opens the contact in Gistline"),
)


# Everything that belongs to a contact, by kind.
RelatedByKind = Mapping[RelatedType, list[RelatedRecord]]


def carried_values(link: Link, gist_id: str, related_records: RelatedByKind) -> dict[str, Value]:
    """What Gist should show of this contact, by property name."""
    tasks = related_records["task"]
    open_ = sorted((one for one in tasks if not one.values.get("completed")), key=_due_date)
    # GHL does not say when a task was completed (docs/ghl-api.md#tasks), so the last one of its list is taken.
    done = [one for one in tasks if one.values.get("completed")]
    notes = sorted(related_records["note"], key=lambda one: str(one.values.get("added_at") or ""))
    coming = next_appointment(related_records["appointment"])
    return {
        OPEN_TASKS: len(open_),
        NEXT_TASK: _shorten_text(open_[0].label) if open_ else None,
        NEXT_TASK_DUE: open_[0].values.get("due_at") if open_ else None,
        LAST_TASK: _shorten_text(done[-1].label) if done else None,
        LAST_NOTE: _shorten_text(str(notes[-1].values.get("body") or "")) if notes else None,
        NEXT_APPOINTMENT: coming.values["start_at"] if coming else None,
        ADDRESS: f"{settings.PUBLIC_URL}/contacts/{link.key}/gist/{gist_id}/",
    }


def read_related(ghl_id: str, related: GhlRelated) -> Steps[RelatedByKind]:
    """Everything that belongs to the contact, read anew: three calls."""
    return {
        "task": (yield from related.list_all("task", ghl_id)),
        "note": (yield from related.list_all("note", ghl_id)),
        "appointment": (yield from related.list_all("appointment", ghl_id)),
    }


def write_carried(side: ContactSide, wanted: Values, gist: Contact, journal: list[Change]) -> Steps[WriteResult]:
    """Write the properties that differ in Gist. `gist` is the contact as it stands there. Raises ProviderError."""
    values = {
        PREFIX + name: value
        for name, value in wanted.items()
        if not is_same_property(name, gist.values.get(PREFIX + name), value)
    }
    label = "Carried to Gist"
    if not values:
        return WriteResult("carried", label, side="gist", reason="same_value", message="Gist shows all of it already.")
    changes = updates_of(gist, values)
    # Before anything is sent, so that a failure half-way is on record with what was written.
    journal += changes
    yield from update_contact(side, changes, gist)
    names = ", ".join(name.removeprefix(PREFIX) for name in values)
    return WriteResult(
        "carried", label, side="gist", did="updated", reason="carried", message=f"Gist now shows {names}."
    )


def is_same_property(name: str, held: Value, wanted: Value) -> bool:
    """Whether a property holds what it should. Gist keeps moments as seconds (docs/gist-api.md#dates), and a property
    is read as they come until it is known as a field, so the two spellings are compared as moments.
    """
    return same_value(held, wanted, "moment" if name.endswith("_at") else "text")


def _due_date(task: RelatedRecord) -> str:
    # ISO texts sort like the moments they stand for; a task without one comes last.
    return str(task.values.get("due_at") or "9999")


def next_appointment(appointments: list[RelatedRecord]) -> RelatedRecord | None:
    """The one that begins next and still stands."""
    now = utc_text(timezone.now())
    standing = (one for one in appointments if one.values.get("status") not in ("cancelled", "noshow", "invalid"))
    coming = (one for one in standing if str(one.values.get("start_at") or "") > now)
    return min(coming, key=lambda one: str(one.values["start_at"]), default=None)


def _shorten_text(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
