"""What Gist shows of a GHL contact's tasks, notes and appointments: custom properties that follow them.

Gist has no such objects (docs/gist-api.md#contacts), so custom properties show them: these are computed anew whenever
something changes, and only those that differ are written.
"""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.utils import timezone

from integration.mapping.carried import (
    ADDRESS,
    LAST_NOTE,
    LAST_TASK,
    NEXT_APPOINTMENT,
    NEXT_TASK,
    NEXT_TASK_DUE,
    OPEN_TASKS,
    carried_names,
)
from integration.models import Change, Link
from integration.moments import utc_text
from integration.providers.base import ContactSide
from integration.providers.exchange import Steps
from integration.providers.ghl.related import GhlRelated
from integration.providers.gist.fields import LONGEST_TEXT
from integration.records import CARRIED_LABELS, Contact, RelatedRecord, RelatedType, Value, Values, is_blank
from integration.related.write_result import WriteResult
from integration.sync.apply import update_contact
from integration.sync.plan import CARRIED_RULE, updates_of
from integration.values import same_value

PREFIX = "custom_properties."
LABEL = "Carried to Gist"

KINDS: tuple[RelatedType, ...] = ("task", "note", "appointment")
# Everything that belongs to a contact, by kind.
RelatedByKind = Mapping[RelatedType, list[RelatedRecord]]


def carried_values(link: Link, gist_id: str, related_records: RelatedByKind) -> dict[str, Value]:
    """What Gist should show of this contact, by property name; of the kinds that are given, and the address."""
    wanted: dict[str, Value] = {ADDRESS: f"{settings.PUBLIC_URL}/contacts/{link.key}/gist/{gist_id}/"}
    if "task" in related_records:
        wanted |= _task_values(related_records["task"])
    if "note" in related_records:
        notes = sorted(related_records["note"], key=lambda one: str(one.values.get("added_at") or ""))
        wanted[LAST_NOTE] = _shorten_text(str(notes[-1].values.get("body") or "")) if notes else None
    if "appointment" in related_records:
        coming = next_appointment(related_records["appointment"])
        wanted[NEXT_APPOINTMENT] = coming.values["start_at"] if coming else None
    return wanted


def _task_values(tasks: list[RelatedRecord]) -> dict[str, Value]:
    open_ = sorted((one for one in tasks if not one.values.get("completed")), key=_due_date)
    # GHL does not say when a task was completed (docs/ghl-api.md#tasks), so the last one of its list is taken.
    done = [one for one in tasks if one.values.get("completed")]
    return {
        OPEN_TASKS: len(open_),
        NEXT_TASK: _shorten_text(open_[0].label) if open_ else None,
        NEXT_TASK_DUE: open_[0].values.get("due_at") if open_ else None,
        LAST_TASK: _shorten_text(done[-1].label) if done else None,
    }


def switched_on(link: Link, values: Values) -> dict[str, Value]:
    """Those of `values` that the link carries; all of them where it carries what workflows carry."""
    names = carried_names(link)
    return {name: value for name, value in values.items() if names is None or name in names}


def read_related(ghl_id: str, related: GhlRelated, kinds: Iterable[RelatedType] = KINDS) -> Steps[RelatedByKind]:
    """What belongs to the contact, read anew: a call for each kind."""
    found: dict[RelatedType, list[RelatedRecord]] = {}
    for kind in kinds:
        found[kind] = yield from related.list_all(kind, ghl_id)
    return found


def stale_names(wanted: Values, gist: Contact) -> list[str]:
    """The properties that Gist does not show as it should."""
    shown = ((name, gist.values.get(PREFIX + name)) for name in wanted)
    return [name for name, held in shown if not is_same_property(name, held, wanted[name])]


def without_lone_address(wanted: Values, gist: Contact) -> Values:
    """The address goes with something else to show: alone it would be a write for everybody."""
    others = [name for name in wanted if name != ADDRESS]
    if any(wanted[name] not in (None, "", 0) or not is_blank(gist.values.get(PREFIX + name)) for name in others):
        return wanted
    return {name: value for name, value in wanted.items() if name != ADDRESS}


def changes_to_carry(wanted: Values, gist: Contact) -> list[Change]:
    """The properties that differ in Gist, each with the rule that carries it. `gist` is the contact as it stands."""
    changes = updates_of(gist, {PREFIX + name: wanted[name] for name in stale_names(wanted, gist)})
    for change in changes:
        change.rule = f"{CARRIED_RULE}:{change.field.removeprefix(PREFIX)}"
    return changes


def write_carried(
    side: ContactSide, wanted: Values, gist: Contact, journal: list[Change], by_itself: bool = False
) -> Steps[WriteResult]:
    """Write the properties that differ in Gist. `gist` is the contact as it stands there. Raises ProviderError.

    `by_itself`: nobody asked for it, so each change names the rule that did.
    """
    changes = changes_to_carry(wanted, gist)
    if not changes:
        return WriteResult("carried", LABEL, side="gist", reason="same_value", message="Gist shows all of it already.")
    for change in () if by_itself else changes:
        change.rule = ""
    # Before anything is sent, so that a failure half-way is on record with what was written.
    journal += changes
    yield from update_contact(side, changes, gist)
    message = f"Gist now shows: {names_of(changes)}."
    return WriteResult("carried", LABEL, side="gist", did="updated", reason="carried", message=message)


def names_of(changes: Iterable[Change]) -> str:
    """What these changes carry, in words."""
    return ", ".join(CARRIED_LABELS[change.field.removeprefix(PREFIX)].lower() for change in changes)


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
