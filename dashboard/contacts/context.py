"""What the templates of the contact page need, beside the person: cards with their rows, dialogs, the run under way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse_lazy
from django.utils import timezone

from dashboard.contacts.forms import BookForm, known_users, note_form, slot_choices, task_form
from dashboard.contacts.timeline import by_day, pair_state
from dashboard.lists import EmptyState, ListWords
from dashboard.live.threads import wait_for_reading
from integration.connections.session import exchange_for_link
from integration.errors import ProviderError
from integration.models import Pair
from integration.people import directory
from integration.people.directory import Bookable
from integration.people.find import NAMES, KnownPerson, run_on
from integration.people.pair_commands import find_candidates, words_of
from integration.people.person import ComparedPerson
from integration.people.read import KINDS
from integration.people.timeline import SHOWS, Timeline
from integration.records import Contact, RelatedRecord, RelatedType
from integration.related import store
from integration.values import member_key

AS_KNOWN = "Not read just now: this is what was known last."
SHOWN_AT_ONCE = 8
LIST = ListWords(
    things="people",
    search_examples="E-mail address, phone, name or id, link:alder",
    no_match=(
        "Nobody Gistline knows fits. Somebody brand-new may be in Gist or GHL all the same: ask both systems below."
    ),
    nothing=EmptyState(
        "Nobody yet",
        "People stand here once a link has read them. Start a sync, or search by e-mail address to ask both systems.",
        reverse_lazy("links"),
        "Open the links",
    ),
)
# Statuses of an appointment that is still to take place; some come without any (docs/ghl-api.md#calendars).
STANDS = ("new", "confirmed", "booked", None, "")


@dataclass(frozen=True)
class Item:
    """A task, note or appointment as its row shows it. `problem` is why the last change of it was refused."""

    record: RelatedRecord
    kind: str
    when: datetime | None = None
    until: datetime | None = None
    assignee: str = ""
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


@dataclass(frozen=True)
class ReadingState:
    """How the page came by what it shows. `begins`: it is read as soon as the page stands, `again` after a while.

    `problem` is why nobody could be asked at all.
    """

    begins: bool = False
    again: bool = False
    problem: str = ""
    masked: bool = False
    """Nobody is asked: what both systems say now is for those who see personal values."""

    @property
    def is_live(self) -> bool:
        return not (self.begins or self.problem or self.masked)

    @property
    def trigger(self) -> str:
        """When htmx reads: also once something was changed here, by a command at once or by one that was under way."""
        first = "load, " if self.begins else "load delay:5s, " if self.again else ""
        return f"{first}contact-changed from:body, person-changed from:body"


@dataclass(frozen=True)
class Trouble:
    """Why a side could not be read, and since when what stands there is known; `knows` nothing when there is none."""

    side: str
    sentence: str
    knows: bool
    known_at: datetime | None


def item_of(record: RelatedRecord, users: Mapping[str, str], problem: str = "") -> Item:
    values = record.values
    moments = {"task": "due_at", "note": "added_at", "appointment": "start_at"}
    when, until = _parse_moment(values.get(moments[record.kind])), _parse_moment(values.get("end_at"))
    assigned = str(values.get("assigned_to") or "")
    # Where the users could not be read, an id without a name does not mean that somebody left.
    assignee = users.get(assigned, "somebody who left" if users else "") if assigned else ""
    is_open = not values.get("completed") if record.kind == "task" else values.get("status") in STANDS
    overdue = record.kind == "task" and is_open and when is not None and when < timezone.now()
    return Item(record, record.kind, when, until, assignee, is_open, overdue, problem)


def _parse_moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def card_of(kind: RelatedType, records: list[RelatedRecord], users: Mapping[str, str], problem: str = "") -> Card:
    """What is open first, by when it is due; notes newest first."""
    items = [item_of(record, users) for record in records]
    # Records without a date stand last, and cannot be compared with None.
    far = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    if kind == "note":
        items.sort(key=lambda item: item.when or far, reverse=True)
    else:
        items.sort(key=lambda item: (not item.open, item.when or far))
    return Card(kind, items, problem)


def known_card(person: KnownPerson, kind: RelatedType) -> Card:
    """The card from what is known, without asking GHL."""
    return card_of(kind, store.of_contact(person.link, person.ghl_id, kind), known_users(person))


def page_context(profile: ComparedPerson, timeline: Timeline, state: ReadingState) -> dict[str, Any]:
    """The context of the whole page."""
    person, reading = profile.known, profile.reading
    return {
        **shared_context(person),
        **state_context(person, reading.gone),
        "profile": profile,
        "reading": reading,
        "reading_state": state,
        "compared": profile.comparison,
        "cards": _cards_of(profile),
        "tags": tags_of(reading.contacts),
        "forms": {"task": task_form(reading.users), "note": note_form()},
        "working": run_on(person),
        "likely": likely_of(profile),
        "troubles": troubles_of(profile),
        "confirm_word": words_of(person)[0],
        **timeline_context(timeline),
    }


def shared_context(person: KnownPerson) -> dict[str, Any]:
    """What every template of the page needs."""
    return {
        **state_context(person),
        "person": person,
        "link": person.link,
        "own_id": person.ids[person.side],
        "users": known_users(person),
        "is_together": person.pair is not None and person.pair.state in (Pair.State.LINKED, Pair.State.HELD),
        "other": "ghl" if person.side == "gist" else "gist",
        "names": NAMES,
        "zone_name": str(timezone.get_current_timezone()),
    }


def state_context(person: KnownPerson, gone: Collection[str] = ()) -> dict[str, Any]:
    tone, words = pair_state(person, gone)
    return {"state": {"tone": tone, "label": words}}


def timeline_context(timeline: Timeline) -> dict[str, Any]:
    return {"timeline": timeline, "days": by_day(timeline.events), "shows": SHOWS}


def _cards_of(profile: ComparedPerson) -> dict[str, Card]:
    person, read = profile.known, profile.reading.related_records
    known = store.by_kind(person.link, person.ghl_id) if person.ghl_id and len(read) < len(KINDS) else {}
    return {kind: _card_of_kind(profile, kind, known.get(kind, [])) for kind in KINDS}


def _card_of_kind(profile: ComparedPerson, kind: RelatedType, known: list[RelatedRecord]) -> Card:
    read = profile.reading.related_records.get(kind)
    if read is not None:
        return card_of(kind, read, profile.reading.users)
    problem = profile.reading.problems.get(kind, "")
    if problem:
        # When all of GHL could not be read the page says why once, above the cards.
        problem = AS_KNOWN if "ghl" in profile.reading.problems else f"{problem} {AS_KNOWN}"
    return card_of(kind, known, known_users(profile.known), problem)


def tags_of(contacts: Mapping[str, Contact]) -> list[tuple[str, str]]:
    """Each tag with the one side that has it, "" for both."""
    sides: dict[str, dict[str, str]] = {}
    for side, contact in contacts.items():
        for name in contact.values.get("tags") or ():  # type: ignore[union-attr]
            sides.setdefault(member_key(str(name)), {})[side] = str(name)
    alone = len(contacts) == 1
    return [(next(iter(one.values())), "" if alone or len(one) > 1 else next(iter(one))) for one in sides.values()]


def likely_of(profile: ComparedPerson) -> list[tuple[str, str, str]]:
    """Id, name and address of contacts that may be the other half of a lone person: known ones and those just read."""
    if not profile.known.is_lone:
        return []
    known = {
        one.external_id: (one.external_id, one.label, one.email or one.phone) for one in find_candidates(profile.known)
    }
    seen = {one.id: (one.id, one.label, one.email or one.phone) for one in profile.reading.likely}
    # A search of GHL shows a new contact late (docs/ghl-api.md#search), so both sources are joined.
    return list({**seen, **known}.values())


def troubles_of(profile: ComparedPerson) -> list[Trouble]:
    """What kept a side from being read, each side once."""
    reading = profile.reading
    return [
        Trouble(side, reading.problems[side], side in reading.contacts, reading.known_at.get(side))
        for side in NAMES
        if side in reading.problems
    ]


# Booking -------------------------------------------------------------------------------------------------


def read_free_slots(person: KnownPerson, calendar: str) -> dict[str, Any]:
    """The free times of a calendar of GHL, or the problem that kept them from being read."""
    try:
        slots = wait_for_reading(lambda: _ask_for_slots(person, calendar))
    except ProviderError as problem:
        return {"slots_problem": str(problem)}
    return {"slots": slot_choices(slots)}


def _ask_for_slots(person: KnownPerson, calendar: str) -> list[datetime]:
    with exchange_for_link(person.link) as exchange:
        return exchange.carry_out(directory.read_slots(person.link, calendar, timezone.now()))


def _ask_for_calendars(person: KnownPerson, chosen: str) -> tuple[list[Bookable], Bookable | None, list[datetime]]:
    link = person.link
    with exchange_for_link(link) as exchange:
        calendars = exchange.carry_out(directory.read_calendars(link))
        calendar = next((one for one in calendars if one.id == chosen), calendars[0] if calendars else None)
        slots = exchange.carry_out(directory.read_slots(link, calendar.id, timezone.now())) if calendar else []
    return calendars, calendar, slots


def booking_context(person: KnownPerson, chosen: str, data: Any) -> dict[str, Any]:
    """Calendars, the chosen one's free times, and the form; or the problem that kept them from being read."""
    try:
        calendars, calendar, slots = wait_for_reading(lambda: _ask_for_calendars(person, chosen))
    except ProviderError as problem:
        return {"problem": str(problem), "calendars": []}
    form = BookForm(data, slots=slots, users=known_users(person), calendar=calendar, auto_id="book-%s")
    return {"calendars": calendars, "calendar": calendar, "slots": slots, "form": form}
