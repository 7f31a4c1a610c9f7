"""What can be carried to Gist of a GHL contact's tasks, notes and appointments, and what a link carries.

Gist has no such objects (docs/gist-api.md#contacts), so custom properties show them. Each can be switched off; what is
on is part of the mapping's version.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from integration.models import Link, MappingVersion
from integration.records import CARRIED_LABELS, RelatedType

OPEN_TASKS, NEXT_TASK, NEXT_TASK_DUE = "ghl_open_tasks", "ghl_next_task", "ghl_next_task_due_at"
LAST_TASK, LAST_NOTE, NEXT_APPOINTMENT = "ghl_last_task_done", "ghl_last_note", "ghl_next_appointment_at"
ADDRESS = "gistline_url"


@dataclass(frozen=True)
class Property:
    """A custom property that Gistline writes in Gist; `kind` is what it follows, "" for what never changes."""

    name: str
    shows: str
    kind: RelatedType | str = ""

    @property
    def label(self) -> str:
        return CARRIED_LABELS[self.name]


PROPERTIES = (
    Property(OPEN_TASKS, "how many tasks are open", "task"),
    Property(NEXT_TASK, "the open task that is due first", "task"),
    Property(NEXT_TASK_DUE, "when that task is due", "task"),
    Property(LAST_TASK, "the task that was completed last", "task"),
    Property(LAST_NOTE, "the newest note, shortened", "note"),
    Property(NEXT_APPOINTMENT, "when the next appointment begins", "appointment"),
    Property(ADDRESS, "opens the contact in Gistline"),
)
NAMES = tuple(one.name for one in PROPERTIES)


def in_order(names: Collection[str]) -> list[str]:
    """The names that can be carried, each once, as they stand on the page."""
    return [name for name in NAMES if name in names]


def carried_names(link: Link) -> list[str] | None:
    """What the link carries by its present mapping. None where only workflows carry, as links made before did."""
    found = MappingVersion.objects.filter(link=link).order_by("-number").values_list("carried", flat=True).first()
    return None if found is None else list(found)


def kinds_of(names: Iterable[str]) -> set[RelatedType]:
    """What has to be read in GHL for these."""
    return {one.kind for one in PROPERTIES if one.name in set(names) and one.kind}  # type: ignore[misc]
