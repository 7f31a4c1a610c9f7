"""What Gist shows of a GHL contact's tasks, notes and appointments: custom properties that follow them.

Gist has no such objects (docs/gist-api.md#contacts), so they are carried: told anew whenever they change, and only
what differs is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from integration.models import Link
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated, utc_text
from integration.providers.gist.records import LONGEST_TEXT
from integration.records import Contact, RelatedRecord, RelatedType, Value, Values, is_blank
from integration.related.deeds import Deed, changes_of

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


Around = Mapping[RelatedType, list[RelatedRecord]]
"""Everything that belongs to a contact, by kind."""


def carried(link: Link, gist_id: str, around: Around, now: datetime | None = None) -> dict[str, Value]:
    """What Gist should show of this contact, by property name."""
    tasks = around["task"]
    open_ = sorted((one for one in tasks if not one.values.get("completed")), key=_due)
    done = [one for one in tasks if one.values.get("completed")]
    notes = sorted(around["note"], key=lambda one: str(one.values.get("added_at") or ""))
    coming = next_appointment(around["appointment"], now)
    return {
        OPEN_TASKS: len(open_),
        NEXT_TASK: _cut(open_[0].label) if open_ else None,
        NEXT_TASK_DUE: open_[0].values.get("due_at") if open_ else None,
        LAST_TASK: _cut(done[-1].label) if done else None,
        LAST_NOTE: _cut(str(notes[-1].values.get("body") or "")) if notes else None,
        NEXT_APPOINTMENT: coming.values["start_at"] if coming else None,
        ADDRESS: f"{settings.PUBLIC_URL}/contacts/{link.key}/gist/{gist_id}/",
    }


def read_around(ghl_id: str, related: GhlRelated) -> Steps[Around]:
    """Everything that belongs to the contact, read anew: three calls."""
    return {
        "task": (yield from related.all("task", ghl_id)),
        "note": (yield from related.all("note", ghl_id)),
        "appointment": (yield from related.all("appointment", ghl_id)),
    }


def carry(side: ContactSide, wanted: Values, gist: Contact) -> Steps[Deed]:
    """Write the properties that differ in Gist. `gist` is the contact as it stands there."""
    changes = {
        PREFIX + name: value for name, value in wanted.items() if not same(name, gist.values.get(PREFIX + name), value)
    }
    label = "Carried to Gist"
    if not changes:
        return Deed("carried", label, side="gist", reason="same_value", message="Gist shows all of it already.")
    yield from side.update(gist.id, changes, gist.values)
    told = [name.removeprefix(PREFIX) for name in changes]
    return Deed(
        "carried", label, side="gist", did="updated", reason="carried", message=f"Gist now shows {', '.join(told)}.",
        changes=changes_of("gist", gist.values, changes),
    )  # fmt: skip


def same(name: str, held: Value, wanted: Value) -> bool:
    if is_blank(held) or is_blank(wanted):
        return is_blank(held) and is_blank(wanted)
    if name.endswith("_at"):
        # Gist keeps moments as seconds, and tells them so until the property is known as a field.
        return _seconds(held) == _seconds(wanted)
    return str(held) == str(wanted)


def _due(task: RelatedRecord) -> str:
    return str(task.values.get("due_at") or "9999")


def next_appointment(appointments: list[RelatedRecord], now: datetime | None = None) -> RelatedRecord | None:
    """The one that begins next and still stands."""
    at = utc_text(now or timezone.now())
    standing = (one for one in appointments if one.values.get("status") not in ("cancelled", "noshow", "invalid"))
    coming = (one for one in standing if str(one.values.get("start_at") or "") > at)
    return min(coming, key=lambda one: str(one.values["start_at"]), default=None)


def _seconds(moment: Value) -> str:
    if isinstance(moment, int | float):
        return str(int(moment))
    try:
        return str(int(datetime.fromisoformat(str(moment)).timestamp()))
    except ValueError:
        return str(moment)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
