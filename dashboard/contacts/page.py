"""What the templates of the contact page need, beside the person: cards with their rows, dialogs, the run under way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboard.contacts.forms import note_form, task_form
from dashboard.contacts.words import by_day, pair_state
from integration.models import Pair
from integration.people import directory
from integration.people.pairing import candidates, words_of
from integration.people.person import Person
from integration.people.timeline import SHOWS, Timeline
from integration.people.who import NAMES, Somebody, run_on
from integration.records import Contact, RelatedRecord, RelatedType
from integration.related import store

AS_KNOWN = "Not read just now: this is what was known last."
SHOWN_AT_ONCE = 8
STANDS = ("new", "confirmed", "booked", None, "")


@dataclass(frozen=True)
class Item:
    """A task, note or appointment as its row shows it. `problem` is why the last act on it was refused."""

    record: RelatedRecord
    kind: str
    when: datetime | None = None
    until: datetime | None = None
    who: str = ""
    open: bool = True
    overdue: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Card:
    """All records of a kind. `problem`: they could not be read, what stands here is what was known."""

    kind: str
    items: list[Item] = field(default_factory=list)
    problem: str = ""

    @property
    def open(self) -> int:
        return sum(item.open for item in self.items)

    @property
    def first(self) -> list[Item]:
        return self.items[:SHOWN_AT_ONCE]

    @property
    def rest(self) -> list[Item]:
        """Those behind a fold: nobody looks through sixty tasks to find the notes."""
        return self.items[SHOWN_AT_ONCE:]


def item_of(record: RelatedRecord, users: Mapping[str, str], problem: str = "") -> Item:
    values = record.values
    moments = {"task": "due_at", "note": "added_at", "appointment": "start_at"}
    when, until = _moment(values.get(moments[record.kind])), _moment(values.get("end_at"))
    assigned = str(values.get("assigned_to") or "")
    who = users.get(assigned, "somebody who left" if users else "") if assigned else ""
    is_open = not values.get("completed") if record.kind == "task" else values.get("status") in STANDS
    overdue = record.kind == "task" and is_open and when is not None and when < timezone.now()
    return Item(record, record.kind, when, until, who, is_open, overdue, problem)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def card_of(kind: RelatedType, records: list[RelatedRecord], users: Mapping[str, str], problem: str = "") -> Card:
    """What is open first, by when it is due; notes newest first."""
    items = [item_of(record, users) for record in records]
    far = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    if kind == "note":
        items.sort(key=lambda item: item.when or far, reverse=True)
    else:
        items.sort(key=lambda item: (not item.open, item.when or far))
    return Card(kind, items, problem)


def known_card(who: Somebody, kind: RelatedType) -> Card:
    """The card from what is known, without asking GHL."""
    return card_of(kind, store.of_contact(who.link, who.ghl_id, kind), users_of(who))


def users_of(who: Somebody) -> dict[str, str]:
    """The location's users as they were read last, however long ago."""
    kept: dict[str, str] = who.link.ghl.settings.get("users", {}).get("users", {})
    return directory.kept_users(who.link.ghl) or kept


def page(person: Person, timeline: Timeline) -> dict[str, Any]:
    """The context of the whole page."""
    who, reading = person.who, person.reading
    return {
        **around(who),
        "person": person,
        "reading": reading,
        "compared": person.comparison,
        "cards": {kind: _card(person, kind) for kind in ("task", "note", "appointment")},
        "tags": tags_of(reading.contacts),
        "forms": {"task": task_form(reading.users), "note": note_form()},
        "working": run_on(who),
        "likely": likely_of(person),
        "troubles": troubles_of(person),
        "confirm_word": words_of(who)[0],
        **timeline_of(timeline),
    }


def around(who: Somebody) -> dict[str, Any]:
    """What every part of the page needs."""
    tone, words = pair_state(who)
    return {
        "who": who,
        "link": who.link,
        "own_id": who.ids[who.side],
        "users": users_of(who),
        "state": {"tone": tone, "label": words},
        "is_together": who.pair is not None and who.pair.state in (Pair.State.LINKED, Pair.State.HELD),
        "other": "ghl" if who.side == "gist" else "gist",
        "names": NAMES,
        "zone_name": str(timezone.get_current_timezone()),
    }


def timeline_of(timeline: Timeline) -> dict[str, Any]:
    return {"timeline": timeline, "days": by_day(timeline.events), "shows": SHOWS}


def _card(person: Person, kind: RelatedType) -> Card:
    read = person.reading.around.get(kind)
    if read is not None:
        return card_of(kind, read, person.reading.users)
    known = store.of_contact(person.who.link, person.who.ghl_id, kind) if person.who.ghl_id else []
    problem = person.reading.problems.get(kind, "")
    if problem:
        problem = AS_KNOWN if "ghl" in person.reading.problems else f"{problem} {AS_KNOWN}"
    return card_of(kind, known, users_of(person.who), problem)


def tags_of(contacts: Mapping[str, Contact]) -> list[tuple[str, str]]:
    """Each tag with the one side that has it, "" for both."""
    sides: dict[str, dict[str, str]] = {}
    for side, contact in contacts.items():
        for name in contact.values.get("tags") or ():  # type: ignore[union-attr]
            sides.setdefault(str(name).casefold(), {})[side] = str(name)
    alone = len(contacts) == 1
    return [(next(iter(one.values())), "" if alone or len(one) > 1 else next(iter(one))) for one in sides.values()]


def likely_of(person: Person) -> list[tuple[str, str, str]]:
    """Id, name and address of contacts that may be the other half of somebody alone: known ones, and those just met."""
    if not person.who.is_lone:
        return []
    known = {one.external_id: (one.external_id, one.label, one.email or one.phone) for one in candidates(person.who)}
    met = {one.id: (one.id, one.label, one.email or one.phone) for one in person.reading.likely}
    return list({**met, **known}.values())


def troubles_of(person: Person) -> list[str]:
    """What kept a side from being read, each sentence once, with the side it is about."""
    problems = person.reading.problems
    return [f"{NAMES[side]} could not be read. {problems[side]}" for side in NAMES if side in problems]
