"""One person read live: both records and what belongs to them. A part that cannot be read says so, the rest stands."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from integration.connections.fields import keep_fields, kept_fields, known_fields
from integration.connections.location import remember_location
from integration.connections.session import contacts_of, exchange_for_link, note_broken_login
from integration.errors import Gone, ProviderError, ReconnectRequired
from integration.models import Link, Provider
from integration.people import directory
from integration.people.find import KnownPerson
from integration.people.known import known_contacts, last_read
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Steps
from integration.records import SIDES, Contact, Field, RelatedRecord, RelatedType
from integration.related import store, write
from integration.related.gist_properties import RelatedByKind
from integration.related.write import related_of
from integration.related.write_result import run_of_person
from integration.workflows.record import record_news

KINDS: tuple[RelatedType, ...] = ("task", "note", "appointment")
# Minutes for which an account's list of fields is good enough to read one contact by.
# Gist's fields can be known without asking: a contact brings its properties by name
# (docs/gist-api.md#custom-properties). GHL's values come with ids alone (docs/ghl-api.md#custom-fields), so a new field
# must be known soon.
FIELDS_KEPT = {"gist": 24 * 60.0, "ghl": 60.0}


@dataclass(frozen=True)
class Reading:
    """What both sides said just now, or what was known of them.

    `contacts` by side; those of the sides in `known_at` were not read now, but at that time (None: not known when).
    `related_records` by kind, only those that were read; `problems` by part ("gist", "ghl", a kind, "users") in
    sentences; `gone` are sides that no longer have the contact. `likely` are contacts of the other side with the same
    address or number, when this one has no counterpart.
    """

    contacts: Mapping[str, Contact] = field(default_factory=dict)
    known_at: Mapping[str, datetime | None] = field(default_factory=dict)
    related_records: RelatedByKind = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    likely: tuple[Contact, ...] = ()
    gone: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
    read_at: datetime | None = field(default_factory=timezone.now)
    """When it was read, of what was only known the earliest time; None when that is not known."""

    def contact(self, side: str) -> Contact | None:
        return self.contacts.get(side)

    @property
    def unread(self) -> dict[str, str]:
        """Sides that did not answer and why, where that leaves two records of different times, or one record alone."""
        failed: dict[str, str] = {side: self.problems[side] for side in SIDES if side in self.problems}
        both_known = len(failed) == len(self.contacts) == 2
        return {} if both_known else failed


@dataclass(frozen=True)
class ReadTask:
    """One thing to read. `begin` gives its steps anew each time."""

    side: str
    begin: Callable[[], Steps[Any]]


@dataclass
class _PartsRead:
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, ProviderError] = field(default_factory=dict)


def read_live(person: KnownPerson) -> Reading:
    """Both records, tasks, notes, appointments and the location's users; some 6 calls, at once.

    What was read is kept, and news about tasks, notes and appointments begins workflows.
    """
    link, before = person.link, dict(person.link.ghl.settings)
    sides = {side: contacts_of(connection) for side, connection in link.connections.items()}
    fresh_fields: dict[str, bool] = {side: know_fields(link, sides[side]) for side in SIDES}
    with exchange_for_link(link) as exchange:
        found = read_at_once(exchange, link, _read_tasks(person, sides, fresh_fields))
        # A second round, because it needs the address and phone that the first one read.
        likely = _find_likely(exchange, person, sides, found) if person.is_lone else ()
        calls = sum(exchange.made.values())
    _keep_facts(link, before, None if fresh_fields["ghl"] else sides["ghl"], found)
    related_records = cast(
        dict[RelatedType, list[RelatedRecord]], {k: found.values[k] for k in KINDS if k in found.values}
    )
    # Kept like what a run reads: workflows begin now, and the next run takes none of it for news again.
    keep_related(person, related_records)
    # In the place of what did not answer stands what is known of it.
    failed = [side for side, error in found.errors.items() if side in person.ids and not isinstance(error, Gone)]
    known = known_contacts(person, failed)
    return Reading(
        contacts={**{side: found.values[side] for side in SIDES if side in found.values}, **known},
        known_at=last_read(person, known),
        related_records=related_records,
        users=found.values.get("users") or directory.kept_users(link.ghl) or {},
        fields={side: sides[side].fields for side in SIDES},
        likely=likely,
        gone=frozenset(side for side in SIDES if isinstance(found.errors.get(side), Gone)),
        # A contact that is gone is an answer and no problem; it stands in `gone`.
        problems={name: str(error) for name, error in found.errors.items() if not isinstance(error, Gone)},
        calls=calls,
    )


def read_known(person: KnownPerson) -> Reading:
    """What was known last, without asking anybody."""
    contacts = known_contacts(person, SIDES)
    known_at = last_read(person, contacts)
    times = [one for one in known_at.values() if one]
    return Reading(
        contacts=contacts,
        known_at=known_at,
        users=directory.known_users(person.link.ghl),
        fields={side: known_fields(connection) for side, connection in person.link.connections.items()},
        read_at=min(times, default=None),
    )


def _read_tasks(
    person: KnownPerson, sides: Mapping[str, ContactSide], known: Mapping[str, bool]
) -> dict[str, ReadTask]:
    tasks = {side: ReadTask(side, _contact_steps(sides[side], person.ids[side], known[side])) for side in person.ids}
    if person.ghl_id:
        related = related_of(person.link)
        tasks |= {kind: ReadTask("ghl", lambda kind=kind: related.list_all(kind, person.ghl_id)) for kind in KINDS}  # type: ignore[misc]
        tasks["appointment"] = ReadTask("ghl", lambda: _read_appointments(person))
        if directory.kept_users(person.link.ghl) is None:
            tasks["users"] = ReadTask("ghl", lambda: directory.read_users(person.link))
    return tasks


def _read_appointments(person: KnownPerson) -> Steps[list[RelatedRecord]]:
    """Their times come without a zone and mean the location's; a connection never checked does not know it yet."""
    if not person.link.ghl.settings.get("timezone"):
        remember_location(person.link.ghl, (yield from directory.read_location(person.link)))
    return (yield from related_of(person.link).list_all("appointment", person.ghl_id))


def _contact_steps(side: ContactSide, contact_id: str, known: bool) -> Callable[[], Steps[Contact]]:
    def steps() -> Steps[Contact]:
        if not known:
            yield from side.load_fields()
        return (yield from side.read(contact_id))

    return steps


def know_fields(link: Link, side: ContactSide) -> bool:
    """Take the account's fields as they were read last. False when they are to be read first."""
    connection = link.connection(side.side)
    # Those of long ago stand where they cannot be read anew: a field that is not known would pass for one that is gone.
    side.fields.update(known_fields(connection))
    # Gist needs no list of fields to read a contact by; GHL's custom values are unreadable without it.
    return side.side == "gist" or kept_fields(connection, FIELDS_KEPT[side.side]) is not None


def read_at_once(exchange: Exchange, link: Link, tasks: Mapping[str, ReadTask]) -> _PartsRead:
    """Read all parts at once. What stops everything on one side, as a broken login, leaves the other side's."""
    found = _PartsRead()
    # An error that ends the whole exchange takes the tasks of its side out; the others begin anew in the next round,
    # which is safe because they only read.
    while open_ := {name: task for name, task in tasks.items() if name not in found.values | found.errors}:
        try:
            for result in exchange.run((name, task.begin()) for name, task in open_.items()):
                if result.error:
                    found.errors[result.key] = result.error
                else:
                    found.values[result.key] = result.value
        except ProviderError as broken:
            if isinstance(broken, ReconnectRequired) and broken.provider:
                note_broken_login(link.connection(broken.provider), broken)
            # Without a provider it is about both, for example that the time is up.
            hit = {name for name in open_ if broken.provider in ("", open_[name].side)}
            found.errors |= dict.fromkeys(hit - found.values.keys(), broken)
    return found


def _find_likely(
    exchange: Exchange, person: KnownPerson, sides: Mapping[str, ContactSide], found: _PartsRead
) -> tuple[Contact, ...]:
    """Contacts of the other side with the address or number of somebody who has no counterpart."""
    contact: Contact | None = found.values.get(person.side)
    other = Provider(person.side).other.side
    if contact is None or not (contact.email or contact.phone):
        return ()
    asked = {"likely": ReadTask(other, lambda: sides[other].find(email=contact.email, phone=contact.phone))}
    return tuple(read_at_once(exchange, person.link, asked).values.get("likely") or ())


def _keep_facts(link: Link, before: Mapping[str, Any], loaded: ContactSide | None, found: _PartsRead) -> None:
    """Fields, users and the time zone are good for the next page too."""
    if loaded and ("ghl" in found.values or isinstance(found.errors.get("ghl"), Gone)):
        keep_fields(link.ghl, loaded.fields)
    if "users" in found.values:
        directory.note_users(link.ghl, found.values["users"])
    if link.ghl.settings != before:
        link.ghl.save(update_fields=["settings"])


def keep_related(person: KnownPerson, related_records: Mapping[RelatedType, list[RelatedRecord]]) -> None:
    """Keep everything of the kinds that were read, and begin the workflows that news in them triggers."""
    if related_records:
        keep_news(person, lambda: store.take_in_related(person.link, person.ghl_id, related_records))


@transaction.atomic
def keep_news(person: KnownPerson, take_in: Callable[[], list[store.News]]) -> None:
    if news := take_in():
        record_news(run_of_person(person.link, None), news)


def as_it_stands(person: KnownPerson, kind: RelatedType, record_id: str, *, live: bool) -> RelatedRecord | None:
    """One record: asked for again when it is to be `live`; else, or when nobody answers, as it was known last."""
    if live:
        with contextlib.suppress(ProviderError), exchange_for_link(person.link) as exchange:
            record = exchange.carry_out(write.read_now(person.link, kind, person.ghl_id, record_id))
            keep_news(person, lambda: store.take_in(person.link, [record]))
    return next((one for one in store.of_contact(person.link, person.ghl_id, kind) if one.id == record_id), None)


def read_contacts(person: KnownPerson) -> dict[str, Contact]:
    """Both records alone; a side that does not answer is left out."""
    sides = {side: contacts_of(person.link.connection(side)) for side in person.ids}
    tasks = {side: ReadTask(side, _contact_steps(one, person.ids[side], True)) for side, one in sides.items()}
    with exchange_for_link(person.link) as exchange:
        return read_at_once(exchange, person.link, tasks).values
